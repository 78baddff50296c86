from flowc import FlowSpec
from one import One  # FC119 at One: `One` is not there yet when it is imported: the modules `one` and `two` import each other


class Two(One, FlowSpec):  # FC130 at One: class `One` inherits from itself, by way of `Two`
    pass
