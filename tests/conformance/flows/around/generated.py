"""Decorators in Metaflow's form."""

from metaflow import USER_SKIP_STEP, UserStepDecorator, current, user_step_decorator


@user_step_decorator
def traced(step_name, flow, inputs=None, attributes=None):
    flow.trace = [*getattr(flow, "trace", []), f"{step_name} begins"]
    yield
    flow.trace = [*flow.trace, f"{step_name} ends, {0 if inputs is None else len(inputs)} inputs, {attributes}"]


@user_step_decorator
def fallback(step_name, flow, inputs=None, attributes=None):
    def instead(self):
        setattr(self, attributes["indicator"], self.index)

    if current.retry_count == 0:
        yield
    else:
        yield instead


@user_step_decorator
def forgiven(step_name, flow, inputs):
    try:
        yield
    except ZeroDivisionError as error:
        flow.forgiven = str(error)


@user_step_decorator
def skipped(step_name, flow, inputs=None, attributes=None):
    flow.reason = attributes["reason"]
    if attributes["how"] == "constant":
        yield USER_SKIP_STEP
    elif attributes["how"] == "foreach":
        flow.numbers = [10, 20, 30]
        yield {"foreach": "numbers"}


class Renamed(UserStepDecorator):
    """Gives another exception instead of the step's."""

    def init(self, **kwargs):
        self.message = kwargs["message"]

    def pre_step(self, step_name, flow, inputs=None):
        flow.seen = (step_name, inputs)

    def post_step(self, step_name, flow, exception=None):
        return LookupError(f"{self.message}: {exception}") if exception else None


class Optional(UserStepDecorator):
    """Leaves the step out."""

    def pre_step(self, step_name, flow, inputs=None):
        self.skip_step = True
        flow.left_out = step_name
