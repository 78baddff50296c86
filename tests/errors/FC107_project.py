from flowc import FlowSpec, project, step

NAME = input()


@project  # FC107 at project: `@project` has no name
class Base(FlowSpec):
    @step
    def start(self):
        self.next(self.end)


@project("fraud")  # FC107 at "fraud": `@project` takes keyword arguments only
class Second(Base):
    pass


@project(name="Fraud", branch="a-b", production=1)  # FC107 at "Fraud": `name` must be lower-case letters, digits and underscores, at most 128, not 'Fraud'  # FC107 at "a-b": `branch` must be lower-case letters  # FC107 at 1: `production` must be True or False, not 1
class Third(Second):
    pass


@project(name=NAME, branch="", team="risk")  # FC107 at NAME: `name` must be known before a run  # FC107 at "": `branch` must be lower-case  # FC107 at team="risk": `@project` has no argument `team`
class Fourth(Third):
    pass


@project(name="fraud")
@project(name="other", branch=None)  # FC107 at project(name="other", branch=None): `@project` stands on this class twice
class Fifth(Fourth):
    @step
    def end(self):
        pass
