# Ten things are wrong here, and one look finds them all.
from metaflow import S3, FlowSpec, Parameter, slurm, retry, step  # FC105 at S3: does not have Metaflow's `S3`


class Many(FlowSpec):
    alpha = Parameter("alpha", default="x", type=int)  # FC112 at "x": the default of parameter `alpha`
    beta = Parameter("beta", defautl=3)  # FC113 at defautl=3: has an argument `defautl`
    next = Parameter("next")  # FC114 at next: a parameter cannot be called `next`

    @step
    def start(self):
        self.next(self.a, self.nope)  # FC206 at self.nope: there is no step `nope`

    @slurm(cpu=1)  # FC106 at slurm(cpu=1): does not compile Metaflow's `@slurm`
    @step
    def a(self):
        self.next("join")  # FC122 at "join": a target of `self.next` is written in quotes

    @retry(times="3")  # FC107 at "3": `times` must be a whole number from 0 to 100, not '3'
    @step
    def b(self):
        return self.next(self.join)  # FC127 at self.next(self.join): stands inside a `return`

    @step
    def join(self, inputs):  # FC120 at join: step `join` has no `self.next`
        pass

    @step
    def end(self):
        pass
