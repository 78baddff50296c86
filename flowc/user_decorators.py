"""Decorators that users write for steps, as in Metaflow: `@user_step_decorator`, and classes of `UserStepDecorator`.

Applied to a step they make a function that is called in the step's stead. So they and plain Python decorators work
together, each around what stands below it.

Source: https://docs.metaflow.org/metaflow/composing-flows/custom-decorators
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any, TypeAlias, overload

from flowc.spec import FlowSpec, Inputs, current

StepFunction: TypeAlias = Callable[..., Any]
"""A step, or what stands in for one: is called with the flow, in a join also with the inputs."""

Generating: TypeAlias = Callable[..., Generator[Any, None, Any]]

USER_SKIP_STEP: dict[str, Any] = {}
"""What a decorator yields to leave out what it stands around."""

_GENERATOR = 0x20  # Source: https://docs.python.org/3/library/inspect.html#inspect.CO_GENERATOR


class _Applied(type):
    """Makes `@My` do what `@My()` does: what comes of both is a function in the step's stead."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and callable(args[0]) and not kwargs:
            return super().__call__()(args[0])
        if args:
            raise TypeError(f"@{cls.__name__} takes keyword arguments only")
        return super().__call__(**kwargs)


class UserStepDecorator(metaclass=_Applied):
    """The base of decorators that run code before and after a step, skip it, or run something else instead.

    One object belongs to one step. What stands around a step that is skipped, replaced, or whose exception was
    swallowed, need not call `self.next`: where the step leads does not depend on it.
    """

    _skip_step: bool | dict[str, Any] = False

    def __init__(self, **kwargs: Any) -> None:
        if kwargs and type(self).init is UserStepDecorator.init:
            raise TypeError(f"@{type(self).__name__} is given arguments, and its class has no method `init` for them")
        self._kwargs = kwargs
        self._has_begun = False

    def __call__(self, function: StepFunction) -> StepFunction:
        """Stand around a step."""
        if not callable(function):
            raise TypeError(f"@{type(self).__name__} stands on {type(function).__name__}, which is no step")

        @wraps(function)
        def decorated(flow: FlowSpec, *inputs: Inputs) -> None:
            self._run(function, flow, inputs)

        return decorated

    def init(self, **kwargs: Any) -> None:
        """Take the decorator's arguments; called once, in a task of the step, before anything else."""

    def pre_step(self, step_name: str, flow: FlowSpec, inputs: Inputs | None = None) -> StepFunction | None:
        """Do something before the step.

        Args:
            step_name: The step's name.
            flow: What the step calls `self`.
            inputs: A join's inputs; None in other steps.

        Returns:
            What is to be called instead of the step; None for the step itself.
        """
        return None

    def post_step(self, step_name: str, flow: FlowSpec, exception: Exception | None = None) -> Any:
        """Do something after the step, before its artifacts are saved.

        Args:
            step_name: The step's name.
            flow: What the step calls `self`.
            exception: What has come out of it.

        Returns:
            An exception that is to come out of the step now; None for none; or a pair of that and of the keywords of
            `self.next`.
        """
        return (exception, None) if exception is not None else None

    @property
    def skip_step(self) -> bool | dict[str, Any]:
        """Whether what the decorator stands around is left out; keywords of `self.next` stand for True."""
        return self._skip_step

    @skip_step.setter
    def skip_step(self, value: bool | dict[str, Any]) -> None:
        self._skip_step = value

    def _run(self, function: StepFunction, flow: FlowSpec, inputs: tuple[Inputs, ...]) -> None:
        name = str(current.step_name or getattr(function, "__name__", ""))
        if not self._has_begun:
            self._has_begun = True
            self.init(**_known(self._kwargs, flow))
        replacement = self.pre_step(name, flow, inputs[0] if inputs else None)
        is_skipped = self.skip_step is not False
        options: Any = self.skip_step
        raised: Exception | None = None
        if not is_skipped:
            try:
                options = (replacement or function)(flow, *inputs)
            except Exception as error:  # noqa: BLE001 - the user's code may raise anything
                raised, options = error, None
        outgoing, given = self._after(name, flow, raised)
        if outgoing is not None:
            raise outgoing
        if given is not None:
            _move_on(flow, self, given)
        elif is_skipped or replacement is not None or raised is not None:
            _move_on(flow, self, options)

    def _after(self, name: str, flow: FlowSpec, raised: Exception | None) -> tuple[Exception | None, Any]:
        """What comes out of the step in the end, and keywords of `self.next`."""
        try:
            result = self.post_step(name, flow, raised)
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            return error, None
        match result:
            case None | Exception():
                return result, None
            case (None | Exception() as outgoing, given):
                return outgoing, given
            case _:
                message = f"@{type(self).__name__} ends with {result!r}: it has to be an exception, None, or a pair"
                raise TypeError(message)


def _known(value: Any, flow: FlowSpec) -> Any:
    """An argument with the values of the configs in it, which were not known when the flow's class was made."""
    configs = sys.modules.get("flowc.config_values")  # there are none if nothing has imported it
    if configs is None:
        return value
    if isinstance(value, configs.Unevaluated):
        return _evaluated(value.__dict__["_flowc_expression"], flow, configs.Config)
    if type(value) is dict:
        return {name: _known(item, flow) for name, item in value.items()}
    return type(value)(_known(item, flow) for item in value) if type(value) in (list, tuple) else value


def _evaluated(expression: str, flow: FlowSpec, config: type[Any]) -> Any:
    if "(...)" in expression:
        raise TypeError(f"`{expression}` is not known in a decorator: write it as a text, in `config_expr(...)`")
    cls = type(flow)
    names = {
        name: getattr(flow, name) for base in cls.__mro__ for name, v in vars(base).items() if isinstance(v, config)
    }
    return eval(expression, {**vars(sys.modules[cls.__module__]), **names})  # the flow's own source


def _move_on(flow: FlowSpec, decorator: UserStepDecorator, options: Any) -> None:
    """Call `self.next` in the stead of a step that has not done so."""
    if not (options is None or isinstance(options, bool | dict)):
        message = f"@{type(decorator).__name__} gives `self.next` {options!r}: it has to be True or a dict of keywords"
        raise TypeError(message)
    flow.next(**(options if isinstance(options, dict) else {}))


class _Generated(UserStepDecorator):
    """A decorator that is written as a generator.

    Attributes:
        function: The generator function.
        arity: How many arguments it takes, 3 or 4.
    """

    function: Generating
    arity: int

    def __init__(self, **kwargs: Any) -> None:
        if kwargs and self.arity < 4:
            raise TypeError(f"@{type(self).__name__} is given arguments, and its function takes no `attributes`")
        super().__init__(**kwargs)

    def init(self, **kwargs: Any) -> None:
        self._attributes = kwargs

    def pre_step(self, step_name: str, flow: FlowSpec, inputs: Inputs | None = None) -> StepFunction | None:
        self.skip_step = False
        arguments = (step_name, flow, inputs, self._attributes)[: self.arity]
        self._generator = type(self).function(*arguments)
        try:
            yielded = self._generator.send(None)
        except StopIteration:
            self.skip_step = True  # it has not come to its `yield`
            return None
        if yielded is None:
            return None
        if isinstance(yielded, dict):
            self.skip_step = yielded or True
            return None
        if not callable(yielded):
            message = f"@{type(self).__name__} yields {yielded!r}: it has to be a function, a dict, or nothing"
            raise TypeError(message)
        replacement: StepFunction = yielded
        return replacement

    def post_step(self, step_name: str, flow: FlowSpec, exception: Exception | None = None) -> Any:
        try:
            if exception is not None:
                self._generator.throw(exception)
            else:
                self._generator.send(None)
        except StopIteration as end:
            return end.value
        raise RuntimeError(f"@{type(self).__name__} yields twice: it has to yield once")


@overload
def user_step_decorator(function: Generating) -> type[UserStepDecorator]: ...
@overload
def user_step_decorator() -> Callable[[Generating], type[UserStepDecorator]]: ...
def user_step_decorator(
    function: Generating | None = None,
) -> type[UserStepDecorator] | Callable[[Generating], type[UserStepDecorator]]:
    """Make a step's decorator of a generator function that yields once, where the step runs.

    The function takes `step_name`, `flow`, `inputs` and, if it wishes, `attributes`: the keywords that the decorator
    is given. It yields nothing, a function to run instead of the step, or a dict to skip the step.

    Args:
        function: The generator function, when the decorator stands without parentheses.
    """
    if function is None:
        return user_step_decorator
    code = getattr(function, "__code__", None)
    if code is None or not code.co_flags & _GENERATOR:
        raise TypeError(
            f"@user_step_decorator stands on {function!r}, which is no generator function: it needs a `yield`"
        )
    if code.co_argcount not in (3, 4):
        raise TypeError(f"`{function.__name__}` has to take step_name, flow, inputs and possibly attributes")
    members = {
        "__module__": function.__module__,
        "__doc__": function.__doc__,
        "__qualname__": function.__qualname__,
        "function": staticmethod(function),
        "arity": code.co_argcount,
    }
    return _Applied(function.__name__, (_Generated,), members)
