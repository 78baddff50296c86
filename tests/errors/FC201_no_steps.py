from flowc import FlowSpec


class Empty(FlowSpec):  # FC201: the flow has no step `start`  # FC202: the flow has no step `end`
    pass
