"""What the data-flow pass has found, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.frontend.vocabulary import listed, nearest
from flowc.ir.accesses import InputRead, Merge, Opaque, Probe, Read, Write
from flowc.ir.flow import Flow
from flowc.ir.steps import Step
from flowc.passes.scopes import Value

_MOST = 5
"""Places or names that one diagnostic shows."""


class Findings:
    """Gathers what is found during the walk over one flow.

    Attributes:
        always: Names that need no assignment: parameters, and attributes of the class.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.always = frozenset(flow.attributes) | {parameter.name for parameter in flow.params}
        self._diagnostics: dict[tuple[str, str, str], Diagnostic] = {}
        self._dropped: dict[tuple[str, str], tuple[Step, dict[str, tuple[Step, Read | InputRead]]]] = {}
        self._written: list[Value] = []
        # names that the code asks for with care, or removes; and whether somebody may read anything
        self._uncertain: set[str] = set()
        self._anything_is_read = False
        for step in flow.steps:
            for access in step.accesses:
                if isinstance(access, Probe):
                    self._uncertain.add(access.name)
                elif isinstance(access, Opaque):
                    self._anything_is_read = True

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that was found."""
        for join, readers in self._dropped.values():
            self._drop(join, list(readers.values()))
        if not self._anything_is_read:
            for value in self._written:
                if not value.read:
                    self._unread(value)
        return tuple(self._diagnostics.values())

    def written(self, value: Value) -> None:
        """Note a write that somebody should read."""
        self._written.append(value)

    def missing(self, step: Step, access: Read) -> None:
        """FC301, FC302: a read of what is not there."""
        name = access.name
        if self._is_silent(name):
            return
        writers = self._writers(name)
        others = list(dict.fromkeys(other.name for other, _ in writers))
        if not writers:
            why = "which no step assigns"
        elif others == [step.name]:
            why = f"which only `{step.name}` itself assigns, later"
        else:
            why = f"which only {_few(others)} {_verb('assign', others)}, not before"
        if access.foreach:
            message = f'step `{step.name}` goes through `foreach="{name}"`, {why}'
            help = self._did_you_mean(name, "", f"assign it in `{step.name}`: `self.{name} = [...]`")
            self._add("FC302", step, access, message, help, writers)
            return
        message = f"step `{step.name}` reads `self.{name}`{_inside(access)}, {why}"
        help = self._did_you_mean(name, "self.", f"assign it in a step before `{step.name}`")
        self._add("FC301", step, access, message, help, writers)

    def missing_in_join(self, step: Step, access: Read) -> None:
        """FC301: a read of what an input of a join has, and the join itself does not."""
        name = access.name
        if self._is_silent(name):
            return
        message = f"join `{step.name}` reads `self.{name}`{_inside(access)}, which it has neither assigned nor merged"
        help = f'take it over first, `self.merge_artifacts(inputs, include=["{name}"])`, or read it from an input'
        self._add("FC301", step, access, message, help, self._writers(name))

    def missing_in_input(self, step: Step, access: InputRead) -> None:
        """FC301: a read of what an input does not have."""
        name = access.name
        if self._is_silent(name):
            return
        writers = self._writers(name)
        match access.branch:
            case None:
                which = "of its inputs" if not access.every else "of each input"
            case int(number):
                which = f"of `inputs[{number}]`"
            case str(branch):
                which = f"of `inputs.{branch}`"
        why = "no step assigns it" if not writers else "no step on the way there assigns it"
        message = f"join `{step.name}` reads `{name}` {which}, but {why}"
        help = self._did_you_mean(name, "", "assign it in every branch that it is read from")
        self._add("FC301", step, access, message, help, writers)

    def no_input(self, step: Step, access: InputRead, inputs: Sequence[frozenset[str]]) -> None:
        """FC306: a read of an input that there is not."""
        names = sorted(name for ends in inputs for name in ends)
        if isinstance(access.branch, int):
            message = f"join `{step.name}` reads input {access.branch}, and has {len(inputs)}"
            help = f"number them from 0 to {len(inputs) - 1}"
        else:
            message = f"join `{step.name}` has no input `{access.branch}`"
            meant = nearest(str(access.branch), names)
            help = f"did you mean `inputs.{meant}`?" if meant else f"inputs are named after last steps: {_few(names)}"
        self._add("FC306", step, access, message, help, ())

    def dropped(self, join: Step, step: Step, access: Read | InputRead) -> None:
        """FC304: a read of what a join has left behind."""
        if not self._is_silent(access.name):
            readers = self._dropped.setdefault((join.name, access.name), (join, {}))[1]
            readers.setdefault(step.name + _place(access), (step, access))

    def branches_differ(self, join: Step, merge: Merge, name: str, values: Sequence[Value], *, certain: bool) -> None:
        """FC303: two branches have made different values."""
        if name in self._uncertain:
            return
        writers = [(v.step, v.write) for v in values if v.step is not None and v.write is not None]
        verb = "have different values" if certain else "may have different values"
        self._ambiguous(join, merge, name, f"its inputs {verb} of `{name}`", writers, certain=certain)

    def items_differ(self, join: Step, merge: Merge, name: str, value: Value) -> None:
        """FC303: each item has a value of its own."""
        if name in self._uncertain or value.step is None or value.write is None:
            return
        what = f"`{value.step.name}` makes `{name}` of its item"
        self._ambiguous(join, merge, name, what, [(value.step, value.write)], certain=False)

    def _ambiguous(
        self, join: Step, merge: Merge, name: str, what: str, writers: Sequence[tuple[Step, Write]], *, certain: bool
    ) -> None:
        help = f'assign `self.{name}` before `merge_artifacts`, or leave it out: `exclude=["{name}"]`'
        if merge.include is not None:
            help = f"assign `self.{name}` in `{join.name}` before `merge_artifacts`, instead of including it"
        message = f"join `{join.name}` cannot merge `{name}`: {what}"
        if not certain:
            message = f"join `{join.name}` merges `{name}`, and fails where the values differ: {what}"
        diagnostic = Diagnostic(
            code="FC303",
            message=message,
            help=help,
            primary=Label(span=merge.span),
            secondary=_labels(writers),
            severity=Severity.ERROR if certain else Severity.WARNING,
        )
        self._diagnostics.setdefault(("FC303", join.name, name), diagnostic)

    def _drop(self, join: Step, readers: Sequence[tuple[Step, Read | InputRead]]) -> None:
        name = readers[0][1].name
        steps = list(dict.fromkeys(step.name for step, _ in readers))
        labels = [Label(span=access.span, text=f"read here, by `{step.name}`") for step, access in readers]
        self._diagnostics["FC304", join.name, name] = Diagnostic(
            code="FC304",
            message=f"join `{join.name}` drops `{name}`, which {_few(steps)} {_verb('read', steps)} later",
            help=f"assign `self.{name}` in `{join.name}`, or take it over: `self.merge_artifacts(inputs)`",
            primary=Label(span=join.span),
            secondary=tuple(dict.fromkeys(labels))[:_MOST],
        )

    def _unread(self, value: Value) -> None:
        step, write = value.step, value.write
        if step is None or write is None or write.via or write.literal or value.overwritten is None:
            return
        if write.name in self._uncertain or write.name in self.always:
            return
        other = value.overwritten.name
        if other == step.name:
            return
        self._diagnostics["FC305", step.name, write.name] = Diagnostic(
            code="FC305",
            message=f"`{other}` assigns `self.{write.name}` again before anything has read what `{step.name}` assigns",
            help=f"remove it from `{step.name}`, or give it another name",
            primary=Label(span=write.span),
            severity=Severity.WARNING,
        )

    def _add(
        self,
        code: str,
        step: Step,
        access: Read | InputRead,
        message: str,
        help: str,
        writers: Sequence[tuple[Step, Write]],
    ) -> None:
        key = ("", step.name, access.name + _place(access))
        diagnostic = Diagnostic(
            code=code, message=message, help=help, primary=Label(span=access.span), secondary=_labels(writers)
        )
        self._diagnostics.setdefault(key, diagnostic)

    def _is_silent(self, name: str) -> bool:
        return name in self.always or name in self._uncertain

    def _did_you_mean(self, name: str, prefix: str, otherwise: str) -> str:
        known = {*self._every_write, *self.always} - {name}
        meant = nearest(name, known) if name not in self._every_write else None
        return f"did you mean `{prefix}{meant}`?" if meant else otherwise

    def _writers(self, name: str) -> Sequence[tuple[Step, Write]]:
        return self._every_write.get(name, ())

    @cached_property
    def _every_write(self) -> dict[str, list[tuple[Step, Write]]]:
        found: dict[str, list[tuple[Step, Write]]] = {}
        for step in self._flow.steps:
            for access in step.accesses:
                if isinstance(access, Write):
                    found.setdefault(access.name, []).append((step, access))
        return found


def _labels(writers: Iterable[tuple[Step, Write]]) -> tuple[Label, ...]:
    labels = [Label(span=write.span, text=f"assigned here, in `{step.name}`") for step, write in writers]
    return tuple(dict.fromkeys(labels))[:_MOST]


def _place(access: Read | InputRead) -> str:
    """A step is told of an artifact once, and of an input's wherever it reads it."""
    return f"@{access.span.start}" if isinstance(access, InputRead) else ""


def _inside(access: Read) -> str:
    return f" in `{access.via}`" if access.via else ""


def _verb(verb: str, subjects: Sequence[str]) -> str:
    return f"{verb}s" if len(subjects) == 1 else verb


def _few(names: Iterable[str]) -> str:
    shown = list(dict.fromkeys(names))
    if len(shown) <= _MOST:
        return listed(shown)
    return ", ".join(f"`{name}`" for name in shown[:_MOST]) + f" and {len(shown) - _MOST} more"
