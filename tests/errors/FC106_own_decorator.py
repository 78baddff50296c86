import functools

from flowc import FlowSpec, current, step


def timed(function):
    return function


class Own(FlowSpec):
    @timed  # FC106 at timed: flowc does not know the decorator `@timed`
    @step
    def start(self):
        self.next(self.a)

    @step
    @functools.cache  # FC106 at functools.cache: flowc does not know the decorator `@functools.cache`
    def a(self):
        self.next(self.end)

    @step
    @current  # FC106 at current: `current` is not a decorator
    def end(self):
        pass
