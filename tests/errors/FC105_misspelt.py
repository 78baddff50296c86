from flowc import FlowSpc, Paramter, stepp  # FC105 at FlowSpc: flowc has no `FlowSpc`  # FC105 at Paramter: flowc has no `Paramter`  # FC105 at stepp: flowc has no `stepp`


class Misspelt(FlowSpc):
    alpha = Paramter("alpha", default=1)

    @stepp
    def start(self):
        self.next(self.end)

    @stepp
    def end(self):
        pass
