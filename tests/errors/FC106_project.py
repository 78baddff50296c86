from flowc import FlowSpec, project, step


class Misplaced(FlowSpec):
    @project(name="fraud")  # FC106 at project(name="fraud"): `@project` stands on a step
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
