"""Traversals of the region tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import Step


def children(region: Region) -> tuple[Region, ...]:
    """The regions directly inside a region, in order."""
    match region:
        case Task():
            return ()
        case Sequence(body=body):
            return body
        case Parallel(branches=branches):
            return branches
        case Foreach(body=body):
            return (body,)
        case Switch(cases=cases):
            return tuple({id(arm): arm for _, arm in cases}.values())
        case Loop(body=body, exit=exit_):
            return (body,) if exit_ is None else (body, exit_)
        case _:
            assert_never(region)


def regions(region: Region) -> Iterator[Region]:
    """The region and all regions inside it, each once, outer ones first."""
    pending = [region]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def entry(region: Region) -> Step:
    """The step that a region starts with.

    Args:
        region: Not an empty sequence.
    """
    match region:
        case Task(step=step):
            return step
        case Sequence(body=body):
            return entry(body[0])
        case Parallel(split=split) | Foreach(split=split):
            return split
        case Switch(decider=decider):
            return decider
        case Loop(body=body, decider=decider):
            return entry(body) if body.body else decider
        case _:
            assert_never(region)


def last(region: Region) -> Step:
    """The step that a region ends with.

    Args:
        region: Not an empty sequence, and not ending in a switch, which has no single last step.
    """
    match region:
        case Task(step=step):
            return step
        case Sequence(body=body):
            return last(body[-1])
        case Parallel(join=join) | Foreach(join=join):
            return join
        case Switch(decider=decider) | Loop(decider=decider):
            return decider
        case _:
            assert_never(region)
