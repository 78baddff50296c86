"""How a flow is deployed: what the decorators of its class say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.source import Span

if TYPE_CHECKING:
    from flowc.ir.schedule import Schedule  # takes a while to import, and most flows have none


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a flow belongs to, and for whom this deployment of it is: what `@project` and the command line say together.

    Attributes:
        name: The project's name.
        production: It is for production.
        given: The branch that was asked for; None for none.
        user: Whose branch it is where no other is asked for.
        span: The decorator.
    """

    name: str
    production: bool
    given: str | None
    user: str
    span: Span

    @property
    def branch(self) -> str:
        """The branch's whole name, as Metaflow makes it: `prod`, `prod.x`, `test.x` or `user.ada`."""
        if self.given is not None:
            return f"{'prod' if self.production else 'test'}.{self.given}"
        return "prod" if self.production else f"user.{self.user}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What the decorators of a flow's class ask for, and the command line with them.

    Attributes:
        project: What the flow belongs to; None: to nothing.
        tags: What all of its runs are marked with, sorted.
        schedule: When the deployed flow runs; None: when somebody starts it.
    """

    schedule: Schedule | None = None
    project: Project | None = None
    tags: tuple[str, ...] = ()


UNDEPLOYED = Deployment()
"""A class without decorators."""
