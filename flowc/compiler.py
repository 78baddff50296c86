"""From a flow's file to what a scheduler runs: the passes in order, and the files that come out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from flowc._version import __version__
from flowc.contract import Plan
from flowc.diagnostics import Diagnostic, Label, has_errors, in_order
from flowc.frontend import read_source
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.walk import regions
from flowc.package import CodePackage, build_package, is_package
from flowc.passes import analyse
from flowc.passes.lower import lower_plan
from flowc.source import SourceFile, Span
from flowc.targets.base import Feature, Lowered, Native, OutputFile, Rejected, Target

_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A flow that was read without error.

    Attributes:
        flow: The intermediate form.
        plan: What the runner reads.
        source: Its text.
        folder: The folder of its file, which the code package holds.
    """

    flow: Flow
    plan: Plan
    source: SourceFile
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What `compile` writes.

    Attributes:
        definition: The target's own files.
        package: The code package's file.
        code: The code package, for an upload.
    """

    definition: tuple[OutputFile, ...]
    package: OutputFile
    code: CodePackage

    @property
    def files(self) -> tuple[OutputFile, ...]:
        """All files, the definition first."""
        return (*self.definition, self.package)


def read_program(file: str) -> tuple[Program | None, tuple[Diagnostic, ...], dict[str, SourceFile]]:
    """Read, check and lower a flow.

    Args:
        file: The path of its source.

    Returns:
        The program if there is no error, everything found, and the sources that the spans refer to.
    """
    source, diagnostics = read_source(file)
    if source is None:
        return None, diagnostics, {}
    flow, more = analyse(source)
    found = in_order((*diagnostics, *more))
    sources = {source.file: source}
    if flow is None or has_errors(found):
        return None, found, sources
    folder = os.path.dirname(os.path.abspath(file))
    return Program(flow=flow, plan=lower_plan(flow), source=source, folder=folder), found, sources


def compile_program(
    program: Program, target: Target[Any], *, store: str, image: str, settings: Mapping[str, str] = {}
) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    """Compile for a target. Pure but for reading the flow's folder.

    Args:
        program: What to compile.
        target: What for.
        store: Root URL of the store.
        image: The step-runner container's image.
        settings: The target's own settings, by name.
    """
    code = build_package(program.plan, program.folder)
    defaults = {s.name: s.default for s in target.settings}
    options = target.options(store=store, code=code.code, image=image, version=__version__, **{**defaults, **settings})
    found = in_order((*_unsupported(program.flow, target), *target.check(program.flow, options)))
    if has_errors(found):
        return None, found
    package = OutputFile(name=f"{program.flow.name}.code.tar.zst", data=code.data, marker=b"")
    return Compiled(definition=target.emit(program.flow, options), package=package, code=code), found


def write_files(compiled: Compiled, folder: str) -> tuple[Diagnostic, ...]:
    """Write what was compiled; nothing at all if a file is in the way that flowc did not generate.

    Raises:
        OSError: The folder cannot be written.
    """
    found = tuple(
        Diagnostic(
            code="FC405",
            message=f"`{os.path.join(folder, f.name)}` exists, and flowc did not generate it",
            help="choose another folder with -o, or move the file away",
        )
        for f in compiled.files
        if not _may_replace(os.path.join(folder, f.name), f)
    )
    if found:
        return found
    os.makedirs(folder, exist_ok=True)
    for file in compiled.files:
        path = os.path.join(folder, file.name)
        with open(path + ".part", "wb") as out:
            out.write(file.data)
        os.replace(path + ".part", path)
    return ()


def _may_replace(path: str, file: OutputFile) -> bool:
    if not os.path.lexists(path):
        return True
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as present:
        if file.marker:
            return file.marker in present.read(_HEAD)
        return is_package(present.read())


def _unsupported(flow: Flow, target: Target[Any]) -> Iterable[Diagnostic]:
    for feature, span in used_features(flow):
        match target.support[feature]:
            case Native() | Lowered():
                continue
            case Rejected(code=code, why=why):
                yield Diagnostic(
                    code=code,
                    message=f"target {target.name} does not support {feature.value}: {why}",
                    help="change the flow, or choose another target",
                    primary=Label(span=span),
                )
            case other:
                assert_never(other)


def used_features(flow: Flow) -> Iterable[tuple[Feature, Span]]:
    """Every feature that a flow uses, each with the first place where it does."""
    found: dict[Feature, Span] = {Feature.RESOURCES: flow.span}
    if flow.params:
        found[Feature.PARAMETERS] = flow.params[0].span
    for step in flow.steps:
        if step.policy.retries:
            found.setdefault(Feature.RETRIES, step.span)
            if step.policy.retry_delay_s:
                found.setdefault(Feature.RETRY_DELAY, step.span)
    for region in regions(flow.root):
        for feature, span in _features(region):
            found.setdefault(feature, span)
    return found.items()


def _features(region: Region) -> Iterable[tuple[Feature, Span]]:
    match region:
        case Task(step=step):
            yield Feature.TASK, step.span
        case Sequence():
            pass
        case Parallel(split=step):
            yield Feature.PARALLEL, step.span
        case Foreach(split=step, body=body):
            yield Feature.FOREACH, step.span
            yield from ((Feature.NESTED_FOREACH, r.split.span) for r in regions(body) if isinstance(r, Foreach))
        case Switch(decider=step):
            yield Feature.SWITCH, step.span
        case Loop(decider=step):
            yield Feature.LOOP, step.span
        case _:
            assert_never(region)
