import abc

from flowc import FlowSpec, step


class Meta(FlowSpec, metaclass=abc.ABCMeta):  # FC110 at metaclass=abc.ABCMeta: cannot have keywords: `metaclass=abc.ABCMeta`
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
