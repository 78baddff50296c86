from flowc import FlowSpec, Parameter, step


class Types(FlowSpec):
    a = Parameter("a", type="int")  # FC113 at "int": a type that flowc does not know: `'int'`
    b = Parameter("b", type=list)  # FC113 at list: a type that flowc does not know: `list`
    c = Parameter("c", type=complex)  # FC113 at complex: a type that flowc does not know: `complex`

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
