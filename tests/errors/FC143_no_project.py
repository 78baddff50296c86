# choices: {"branch": "new_model", "production": True}
from flowc import FlowSpec, step


class Alone(FlowSpec):  # FC143 at Alone: `--branch` is for flows that belong to a project  # FC143 at Alone: `--production` is for
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
