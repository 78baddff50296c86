"""Whether a scheduled flow can run without anybody who starts it."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.flow import Flow


def check_schedule(flow: Flow) -> Iterator[Diagnostic]:
    """Look for parameters that only a person could give.

    Emits: FC141.
    """
    schedule = flow.deployment.schedule
    if schedule is None:
        return
    for parameter in flow.params:
        if parameter.required:
            who = f"nobody gives the required parameter `{parameter.name}` then"
            yield Diagnostic(
                code="FC141",
                message=f"the flow runs by its schedule, and {who}",
                help="give the parameter a default",
                primary=Label(span=parameter.span),
                secondary=(Label(span=schedule.span, text="the schedule"),),
            )
