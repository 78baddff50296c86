# choices: {"branch": "new_model"}
from flowc import FlowSpec, project, step


@project(name="fraud", branch="old_model")  # FC144 at project(name="fraud", branch="old_model"): both `@project(branch=...)` and `--branch` choose
class Twice(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
