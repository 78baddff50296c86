"""A whole flow."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.ir.configs import Config
from flowc.ir.deployment import UNDEPLOYED, Deployment
from flowc.ir.regions import Sequence
from flowc.ir.steps import Parameter, Step
from flowc.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow whose structure is known and sound.

    Attributes:
        name: The class's name.
        doc: The class's docstring, cleaned, possibly empty.
        file: The path of its source, as the user gave it.
        module: The canonical module name: the file's stem.
        params: In source order.
        configs: In source order.
        attributes: Names that every object of the class has without an assignment in a step.
        steps: In source order.
        deployment: What the decorators of the class ask for.
        root: The region tree; holds each of `steps` exactly once.
    """

    name: str
    doc: str
    file: str
    module: str
    params: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    root: Sequence
    span: Span
    attributes: tuple[str, ...] = ()
    configs: tuple[Config, ...] = ()
    deployment: Deployment = UNDEPLOYED

    @property
    def deployed_name(self) -> str:
        """What a scheduler knows the flow by: `project.branch.Flow`, or its name where it has no project."""
        return f"{self.run_id_prefix}{self.name}"

    @property
    def run_id_prefix(self) -> str:
        """What run ids begin with on schedulers, so that those of several branches differ: `project.branch.`, or ""."""
        project = self.deployment.project
        return "" if project is None else f"{project.name}.{project.branch}."
