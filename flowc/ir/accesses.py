"""What a step does to artifacts, in an order in which it may happen.

The frontend makes these of a step's code, of the methods that it calls too. In a step's accesses, whatever may have
happened before a read stands before it; so what a loop repeats, or code that runs at an unknown time, is put where it
lets the most have been written.

They are named tuples, which take a tenth of the time of data classes to define: every command imports them.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from flowc.source import Span

ITEM = "*"
"""Stands for the item of the innermost foreach where names of artifacts stand; no artifact is called so."""


class Read(NamedTuple):
    """`self.name` is loaded.

    Attributes:
        via: The method that it stands in; empty for the step's own code.
        foreach: It is the artifact that `foreach=` names.
    """

    name: str
    span: Span
    via: str = ""
    foreach: bool = False


class Write(NamedTuple):
    """`self.name` is assigned.

    Attributes:
        via: The method that it stands in; empty for the step's own code.
        certain: The step does not end without it.
        text: How the value is made: where texts are equal the values may be. Empty if nothing can be said.
        constant: `text` is the value itself: a number, a string, a boolean or None.
        literal: Nothing is lost with the value: it is written out in the source.
        uses: The artifacts that the value is visibly made of, and `ITEM`.
    """

    name: str
    span: Span
    via: str = ""
    certain: bool = True
    text: str = ""
    constant: bool = False
    literal: bool = False
    uses: tuple[str, ...] = ()


class InputRead(NamedTuple):
    """`inputs.branch.name` is loaded.

    Attributes:
        branch: Which input: the name of a branch's last step, a number, or None for any.
        every: With None: it happens for every input.
    """

    name: str
    span: Span
    branch: str | int | None
    every: bool = False


class Merge(NamedTuple):
    """`self.merge_artifacts(inputs, ...)`.

    Attributes:
        include: Only these; None for all.
        exclude: Not these.
        known: False when which artifacts of which inputs are taken cannot be told.
        certain: The step does not end without it.
    """

    span: Span
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    known: bool = True
    certain: bool = True


class Probe(NamedTuple):
    """The code copes with there being no artifact of this name, or removes it."""

    name: str


class Opaque(NamedTuple):
    """Any artifact may be read and written: the flow object is handed on, or a name is made at run time.

    Attributes:
        inputs: Only of a join's inputs, and only read.
    """

    inputs: bool = False


Access: TypeAlias = Read | Write | InputRead | Merge | Probe | Opaque
