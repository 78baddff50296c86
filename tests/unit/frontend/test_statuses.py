"""What is said of Metaflow's names that this version does not have."""

from __future__ import annotations

import pytest

from flowc.frontend import parse_flow
from flowc.frontend.statuses import OTHERS, STATUSES
from flowc.frontend.vocabulary import METAFLOW_NAMES, NAMES
from flowc.source import SourceFile


def test_every_name_of_metaflow_s_has_a_status_and_nothing_that_flowc_has() -> None:
    assert not STATUSES.keys() & OTHERS.keys()
    assert STATUSES.keys() | OTHERS.keys() == METAFLOW_NAMES
    assert not METAFLOW_NAMES & NAMES


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_other_names_are_answered_with_what_to_do_instead(name: str) -> None:
    text = f"""from metaflow import FlowSpec, step, {name}
class X(FlowSpec):
    @step
    def start(self): ...
"""
    _, (diagnostic,) = parse_flow(SourceFile(file="f.py", text=text))
    assert (diagnostic.code, diagnostic.help) == ("FC105", OTHERS[name].text)
    assert f"`{name}`" in diagnostic.message


@pytest.mark.parametrize("name", sorted(name for name in STATUSES if name.islower()))
def test_each_is_named_with_its_status_wherever_it_stands(name: str) -> None:
    of_flow = name.endswith("_base") or name in ("trigger", "trigger_on_finish", "exit_hook")
    above = [f"@{name}(x=1)", ""] if of_flow else ["", f"@{name}(x=1)"]
    text = f"""from metaflow import FlowSpec, step, {name}
{above[0]}
class X(FlowSpec):
    {above[1]}
    @step
    def start(self): self.next(self.end)
    @step
    def end(self): ...
"""
    _, (diagnostic,) = parse_flow(SourceFile(file="f.py", text=text))
    assert diagnostic.code == "FC106"
    assert f"`@{name}`" in diagnostic.message
    assert diagnostic.help == STATUSES[name].text
    assert diagnostic.help.startswith(("it is planned: until then, ", "it is not planned: "))
