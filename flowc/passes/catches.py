"""Whether a run can go on after each step that catches its failures."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Switch
from flowc.ir.walk import regions


def check_catches(flow: Flow) -> Iterator[Diagnostic]:
    """Look at the steps under `@catch`.

    Emits: FC107, FC217.
    """
    params = {p.name: p.span for p in flow.params}
    configs = {c.name: c.span for c in flow.configs}
    steps = {s.name: s.span for s in flow.steps}
    for step in flow.steps:
        var = None if step.policy.catch is None else step.policy.catch.var
        for what, named in (("parameter", params), ("config", configs), ("step", steps)):
            if var in named:
                yield Diagnostic(
                    code="FC107",
                    message=f"`@catch` of `{step.name}` assigns `{var}`, which is a {what}",
                    help="choose another name for `var`",
                    primary=Label(span=step.span),
                    secondary=(Label(span=named[var], text=f"the {what}"),),
                )
    for region in regions(flow.root):
        match region:
            case Foreach(split=step):
                lacking = "items to go on with"
            case Switch(decider=step) | Loop(decider=step):
                lacking = "values to decide by"
            case _:
                continue
        if step.policy.catch is not None:
            yield Diagnostic(
                code="FC217",
                message=f"`@catch` stands on `{step.name}`: when it fails there are no {lacking}",
                help="let a step before it do what can fail, and catch that",
                primary=Label(span=step.span),
            )
