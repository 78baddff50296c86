# choices: {"branch": "new_model", "production": True}
from flowc import FlowSpec, project, step


@project(name="fraud", production=True)  # FC144 at project(name="fraud", production=True): both `@project(production=...)` and `--production`
class Twice(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
