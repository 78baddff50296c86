from base import Base
from flowc import Parameter


class Heir(Base):
    Rate = Parameter("Rate", default=0.1)  # FC114 at Rate: parameters `rate` and `Rate` differ in case only
    count = Parameter("count", default=5)
