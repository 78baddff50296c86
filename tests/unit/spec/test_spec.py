"""What a flow's source uses has Metaflow's signatures."""

from __future__ import annotations

import inspect

from flowc import FlowSpec
from flowc.frontend.vocabulary import CURRENT, METAFLOW_CURRENT
from flowc.spec import Current


def test_positional_arguments_mean_what_they_mean_in_metaflow() -> None:
    # Source: https://docs.metaflow.org/api/flowspec
    assert list(inspect.signature(FlowSpec.merge_artifacts).parameters) == ["self", "inputs", "exclude", "include"]


def test_the_compiler_knows_what_current_knows() -> None:
    public = {name for name in dir(Current) if not name.startswith("_")}
    assert public == CURRENT
    assert not public & METAFLOW_CURRENT.keys()


def test_outside_of_a_task_current_knows_nothing() -> None:
    facts = {name: getattr(Current(), name) for name in CURRENT - {"card", "get", "is_running_flow"}}
    assert set(facts.values()) == {None}
    assert not Current().is_running_flow
    assert Current().get("run_id", 1) is None
    assert Current().get("nothing", 1) == 1
    assert "run_id" not in Current()
