import os

from metaflow import FlowSpec, secrets, step

NAMES = ["a", 3]


class Wrong(FlowSpec):
    @secrets(sources="db")  # FC107 at "db": `sources` must be a list, not 'db'
    @step
    def start(self):
        self.next(self.a)

    @secrets(sources=[3, "prod.db", "gcp-secret-manager.db", ""])  # FC107 at 3: 3 is no secret  # FC107 at "prod.db": a kind of store ends at the dot  # FC107 at "gcp-secret-manager.db": does not read secrets of `gcp-secret-manager`  # FC107 at "": names no secret
    @step
    def a(self):
        self.next(self.b)

    @secrets(sources=NAMES, role=3)  # FC107 at NAMES: 3 is no secret  # FC107 at 3: `role` must be the ARN of a role, not 3
    @step
    def b(self):
        self.next(self.c)

    @secrets(sources=[{"name":"db"}, {"type":"inline", "id":"db"}, {"type":"vault", "id":"db"}, {"type":"aws-secrets-manager"}])  # FC107 at {"name":"db"}: a secret has no `name`  # FC107 at {"type":"inline", "id":"db"}: does not read secrets of `inline`  # FC107 at {"type":"vault", "id":"db"}: no kind of store of secrets that is called 'vault'  # FC107 at {"type":"aws-secrets-manager"}: the `id` of a secret must be its name or ARN, not None
    @step
    def c(self):
        self.next(self.d)

    @secrets(sources=[{"id":"db", "role":""}, {"id":"db", "options":1}, {"id":"db", "options":{"jsn":False}}, {"id":"db", "options":{"json":0}}])  # FC107 at {"id":"db", "role":""}: the `role` of a secret must be  # FC107 at {"id":"db", "options":1}: must be a dict, not 1  # FC107 at {"id":"db", "options":{"jsn":False}}: `options` has no `jsn`  # FC107 at {"id":"db", "options":{"json":0}}: `json` must be True or False
    @step
    def d(self):
        self.next(self.e)

    @secrets(sources=[{"id":"db", "options":{"region":1}}, {"id":"db", "options":{"env_var_name":"a-b"}}], allow_override=1)  # FC107 at {"id":"db", "options":{"region":1}}: `region` must be one of AWS's  # FC107 at {"id":"db", "options":{"env_var_name":"a-b"}}: must be the name of a variable, not 'a-b'  # FC107 at 1: `allow_override` must be True or False, not 1
    @step
    def e(self):
        self.next(self.f)

    @secrets(sources=[os.environ["NAME"]])  # FC107 at os.environ["NAME"]: `sources` must be known before a run
    @step
    def f(self):
        self.next(self.end)

    @secrets(["db"], roles=[])  # FC107 at ["db"]: takes keyword arguments only  # FC107 at roles=[]: `@secrets` has no argument `roles`
    @step
    def end(self):
        pass
