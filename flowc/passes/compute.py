"""Whether a step asks for one kind of machine only."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.flow import Flow


def check_compute(flow: Flow) -> Iterator[Diagnostic]:
    """Look at the steps under `@kubernetes` and `@batch`, of which Metaflow, too, takes one only.

    Emits: FC107.
    """
    for step in flow.steps:
        if step.policy.kubernetes is not None and step.policy.batch is not None:
            yield Diagnostic(
                code="FC107",
                message=f"step `{step.name}` is to run on Kubernetes and on AWS Batch",
                help="keep one of `@kubernetes` and `@batch`; resources for both can be asked for by `@resources`",
                primary=Label(span=step.span),
            )
