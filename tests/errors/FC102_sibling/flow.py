import base  # file FC102: base.py`: it is not valid utf-8: see line 1
from flowc import FlowSpec, step


class Heir(base.Base, FlowSpec):
    @step
    def start(self):
        self.next(self.there)
