"""Tasks of ECS, by `EcsRunTaskOperator`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import JsonValue, Step
from flowc.targets import pysource as py
from flowc.targets.airflow.computes.base import Compute, Keywords
from flowc.targets.airflow.computes.definitions import REGION, function
from flowc.targets.aws import ecs
from flowc.targets.aws.batch import JsonObject, in_python
from flowc.targets.aws.settings import check_fargate, check_forms
from flowc.targets.templating import TEMPLATES

DEFINITIONS = "task.definitions"
"""The id of the task that registers what is missing; no step's name has a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks(Compute):
    """Tasks of ECS, on Fargate or on machines of EC2."""

    name: ClassVar[str] = "ecs"
    operator: ClassVar[str] = "EcsRunTaskOperator"
    module: ClassVar[str] = "airflow.providers.amazon.aws.operators.ecs"
    one: ClassVar[str] = "task"
    many: ClassVar[str] = "tasks"
    told: ClassVar[str] = "overrides"
    path: ClassVar[str] = "{{ task.overrides.containerOverrides[0].environment[0].value }}"
    can_defer: ClassVar[bool] = True
    names: ClassVar[frozenset[str]] = frozenset(
        {"EcsRunTaskOperator", "TASK_NEEDS", "ecs_task", "register_task_definitions", "task_definitions"}
    )
    needs: ClassVar[str] = "TASK_NEEDS"
    item: ClassVar[str] = "ecs_task(at(path), needs)"

    def constants(self) -> Iterator[tuple[str, py.Expression]]:
        yield self.needs, py.literal(self._usual_size())

    def functions(self) -> str:
        own = self.options.ecs_task_definition
        command = None if own is None else py.flat(py.listing(tuple(map(py.string, contract.RUNNER))))
        requests = {name: request for name, request in map(self._definition, self.steps) if request is not None}
        named = {name: {"Family": name, **request} for name, request in requests.items()}
        template = TEMPLATES.get_template("airflow_ecs.py.j2")
        return template.render(
            container=ecs.CONTAINER,
            command=command,
            definitions=function("task_definitions", "tasks", named) if named else "",
            task_id=DEFINITIONS,
        ).rstrip()

    def first(self) -> tuple[str, ...]:
        return () if self.options.ecs_task_definition is not None else ("register_task_definitions()",)

    def defaults(self) -> Keywords:
        options = self.options
        logs: Keywords = {
            "awslogs_group": py.string(options.ecs_log_group),
            "awslogs_stream_prefix": py.string(ecs.STREAM_PREFIX),
            "container_name": py.string(ecs.CONTAINER),
        }
        return {
            "cluster": py.string(options.ecs_cluster),
            "launch_type": py.string(options.ecs_launch_type),
            "task_definition": py.string(self._usual_definition()),
            self.told: "ecs_task(ENV)",
            **({"network_configuration": self._network()} if options.ecs_subnets is not None else {}),
            **({} if options.ecs_task_definition is not None else logs),
            "do_xcom_push": "False",
        }

    def _network(self) -> py.Expression:
        options = self.options
        groups = {} if options.ecs_security_groups is None else {"securityGroups": _split(options.ecs_security_groups)}
        return py.literal(
            cast("JsonValue", {"awsvpcConfiguration": {"subnets": _split(options.ecs_subnets or ""), **groups}})
        )

    def own(self, step: Step, *, mapped: bool) -> Keywords:
        keywords: Keywords = {}
        definition, _ = self._definition(step)
        if definition != self._usual_definition():
            keywords["task_definition"] = py.string(definition)
        size = self._size(step)
        if size != self._usual_size():
            keywords |= {"needs": py.literal(size)} if mapped else self.told_by("ENV", step)
        return keywords

    def told_by(self, environment: py.Expression, step: Step) -> Keywords:
        size = self._size(step)
        needs = () if size == self._usual_size() else (py.literal(size),)
        return {self.told: py.call("ecs_task", environment, *needs)}

    def check_options(self) -> Iterator[Diagnostic]:
        options = self.options
        names = ("cluster", "launch_type", "subnets", "security_groups", "task_role", "execution_role")
        fields = (*names, "task_definition", "log_group")
        yield from check_forms({f"ecs_{name}": getattr(options, f"ecs_{name}") for name in fields})
        yield from check_fargate(
            launch_type=options.ecs_launch_type,
            subnets=options.ecs_subnets,
            execution_role=options.ecs_execution_role,
            definition=options.ecs_task_definition,
        )
        if not options.store.startswith("s3://"):
            yield Diagnostic(
                code="FC402",
                message=f"tasks of ECS cannot use the store `{options.store}`",
                help="give a store in S3: --store s3://bucket/prefix",
            )

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        options = self.options
        yield from ecs.check_task(
            step, launch_type=options.ecs_launch_type, definition=options.ecs_task_definition, registers="the DAG"
        )

    def _definition(self, step: Step) -> tuple[str, JsonObject | None]:
        """The name of a step's task definition, and what it says; None for a definition of the user's."""
        options = self.options
        if options.ecs_task_definition is not None:
            return options.ecs_task_definition, None
        request = ecs.task_definition(
            step.policy,
            image=options.image,
            launch_type=options.ecs_launch_type,
            network_mode="bridge" if options.ecs_subnets is None else "awsvpc",
            task_role=options.ecs_task_role,
            execution_role=options.ecs_execution_role,
            log_group=options.ecs_log_group,
            region=REGION,
        )
        return ecs.family(self.flow.deployed_name, request), request

    def _usual_definition(self) -> str:
        counts = Counter(self._definition(step)[0] for step in self.steps)
        return max(counts, key=counts.__getitem__)

    def _size(self, step: Step) -> JsonObject:
        size: JsonObject = in_python(ecs.size(step.policy, self.options.ecs_launch_type))  # type: ignore[assignment]
        return size

    def _usual_size(self) -> JsonObject:
        """What most steps ask for, the first of those in source order."""
        sizes = [self._size(step) for step in self.steps]
        return max(sizes, key=sizes.count)


def _split(ids: str) -> list[str]:
    return [word.strip() for word in ids.split(",")]
