from flowc import FlowSpec, kubernetes, step


class Taints(FlowSpec):
    @kubernetes(tolerations=[{"key": "spot", "operator": "Exists", "value": "yes"}])  # FC107 at [{: has the value 'yes', and `Exists` looks at none
    @step
    def start(self):
        self.next(self.a)

    @kubernetes(tolerations=[{"key": "spot", "effect": "NoRun"}, {"key": "spot", "toleration_seconds": 60}])  # FC107 at [{: cannot be 'NoRun'  # FC107 at [{: which only `NoExecute` knows
    @step
    def a(self):
        self.next(self.b)

    @kubernetes(tolerations=[{"operator": "Equal", "value": "a"}, {"key": "spot", "operator": "In"}, {"taint": "spot"}])  # FC107 at [{: which only `Exists` can be  # FC107 at [{: cannot be 'In'  # FC107 at [{: has no key 'taint'
    @step
    def b(self):
        self.next(self.end)

    @step
    def end(self):
        pass
