from flowc import FlowSpec, kubernetes, step


class Pods(FlowSpec):
    @kubernetes(image="", namespace="team.a", service_account="Trainer", secrets=["data_base"])  # FC107 at "": which is not the name of an image  # FC107 at "team.a": which is not the name of a namespace  # FC107 at "Trainer": which is not the name of a service account  # FC107 at ["data_base"]: has 'data_base', which is not the name of a secret
    @step
    def start(self):
        self.next(self.a)

    @kubernetes(labels={"team": "fraud detection"}, annotations={"a/b/c": "text"}, node_selector="pool=a=b")  # FC107 at {"team": has 'fraud detection' for `team`, which is not the value of a label  # FC107 at {"a/b/c": has 'a/b/c', which is not a key of Kubernetes  # FC107 at "pool: has 'a=b' for `pool`, which is not the value of a label
    @step
    def a(self):
        self.next(self.b)

    @kubernetes(security_context={"run_as_user": "root"}, persistent_volume_claims={"models": "models"})  # FC107 at {"run_as_user": `run_as_user` in `security_context` must be a whole number, not 'root'  # FC107 at {"models": has 'models' for `models`, which is not an absolute path
    @step
    def b(self):
        self.next(self.c)

    @kubernetes(security_context={"run_as_user": 0, "run_as_non_root": True})  # FC107 at {"run_as_user": 0 is the number of root
    @step
    def c(self):
        self.next(self.end)

    @step
    def end(self):
        pass
