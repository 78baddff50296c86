from flow import LIMIT  # FC119 at LIMIT: `LIMIT` is not there yet when it is imported: the modules `flow` and `shop.base` import each other
from flowc import FlowSpec


class Base(FlowSpec):
    pass


class Shared(Base):
    pass
