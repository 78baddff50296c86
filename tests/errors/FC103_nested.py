import flowc


def make():
    class Inner(flowc.FlowSpec):  # FC103 at Inner: the flow `Inner` does not stand at the top level
        pass

    return Inner
