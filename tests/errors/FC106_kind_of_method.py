from flowc import FlowSpec, step


class Kinds(FlowSpec):
    @step
    @staticmethod  # FC106 at staticmethod: a step cannot be a `@staticmethod`
    def start():
        pass

    @property  # FC106 at property: a step cannot be a `@property`
    @step
    def end(self):
        pass
