import torch
from flowc import FlowSpec, step


def made():
    return object


class Below(Late):  # FC110 at Late: class `Below` stands above its base `Late`
    pass


class Late:
    pass


class Bases(
    Below,
    torch.nn.Module,  # FC110 at torch.nn.Module: the base `torch.nn.Module` of class `Bases` does not lie in the flow's folder
    made(),  # FC110 at made(): is not known to be a class: which class it is cannot be told
    FlowSpec,
):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
