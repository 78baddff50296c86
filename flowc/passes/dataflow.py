"""Checks of what steps read against what the steps before them have written.

One walk over the region tree, as a run would go through it, with the artifacts that there may be at each place. A path
on which something is written is enough for it to be there: only what is there on no path is an error. What cannot be
seen (`setattr`, the flow object handed to a function) may have written anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from flowc.diagnostics import Diagnostic
from flowc.ir.accesses import ITEM, InputRead, Merge, Opaque, Probe, Read, Write
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Switch, Task
from flowc.ir.regions import Sequence as Steps
from flowc.ir.steps import Step
from flowc.ir.walk import children
from flowc.passes.findings import Findings
from flowc.passes.scopes import ANYTHING, Miss, Scope, Value, Ways


def check_dataflow(flow: Flow) -> tuple[Diagnostic, ...]:
    """Check a flow whose structure is sound.

    Emits: FC301 to FC306.
    """
    walk = _Walk(flow)
    root = Scope()
    walk.region(flow.root, root)
    for value in root.own.values():
        value.mark_read()
    return walk.findings.diagnostics()


class _Here:
    """Where a step that is no join finds its artifacts."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def find(self, name: str) -> Value | None:
        return self._scope.find(name)

    def lost_in(self, name: str) -> Step | None:
        return self._scope.lost_in(name)

    def loop(self, name: str) -> Scope | None:
        return self._scope.loop(name)

    def assign(self, name: str, value: Value) -> None:
        self._scope.assign(name, value)

    def unknown(self) -> None:
        self._scope.unknown = True


class _Join(_Here):
    """Where a join finds its artifacts: it begins with none, whatever its inputs have.

    Attributes:
        ways: What leads to it.
        inputs: For each input, the names of the steps that it may come from.
        depth: How many foreachs there are around its inputs if they are items; 0 if they are branches.
        own: What it has assigned, or taken over by name.
    """

    def __init__(self, base: Scope, ways: Ways, inputs: Sequence[frozenset[str]], depth: int) -> None:
        super().__init__(base)
        self.ways = ways
        self.inputs = inputs
        self.depth = depth
        self.own: dict[str, Value] = {}
        self._is_unknown = False
        self._excluded: set[str] | None = None

    def find(self, name: str) -> Value | None:
        if name in self.own:
            return self.own[name]
        if self._is_unknown:
            return ANYTHING
        return self.ways.find(name) if self._takes(name) else None

    def lost_in(self, name: str) -> Step | None:
        return self.ways.lost_in(name)

    def loop(self, name: str) -> Scope | None:
        return self.ways.loop(name) if self._takes(name) else None

    def assign(self, name: str, value: Value) -> None:
        self.own[name] = value

    def unknown(self) -> None:
        self._is_unknown = True

    def take_all(self, excluded: Iterable[str]) -> None:
        """Merge; what an earlier merge has taken over stays."""
        self._excluded = set(excluded) if self._excluded is None else self._excluded & set(excluded)

    def end(self, step: Step) -> None:
        """What is there after the join."""
        for name, value in self.own.items():
            if value.write is not None and value.certain:
                for gone in self.ways.found.get(name, ()):
                    gone.overwrite(step)
        if self._excluded is None:
            self._scope.replace(self.own, self.ways, step, unknown=self._is_unknown)
            return
        self._scope.absorb(self.ways, self._excluded - self.own.keys(), step)
        for name, value in self.own.items():
            self._scope.assign(name, value)
        self._scope.unknown = self._scope.unknown or self._is_unknown

    def _takes(self, name: str) -> bool:
        return self._excluded is not None and name not in self._excluded


class _Walk:
    """One walk over a flow."""

    def __init__(self, flow: Flow) -> None:
        self.findings = Findings(flow)
        self._depth = 0
        self._loops = 0

    def region(self, region: Region, scope: Scope) -> None:
        """Go through a region; `scope` is what there is before and then after it."""
        match region:
            case Task(step=step):
                self._step(step, _Here(scope))
            case Steps(body=body):
                for part in body:
                    self.region(part, scope)
            case Parallel(split=split, branches=branches, join=join):
                self._step(split, _Here(scope))
                ways = Ways(scope, self._branches(branches, scope))
                self._join(join, _Join(scope, ways, [_ends(branch) for branch in branches], 0))
            case Foreach(split=split, body=body, join=join):
                self._step(split, _Here(scope))
                self._depth += 1
                ways = Ways(scope, self._branches([body], scope))
                self._depth -= 1
                self._join(join, _Join(scope, ways, [_ends(body)], self._depth + 1))
            case Switch(decider=decider):
                self._step(decider, _Here(scope))
                self._switch(region, scope)
            case Loop():
                self._loop(region, scope)
            case _:
                assert_never(region)

    def _branches(self, branches: Iterable[Region], scope: Scope) -> list[Scope]:
        scopes: list[Scope] = []
        for branch in branches:
            inner = Scope(parent=scope)
            self.region(branch, inner)
            scopes.append(inner)
        return scopes

    def _switch(self, switch: Switch, scope: Scope) -> None:
        """The arms; the decider has run."""
        self._read(Read(name=switch.on, span=switch.decider.span), switch.decider, _Here(scope))
        scope.absorb(Ways(scope, self._branches(children(switch), scope)))

    def _loop(self, loop: Loop, scope: Scope) -> None:
        """What is not there in the first iteration may be there in the next one."""
        inner = Scope(parent=scope, misses=[])
        self._loops += 1
        self.region(loop.body, inner)
        self._step(loop.decider, _Here(inner))
        self._read(Read(name=loop.on, span=loop.decider.span), loop.decider, _Here(inner))
        self._loops -= 1
        misses, inner.misses = inner.misses or [], None
        for miss in misses:
            if inner.find(miss.access.name) is None:
                self._missing(miss, scope.loop(miss.access.name), scope.lost_in(miss.access.name))
        scope.absorb(Ways(scope, [inner]))
        if loop.exit is not None:
            self._switch(loop.exit, scope)

    def _join(self, step: Step, join: _Join) -> None:
        self._step(step, join)
        join.end(step)

    def _step(self, step: Step, here: _Here) -> None:
        for access in step.accesses:
            match access:
                case Read():
                    self._read(access, step, here)
                case Write():
                    self._write(access, step, here)
                case Probe(name=name):
                    if (value := here.find(name)) is not None:
                        value.mark_read()
                case Opaque(inputs=inputs):
                    if not inputs:
                        here.unknown()
                case InputRead() | Merge():
                    if isinstance(here, _Join):
                        self._use_inputs(access, step, here)
                case _:
                    assert_never(access)

    def _use_inputs(self, access: InputRead | Merge, step: Step, join: _Join) -> None:
        match access:
            case InputRead():
                self._read_input(access, step, join)
            case Merge():
                self._merge(access, step, join)
            case _:
                assert_never(access)

    def _read(self, access: Read, step: Step, here: _Here) -> None:
        value = here.find(access.name)
        if value is not None:
            value.mark_read()
        elif isinstance(here, _Join) and here.ways.find(access.name) is not None:
            self.findings.missing_in_join(step, access)
        else:
            self._missing(Miss(step=step, access=access), here.loop(access.name), here.lost_in(access.name))

    def _missing(self, miss: Miss, loop: Scope | None, join: Step | None) -> None:
        if loop is not None and loop.misses is not None:
            loop.misses.append(miss)
        elif join is not None:
            self.findings.dropped(join, miss.step, miss.access)
        elif isinstance(miss.access, InputRead):
            self.findings.missing_in_input(miss.step, miss.access)
        else:
            self.findings.missing(miss.step, miss.access)

    def _write(self, write: Write, step: Step, here: _Here) -> None:
        before = here.find(write.name)
        value = Value(
            step=step,
            write=write,
            parts=() if write.certain or before is None else (before,),
            certain=write.certain,
            text=write.text,
            constant=write.constant,
            depth=self._depth_of(write, here),
        )
        if before is not None and write.certain:
            before.overwrite(step)
        if not self._loops:
            self.findings.written(value)
        here.assign(write.name, value)

    def _depth_of(self, write: Write, here: _Here) -> int:
        """How deep the innermost foreach is on whose item a value visibly depends."""
        depth = 0
        for name in write.uses:
            if name == ITEM:
                return self._depth
            value = here.find(name)
            depth = max(depth, value.depth if value is not None else 0)
        return depth

    def _read_input(self, access: InputRead, step: Step, join: _Join) -> None:
        chosen = self._chosen(access, step, join)
        found = [(scope, scope.find(access.name)) for scope in chosen]
        for _, value in found:
            if value is not None:
                value.mark_read()
        lacking = [scope for scope, value in found if value is None]
        if access.branch is None and not access.every:
            # one that has it is enough, now or in another iteration
            in_loops = [scope for scope in lacking if scope.loop(access.name) is not None]
            lacking = [*in_loops, *lacking][:1] if len(lacking) == len(chosen) else []
        for scope in lacking:
            self._missing(Miss(step=step, access=access), scope.loop(access.name), scope.lost_in(access.name))

    def _chosen(self, access: InputRead, step: Step, join: _Join) -> Sequence[Scope]:
        """The branches that a read may be of; none if that is an error of its own."""
        scopes = join.ways.scopes
        match access.branch:
            case None:
                return scopes
            case int(number):
                if join.depth:
                    return scopes
                if -len(scopes) <= number < len(scopes):
                    return [scopes[number]]
            case str(name):
                chosen = [scope for scope, names in zip(scopes, join.inputs, strict=True) if name in names]
                if chosen:
                    return chosen
        self.findings.no_input(step, access, join.inputs)
        return ()

    def _merge(self, merge: Merge, step: Step, join: _Join) -> None:
        if not merge.known:
            join.unknown()
            return
        names = merge.include
        if names is None:
            names = tuple(name for name in join.ways.found if name not in merge.exclude)
        if merge.certain:
            for name in names:
                if name not in join.own:
                    self._check_agreement(name, merge, step, join)
        if merge.include is None:
            join.take_all(merge.exclude)
            return
        for name in names:
            if name not in join.own:
                join.own[name] = self._included(name, merge, step, join)

    def _included(self, name: str, merge: Merge, step: Step, join: _Join) -> Value:
        value = join.ways.find(name)
        if value is not None:
            return value
        if name not in self.findings.always:
            access = InputRead(name=name, span=merge.span, branch=None, every=False)
            self._missing(Miss(step=step, access=access), join.ways.loop(name), join.ways.lost_in(name))
        return ANYTHING

    def _check_agreement(self, name: str, merge: Merge, step: Step, join: _Join) -> None:
        """Whether the inputs may well have equal values of an artifact."""
        values = join.ways.values(name)
        if join.ways.is_unknown or not all(value.certain for value in values):
            return
        if join.depth:
            if any(value.depth >= join.depth for value in values):
                self.findings.items_differ(step, merge, name, values[-1])
            return
        first = next(iter(values), None)
        others = [value for value in values if first is not None and not first.equals(value)]
        if first is not None and others:
            certain = any(first.constant and value.constant for value in others)
            self.findings.branches_differ(step, merge, name, [first, *others], certain=certain)


def _ends(region: Region) -> frozenset[str]:
    """The steps that a region may end with."""
    match region:
        case Task(step=step):
            return frozenset({step.name})
        case Steps(body=body):
            return _ends(body[-1]) if body else frozenset()
        case Parallel(join=join) | Foreach(join=join):
            return frozenset({join.name})
        case Switch(decider=decider):
            return frozenset().union(*(_ends(arm) or {decider.name} for arm in children(region)))
        case Loop(decider=decider, exit=exit_):
            return frozenset({decider.name}) if exit_ is None else _ends(exit_)
        case _:
            assert_never(region)
