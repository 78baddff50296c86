"""AWS Step Functions: a state machine whose tasks are jobs of AWS Batch, tasks of ECS or functions of Lambda."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.flow import Flow
from flowc.targets.aws.settings import check_forms
from flowc.targets.base import BY_RUNNER, Feature, Lowered, Native, OutputFile, Rejected, Setting, Support
from flowc.targets.stepfunctions.computes import computes_of
from flowc.targets.stepfunctions.emit import (
    EXECUTION_CHARACTERS,
    MAP_CONCURRENCY,
    NAME_CHARACTERS,
    RUN_CHARACTERS,
    TAGS_BYTES,
    state_machine,
    tags_variable,
)
from flowc.targets.stepfunctions.layout import to_text
from flowc.targets.stepfunctions.options import COMPUTE_NAMES, SETTINGS, S3Location, StepFunctionsOptions, s3_location
from flowc.targets.stepfunctions.validate import problems

_MACHINE = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[^\s:]{1,80}(:[^\s:]+)?")
"""Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html"""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""

_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/=+@:,&$-]*")
"""Characters of a prefix; braces and backslashes have a meaning of their own in `States.Format`."""


class StepFunctionsTarget:
    """Compiles to `<flow>.asl.json`, complete as it is, and for a scheduled flow to `<flow>.schedule.json`."""

    name: ClassVar[str] = "stepfunctions"
    options: ClassVar[type[StepFunctionsOptions]] = StepFunctionsOptions
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    support: ClassVar[Mapping[Feature, Support]] = {
        Feature.TASK: Native(),
        Feature.PARALLEL: Native(),
        Feature.FOREACH: Lowered(how="a distributed Map over an object that the split's task writes"),
        Feature.NESTED_FOREACH: Lowered(how="a distributed Map in the child executions of another"),
        Feature.SWITCH: Rejected(code="FC403", why="switches are not compiled for Step Functions yet"),
        Feature.LOOP: Rejected(code="FC403", why="loops are not compiled for Step Functions yet"),
        Feature.PARAMETERS: Lowered(how="the execution's input, handed to the start step"),
        Feature.RETRIES: Native(),
        Feature.RETRY_DELAY: Native(),
        Feature.RESOURCES: Native(),
        Feature.GPU: Native(),
        Feature.DISK: Lowered(how="on Fargate and in Lambda; elsewhere the disk of the machine, with a warning"),
        Feature.SHARED_MEMORY: Native(),
        Feature.KUBERNETES: Rejected(
            code="FC403",
            why="it starts jobs of Batch, tasks of ECS and functions of Lambda",
            help="write `@resources` for what every target has, and `@batch` for what jobs have beside that",
        ),
        Feature.BATCH: Native(),
        Feature.ENVIRONMENT: Lowered(how=BY_RUNNER),
        Feature.TIMEOUT: Lowered(how=BY_RUNNER),
        Feature.SECRETS: Lowered(how=BY_RUNNER),
        Feature.CARDS: Lowered(how=BY_RUNNER),
        Feature.CATCH: Lowered(how="the runner sees to it; the scheduler tries once more when a task is lost"),
        Feature.SCHEDULE: Lowered(how="a schedule of EventBridge Scheduler, in a file of its own"),
        Feature.PROJECT: Lowered(how="in the names of files and jobs, and in front of run ids"),
        Feature.TAGS: Lowered(how="in the start task's environment"),
    }

    def check(self, flow: Flow, options: StepFunctionsOptions) -> Iterable[Diagnostic]:
        """What keeps Step Functions from having this flow."""
        store = s3_location(options.store)
        if store is None:
            yield Diagnostic(
                code="FC402",
                message=f"Step Functions cannot use the store `{options.store}`",
                help="give a store in S3: --store s3://bucket/prefix",
            )
            return
        yield from _store_problems(options.store, store)
        yield from _option_problems(options)
        is_known = options.compute in COMPUTE_NAMES
        for compute in computes_of(flow, options) if is_known else ():
            yield from compute.check_options()
            for step in compute.steps:
                yield from compute.check_step(step)
        yield from _project_problems(flow)
        yield from _tag_problems(flow)
        if flow.deployment.schedule is not None:
            from flowc.targets.stepfunctions.schedule import schedule_problems

            yield from schedule_problems(flow.deployment.schedule)
        too_long = tuple(_name_problems(flow))
        yield from too_long
        if not too_long and is_known and _is_concurrency(options.max_concurrency):
            yield from _definition_problems(flow, options)

    def emit(self, flow: Flow, options: StepFunctionsOptions) -> tuple[OutputFile, ...]:
        """The state machine, and what creates its schedule."""
        text = to_text(state_machine(flow, options))
        machine = OutputFile(
            name=f"{flow.deployed_name}.asl.json", data=text.encode(), marker=b'"Comment": "Generated by flowc'
        )
        if flow.deployment.schedule is None:
            return (machine,)
        from flowc.targets.stepfunctions.schedule import schedule_file

        return (machine, schedule_file(flow, flow.deployment.schedule, options))


def _store_problems(url: str, store: S3Location) -> Iterator[Diagnostic]:
    if not _BUCKET.fullmatch(store.bucket):
        yield Diagnostic(
            code="FC402",
            message=f"`{store.bucket}` is not the name of a bucket",
            help="a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots",
        )
    if not _PREFIX.fullmatch(store.prefix):
        yield Diagnostic(
            code="FC402",
            message=f"Step Functions cannot use the store `{url}`",
            help="use letters, digits and hyphens in the part after the bucket",
        )


def _option_problems(options: StepFunctionsOptions) -> Iterator[Diagnostic]:
    if options.compute not in COMPUTE_NAMES:
        yield Diagnostic(
            code="FC001",
            message=f"there is no compute `{options.compute}` on Step Functions",
            help=f"give one of these: --compute {', '.join(COMPUTE_NAMES)}",
        )
    if not _is_concurrency(options.max_concurrency):
        yield Diagnostic(
            code="FC001",
            message=f"`{options.max_concurrency}` is not a number of items",
            help=f"give a whole number from 1 to {MAP_CONCURRENCY:,}: --max-concurrency N",
        )
    yield from check_forms({"schedule_role": options.schedule_role})
    if options.state_machine is not None and not _MACHINE.fullmatch(options.state_machine):
        yield Diagnostic(
            code="FC001",
            message=f"`{options.state_machine}` is not the ARN of a state machine",
            help="give the one that `aws stepfunctions create-state-machine` printed: --state-machine ARN",
        )


def _is_concurrency(number: str | None) -> bool:
    return number is None or (re.fullmatch("[1-9][0-9]{0,5}", number) is not None and int(number) <= MAP_CONCURRENCY)


def _name_problems(flow: Flow) -> Iterator[Diagnostic]:
    for step in flow.steps:
        if len(step.name) > NAME_CHARACTERS:
            yield Diagnostic(
                code="FC404",
                message=f"the step's name has {len(step.name)} characters, and Step Functions take {NAME_CHARACTERS}",
                help="give the step a shorter name",
                primary=Label(span=step.span, text="this step"),
            )


def _project_problems(flow: Flow) -> Iterator[Diagnostic]:
    """A run's id is a part of keys as it is, and begins with the project's name and branch."""
    project = flow.deployment.project
    room = RUN_CHARACTERS - EXECUTION_CHARACTERS
    if project is not None and len(flow.run_id_prefix) > room:
        yield Diagnostic(
            code="FC404",
            message=f"the project's name and branch, `{flow.run_id_prefix[:-1]}`, have {len(flow.run_id_prefix) - 1} "
            f"characters, and in front of an execution's name there is room for {room - 1}",
            help="shorten the project's name or the branch",
            primary=Label(span=project.span),
        )


def _tag_problems(flow: Flow) -> Iterator[Diagnostic]:
    size = len(tags_variable(flow.deployment.tags).encode())
    if size > TAGS_BYTES:
        yield Diagnostic(
            code="FC404",
            message=f"the tags have {size:,} bytes, and a job has room for {TAGS_BYTES:,}",
            help="give fewer or shorter tags",
        )


def _definition_problems(flow: Flow, options: StepFunctionsOptions) -> Iterator[Diagnostic]:
    definition = state_machine(flow, options)
    for problem in problems(definition, len(to_text(definition).encode())):
        yield Diagnostic(
            code="FC404",
            message=f"Step Functions would refuse this flow: {problem}",
            help="make the flow smaller, or split it into several",
            primary=Label(span=flow.span),
        )


TARGET = StepFunctionsTarget()
