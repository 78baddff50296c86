"""Plain decorators of Python's."""

import functools


def noted(function):
    """Copies the step's name and documentation."""

    @functools.wraps(function)
    def wrapper(self, *inputs):
        self.notes = [*getattr(self, "notes", []), f"before {function.__name__}"]
        function(self, *inputs)
        self.notes = [*self.notes, f"after {function.__name__}"]

    return wrapper


def scaled(by):
    """Takes an argument, and copies nothing."""

    def decorate(function):
        def somewhere(flow):
            flow.scale = by
            function(flow)

        return somewhere

    return decorate


class Counted:
    """A class whose objects are decorators."""

    def __init__(self, name):
        self.name = name

    def __call__(self, function):
        return lambda flow, *inputs: (setattr(flow, self.name, len(inputs)), function(flow, *inputs))[1]
