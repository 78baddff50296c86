from flowc import FlowSpec, step


class Names(FlowSpec):
    @step
    def start(self):
        self.next(self.input)

    @step
    def input(self):  # FC111 at input: a step cannot be called `input`: the name belongs to every flow
        self.next(self._hidden)

    @step
    def _hidden(self):  # FC111 at _hidden: a step cannot be called `_hidden`: it starts with an underscore
        self.next(self.trainModel)

    @step
    def trainModel(self):  # FC111 at trainModel: a step cannot be called `trainModel`: only `a` to `z`
        self.next(self.größe)

    @step
    def größe(self):  # FC111 at größe: a step cannot be called `größe`: only `a` to `z`
        self.next(self.end)

    @step
    def end(self):
        pass
