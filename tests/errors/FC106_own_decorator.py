import functools

from flowc import FlowSpec, current, step, user_step_decorator


def timed(function):
    return function


class Own(FlowSpec):
    @timde  # FC106 at timde: flowc does not know the decorator `@timde`
    @step
    def start(self):
        self.next(self.a)

    @step
    @tools.cache  # FC106 at tools.cache: flowc does not know the decorator `@tools.cache`
    @timed
    @functools.cache
    def a(self):
        self.next(self.b)

    @user_step_decorator  # FC106 at user_step_decorator: is not a decorator of steps: it makes one
    @step
    def b(self):
        self.next(self.c)

    @functools.cached_property  # FC106 at functools.cached_property: a step cannot be a `@functools.cached_property`
    @step
    def c(self):
        self.next(self.end)

    @step
    @current  # FC106 at current: `current` is not a decorator
    def end(self):
        pass
