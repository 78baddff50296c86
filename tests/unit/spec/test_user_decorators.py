"""Decorators in Metaflow's form, without a task around them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest

from flowc.config_values import Config, ConfigValue, config_expr
from flowc.spec import FlowSpec
from flowc.user_decorators import USER_SKIP_STEP, UserStepDecorator, user_step_decorator


class Moves:
    """Behind a flow: remembers how `self.next` was called."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def parameter(self, name: str) -> Any:
        assert name == "cfg"
        return ConfigValue({"x": 3, "b": {"c": 4}})

    def transition(self, targets: tuple[Any, ...], options: dict[str, Any]) -> None:
        assert targets == ()
        self.calls.append(options)


def run(decorator: Any, step: Callable[..., Any], *inputs: Any) -> tuple[Any, list[dict[str, Any]]]:
    """A flow whose one step stands under a decorator, and how it has moved on."""
    flow_class = type("F", (FlowSpec,), {"a": decorator(step)})
    flow = flow_class.__new__(flow_class)
    moves = Moves()
    flow.__dict__["_flowc"] = moves
    flow.a(*inputs)
    return flow, moves.calls


def moving(flow: Any, *inputs: Any) -> None:
    """A step."""
    flow.seen = [*vars(flow).get("seen", ()), "step"]
    flow._flowc.transition((), {"by": "step"})


def failing(flow: Any) -> None:
    """A step that fails."""
    raise ValueError("from the step")


@user_step_decorator
def around(step_name: str, flow: Any, inputs: Any) -> Generator[None, None, None]:
    """What stands around."""
    flow.seen = ["before"]
    yield
    flow.seen.append("after")


def test_the_step_calls_next_itself() -> None:
    flow, moves = run(around, moving)
    assert flow.seen == ["before", "step", "after"]
    assert moves == [{"by": "step"}]


def test_without_and_with_parentheses_it_is_the_same() -> None:
    assert run(around(), moving)[0].seen == run(around, moving)[0].seen


def test_the_step_keeps_its_name_and_the_decorator_its_own() -> None:
    assert around(moving).__name__ == "moving"
    assert around(moving).__doc__ == "A step."
    assert (around.__name__, around.__doc__, around.__module__) == ("around", "What stands around.", __name__)


def test_inputs_reach_the_decorator_and_the_step() -> None:
    given: list[Any] = []

    @user_step_decorator()
    def noting(step_name: str, flow: Any, inputs: Any, attributes: Any) -> Generator[None, None, None]:
        given.append((step_name, inputs, attributes))
        yield

    def join(flow: Any, inputs: Any) -> None:
        flow.got = inputs

    flow, _ = run(noting(level=1), join, ["x"])
    assert flow.got == ["x"]
    assert given == [("join", ["x"], {"level": 1})]


@pytest.mark.parametrize(
    ("yielded", "options"),
    [
        (USER_SKIP_STEP, {}),
        ({"foreach": "xs"}, {"foreach": "xs"}),
        (lambda flow: None, {}),
        (lambda flow: True, {}),
        (lambda flow: {"foreach": "xs"}, {"foreach": "xs"}),
    ],
)
def test_a_step_is_skipped_or_replaced(yielded: Any, options: dict[str, Any]) -> None:
    @user_step_decorator
    def other(step_name: str, flow: Any, inputs: Any) -> Generator[Any, None, None]:
        yield yielded

    flow, moves = run(other, moving)
    assert "seen" not in vars(flow)
    assert moves == [options]


def test_without_a_yield_the_step_is_skipped() -> None:
    @user_step_decorator
    def never(step_name: str, flow: Any, inputs: Any) -> Generator[None, None, None]:
        if step_name == "?":
            yield

    flow, moves = run(never, moving)
    assert "seen" not in vars(flow)
    assert moves == [{}]


def test_it_decides_anew_each_time() -> None:
    @user_step_decorator
    def first_only(step_name: str, flow: Any, inputs: Any) -> Generator[Any, None, None]:
        yield None if "seen" in vars(flow) else {}

    decorated = first_only(moving)

    def twice(flow: Any) -> None:
        decorated(flow)
        flow.seen = []
        decorated(flow)

    flow, moves = run(lambda step: twice, moving)
    assert flow.seen == ["step"]
    assert moves == [{}, {"by": "step"}]


def test_exceptions_are_swallowed_changed_and_seen_by_the_next_decorator() -> None:
    @user_step_decorator
    def swallowing(step_name: str, flow: Any, inputs: Any) -> Generator[None, None, None]:
        try:
            yield
        except KeyError as error:
            flow.error = error

    @user_step_decorator
    def changing(step_name: str, flow: Any, inputs: Any) -> Generator[None, None, None]:
        try:
            yield
        except ValueError as error:
            raise KeyError("changed") from error

    flow, moves = run(lambda step: swallowing(changing(step)), failing)
    assert str(flow.error) == "'changed'"
    assert moves == [{}]
    with pytest.raises(KeyError, match="changed"):
        run(lambda step: changing(swallowing(around(step))), failing)


@pytest.mark.parametrize(
    ("result", "moves"),
    [(None, [{}]), ((None, None), [{}]), ((None, {}), [{}]), ((None, {"foreach": "xs"}), [{"foreach": "xs"}])],
)
def test_a_class_decides_after_the_step(result: Any, moves: list[dict[str, Any]]) -> None:
    class Deciding(UserStepDecorator):
        def post_step(self, step_name: str, flow: FlowSpec, exception: Exception | None = None) -> Any:
            return result

    assert run(Deciding, failing)[1] == moves


def test_a_class_lets_exceptions_through_unless_it_says_otherwise() -> None:
    class Silent(UserStepDecorator):
        pass

    with pytest.raises(ValueError, match="from the step"):
        run(Silent, failing)


def test_a_class_takes_arguments_and_skips() -> None:
    class Skipping(UserStepDecorator):
        def init(self, **kwargs: Any) -> None:
            self.how = kwargs["how"]

        def pre_step(self, step_name: str, flow: FlowSpec, inputs: Any = None) -> None:
            self.skip_step = self.how

    assert run(Skipping(how=True), moving)[1] == [{}]
    assert run(Skipping(how={"foreach": "xs"}), moving)[1] == [{"foreach": "xs"}]
    assert run(Skipping(how=False), moving)[1] == [{"by": "step"}]


LIMIT = 10


def test_configs_have_their_values_when_the_step_runs() -> None:
    given: list[Any] = []

    @user_step_decorator
    def noting(step_name: str, flow: Any, inputs: Any, attributes: Any) -> Generator[None, None, None]:
        given.append(attributes)
        yield

    class Configured(FlowSpec):
        cfg = Config("cfg")
        a = noting(level=config_expr("cfg.x * LIMIT"), others=[cfg["b"].c, (cfg.x + 1, {"k": cfg.b})], plain=LIMIT)(
            moving
        )
        b = noting(level=cfg.x(1))(moving)

    flow: Any = Configured.__new__(Configured)
    flow.__dict__["_flowc"] = Moves()
    flow.a()
    assert given == [{"level": 30, "others": [4, (4, {"k": {"c": 4}})], "plain": 10}]
    with pytest.raises(TypeError, match="is not known in a decorator"):
        flow.b()


@user_step_decorator
def _twice(step_name: str, flow: Any, inputs: Any) -> Generator[None, None, None]:
    yield
    yield


@user_step_decorator
def _number(step_name: str, flow: Any, inputs: Any) -> Generator[int, None, None]:
    yield 3


@user_step_decorator
def _word(step_name: str, flow: Any, inputs: Any) -> Generator[None, None, str]:
    yield
    return "word"


@user_step_decorator
def _bad_move(step_name: str, flow: Any, inputs: Any) -> Generator[Any, None, None]:
    yield lambda flow: "elsewhere"


@pytest.mark.parametrize(
    ("decorator", "message"),
    [
        (_twice, "@_twice yields twice"),
        (_number, "@_number yields 3: it has to be a function, a dict, or nothing"),
        (_word, "@_word ends with 'word'"),
        (_bad_move, "@_bad_move gives `self.next` 'elsewhere'"),
    ],
)
def test_misuse_is_explained(decorator: Any, message: str) -> None:
    with pytest.raises((TypeError, RuntimeError)) as raised:
        run(decorator, moving)
    assert message in str(raised.value)


def plain(step_name: str, flow: Any, inputs: Any) -> None:
    """No generator."""


def short(step_name: str) -> Generator[None, None, None]:
    """Takes too little."""
    yield


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: user_step_decorator(plain), "no generator function: it needs a `yield`"),  # type: ignore[arg-type]
        (lambda: user_step_decorator(short), "`short` has to take step_name, flow, inputs"),
        (lambda: around(level=1), "@around is given arguments, and its function takes no `attributes`"),
        (lambda: around(3), "@around takes keyword arguments only"),
        (lambda: type("Own", (UserStepDecorator,), {})(level=1), "@Own is given arguments, and its class has no"),
        (lambda: around()(3), "@around stands on int, which is no step"),
    ],
)
def test_a_decorator_that_cannot_be_made_says_so(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        make()
    assert message in str(raised.value)
