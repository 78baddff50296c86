from flowc import FlowSpec, environment, step


class Variables(FlowSpec):
    @environment(vars={"A": 1, "": "x", "B=C": "x", 2: "x"})  # FC107: `'A': 1` cannot be an environment variable  # FC107: `'': 'x'`  # FC107: `'B=C': 'x'`  # FC107: `2: 'x'`
    @step
    def start(self):
        self.next(self.a)

    @environment(vars=[("A", "1")])  # FC107 at [("A", "1")]: must be a dict, not [('A', '1')]
    @step
    def a(self):
        self.next(self.b)

    @environment(A="1")  # FC107 at A="1": `@environment` has no argument `A`
    @step
    def b(self):
        self.next(self.end)

    @environment(vars={"TOKEN": input()})  # FC107 at input(): `vars` must be known before a run
    @step
    def end(self):
        pass
