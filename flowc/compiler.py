"""From a flow's file to what a scheduler runs: the passes in order, and the files that come out."""

from __future__ import annotations

import os
import string
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from flowc._version import __version__
from flowc.contract import Plan
from flowc.diagnostics import Diagnostic, Label, has_errors, in_order
from flowc.frontend import NO_CHOICES, Choices, Siblings, read_source
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import IncludedFile, Policy
from flowc.ir.walk import regions
from flowc.outputs import Compiled, IncludedOutput
from flowc.package import NO_RULES, Rules, pack
from flowc.passes import analyse
from flowc.passes.lower import lower_plan
from flowc.passes.suppress import silence
from flowc.source import SourceFile, Span
from flowc.targets.base import Feature, Lowered, Native, OutputFile, Rejected, Target

_RUNNERS_OWN = frozenset({"flowc", "metaflow", "blake3", "cloudpickle", "obstore", "backports", "compression"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A flow that was read without error.

    Attributes:
        flow: The intermediate form.
        plan: What the runner reads.
        sources: The text of its file, and of the modules beside it that it inherits from, by path.
        folder: The folder of its file, which the code package holds.
    """

    flow: Flow
    plan: Plan
    sources: Mapping[str, SourceFile]
    folder: str

    @property
    def files(self) -> tuple[IncludedFile, ...]:
        """The files that it includes by default."""
        return tuple(p.file for p in self.flow.params if p.file is not None)


def read_program(
    file: str, choices: Choices = NO_CHOICES
) -> tuple[Program | None, tuple[Diagnostic, ...], dict[str, SourceFile]]:
    """Read, check and lower a flow.

    Args:
        file: The path of its source.
        choices: What the command line adds.

    Returns:
        The program if there is no error, everything found, and the sources that the spans refer to.
    """
    source, diagnostics = read_source(file)
    if source is None:
        return None, diagnostics, {}
    siblings = Siblings(source)
    flow, more = analyse(source, siblings, choices)
    found = in_order((*diagnostics, *_check_module(file), *more))
    sources = siblings.sources
    if flow is None or has_errors(found):
        return None, found, sources
    folder = os.path.dirname(os.path.abspath(file))
    return Program(flow=flow, plan=lower_plan(flow), sources=sources, folder=folder), found, sources


def compile_program(
    program: Program,
    target: Target[Any],
    *,
    store: str,
    image: str,
    settings: Mapping[str, str] = {},
    environment: tuple[tuple[str, str], ...] = (),
    rules: Rules = NO_RULES,
) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    """Compile for a target. Pure but for reading the flow's folder.

    Args:
        program: What to compile.
        target: What for.
        store: Root URL of the store.
        image: The step-runner container's image.
        settings: The target's own settings, by name.
        environment: Further variables of all tasks, see `CompileOptions`.
        rules: What goes into the code package beside Python files, and what does not.
    """
    code, packed = pack(program.plan, program.folder, rules)
    if code is None:
        return None, packed
    defaults = {s.name: s.default for s in target.settings}
    options = target.options(
        store=store,
        code=code.code,
        image=image,
        version=__version__,
        environment=environment,
        **{**defaults, **settings},
    )
    found = in_order(
        (*packed, *_check_image(image), *_unsupported(program.flow, target), *target.check(program.flow, options))
    )
    found = silence(found, program.sources.values())
    if has_errors(found):
        return None, found
    package = OutputFile(name=f"{program.flow.deployed_name}.code.tar.zst", data=code.data, marker=b"")
    definition = target.emit(program.flow, options)
    return Compiled(definition=definition, package=package, code=code, includes=_included(program)), found


def _included(program: Program) -> tuple[IncludedOutput, ...]:
    flow = program.flow
    named = ((p.name, p.file) for p in flow.params if p.file is not None)
    return tuple(IncludedOutput(name=f"{flow.deployed_name}.{n}.include", parameter=n, file=f) for n, f in named)


def _check_image(image: str) -> Iterable[Diagnostic]:
    if not image or any(mark in image for mark in (*string.whitespace, "{{", "{%", "$(")):
        yield Diagnostic(
            code="FC001",
            message=f"`{image}` is not the name of an image",
            help="give one, as in --image registry.example.com/flows:1.2",
        )


def _check_module(file: str) -> Iterable[Diagnostic]:
    # a task imports the flow under its file's name; what Python and the runner need is imported by then
    module = os.path.splitext(os.path.basename(file))[0]
    if module in sys.stdlib_module_names or module in _RUNNERS_OWN:
        yield Diagnostic(
            code="FC003",
            message=f"a flow's file cannot be called `{module}.py`: that hides the module `{module}`, which tasks need",
            help="give the file another name",
        )


def _unsupported(flow: Flow, target: Target[Any]) -> Iterable[Diagnostic]:
    for feature, span in used_features(flow):
        match target.support[feature]:
            case Native() | Lowered():
                continue
            case Rejected(code=code, why=why, help=help):
                yield Diagnostic(
                    code=code,
                    message=f"target {target.name} does not support {feature.value}: {why}",
                    help=help,
                    primary=Label(span=span),
                )
            case other:
                assert_never(other)


def used_features(flow: Flow) -> Iterable[tuple[Feature, Span]]:
    """Every feature that a flow uses, each with the first place where it does."""
    found: dict[Feature, Span] = {Feature.RESOURCES: flow.span}
    if flow.params:
        found[Feature.PARAMETERS] = flow.params[0].span
    if flow.deployment.schedule is not None:
        found[Feature.SCHEDULE] = flow.deployment.schedule.span
    if flow.deployment.project is not None:
        found[Feature.PROJECT] = flow.deployment.project.span
    if flow.deployment.tags:
        found[Feature.TAGS] = flow.span
    for step in flow.steps:
        for feature in _policy_features(step.policy):
            found.setdefault(feature, step.span)
    for region in regions(flow.root):
        for feature, span in _features(region):
            found.setdefault(feature, span)
    return found.items()


def _policy_features(policy: Policy) -> Iterable[Feature]:
    uses = {
        Feature.RETRIES: policy.retries > 0,
        Feature.RETRY_DELAY: policy.retries > 0 and policy.retry_delay_s > 0,
        Feature.GPU: policy.gpu > 0,
        Feature.DISK: policy.disk_mib is not None,
        Feature.SHARED_MEMORY: policy.shared_memory_mib is not None,
        Feature.KUBERNETES: policy.kubernetes is not None,
        Feature.BATCH: policy.batch is not None,
        Feature.ENVIRONMENT: bool(policy.environment),
        Feature.TIMEOUT: policy.timeout_s is not None,
        Feature.CATCH: policy.catch is not None,
        Feature.SECRETS: policy.secrets is not None,
        Feature.CARDS: bool(policy.cards),
    }
    return (feature for feature, used in uses.items() if used)


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
