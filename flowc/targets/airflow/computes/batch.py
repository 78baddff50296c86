"""Jobs of AWS Batch, by `BatchOperator`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import Step
from flowc.targets import pysource as py
from flowc.targets.airflow.computes.base import Compute, Keywords
from flowc.targets.airflow.computes.definitions import REGION, function
from flowc.targets.aws.batch import JsonObject, definition_name, job_definition, job_name, resources
from flowc.targets.aws.checks import check_job
from flowc.targets.aws.names import safe
from flowc.targets.aws.settings import check_forms
from flowc.targets.templating import TEMPLATES

DEFINITIONS = "job.definitions"
"""The id of the task that registers what is missing; no step's name has a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs(Compute):
    """Jobs of AWS Batch."""

    name: ClassVar[str] = "batch"
    operator: ClassVar[str] = "BatchOperator"
    module: ClassVar[str] = "airflow.providers.amazon.aws.operators.batch"
    one: ClassVar[str] = "job"
    many: ClassVar[str] = "jobs"
    told: ClassVar[str] = "container_overrides"
    path: ClassVar[str] = "{{ task.container_overrides.environment[0].value }}"
    can_defer: ClassVar[bool] = True
    names: ClassVar[frozenset[str]] = frozenset(
        {"BatchOperator", "JOB_NEEDS", "job", "job_definitions", "register_job_definitions"}
    )
    needs: ClassVar[str] = "JOB_NEEDS"
    item: ClassVar[str] = "job(at(path), needs)"

    def constants(self) -> Iterator[tuple[str, py.Expression]]:
        yield self.needs, _needs(_usual(self.steps))

    def functions(self) -> str:
        own = self.options.batch_job_definition
        command = None if own is None else py.flat(py.listing(tuple(map(py.string, contract.RUNNER))))
        requests = {name: request for name, request in map(self._definition, self.steps) if request is not None}
        named = {name: {"JobDefinitionName": name, **request} for name, request in requests.items()}
        template = TEMPLATES.get_template("airflow_batch.py.j2")
        return template.render(
            command=command,
            definitions=function("job_definitions", "jobs", named) if named else "",
            task_id=DEFINITIONS,
        ).rstrip()

    def first(self) -> tuple[str, ...]:
        return () if self.options.batch_job_definition is not None else ("register_job_definitions()",)

    def defaults(self) -> Keywords:
        return {
            "job_name": py.string(f"{safe(self.flow.deployed_name)}-{{{{ ti.task_id }}}}"),
            "job_queue": py.string(self.options.batch_queue),
            "job_definition": py.string(self._usual_definition()),
            self.told: "job(ENV)",
            "retry_strategy": py.mapping((("attempts", "1"),)),
            "awslogs_enabled": "True",
        }

    def own(self, step: Step, *, mapped: bool) -> Keywords:
        batch = step.policy.batch
        keywords: Keywords = {}
        own_name = job_name(self.flow.deployed_name, step.name)
        if own_name != f"{safe(self.flow.deployed_name)}-{step.name}":
            keywords["job_name"] = py.string(own_name)
        if batch is not None and batch.queue is not None:
            keywords["job_queue"] = py.string(batch.queue)
        definition, _ = self._definition(step)
        if definition != self._usual_definition():
            keywords["job_definition"] = py.string(definition)
        if batch is not None and batch.tags:
            keywords["tags"] = py.mapping(tuple((key, py.string(value)) for key, value in batch.tags))
        if _asked(step) != _usual(self.steps):
            needs = _needs(_asked(step))
            keywords |= {"needs": needs} if mapped else self.told_by("ENV", step)
        return keywords

    def told_by(self, environment: py.Expression, step: Step) -> Keywords:
        needs = () if _asked(step) == _usual(self.steps) else (_needs(_asked(step)),)
        return {self.told: py.call("job", environment, *needs)}

    def check_options(self) -> Iterator[Diagnostic]:
        fields = ("queue", "job_definition", "job_role", "execution_role")
        yield from check_forms({f"batch_{name}": getattr(self.options, f"batch_{name}") for name in fields})
        if not self.options.store.startswith("s3://"):
            yield Diagnostic(
                code="FC402",
                message=f"jobs of AWS Batch cannot use the store `{self.options.store}`",
                help="give a store in S3: --store s3://bucket/prefix",
            )

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        yield from check_job(
            step,
            execution_role=self.options.batch_execution_role,
            definition=self.options.batch_job_definition,
            registers="the DAG",
        )

    def _definition(self, step: Step) -> tuple[str, JsonObject | None]:
        """The name of a step's job definition, and what it says; None for a definition of the user's."""
        if self.options.batch_job_definition is not None:
            return self.options.batch_job_definition, None
        request = job_definition(
            step.policy,
            image=self.options.image,
            job_role=self.options.batch_job_role,
            execution_role=self.options.batch_execution_role,
            environment=[{"Name": "AWS_DEFAULT_REGION", "Value": REGION}],
        )
        return definition_name(self.flow.deployed_name, request), request

    def _usual_definition(self) -> str:
        counts = Counter(self._definition(step)[0] for step in self.steps)
        return max(counts, key=counts.__getitem__)


def _asked(step: Step) -> tuple[tuple[str, str], ...]:
    """What a job asks of its machine, by Batch's names."""
    found: list[Any] = resources(step.policy)
    return tuple((one["Type"], one["Value"]) for one in found)


def _usual(steps: tuple[Step, ...]) -> tuple[tuple[str, str], ...]:
    """What most steps ask for, the first of those in source order."""
    counts = Counter(map(_asked, steps))
    return max(counts, key=counts.__getitem__)


def _needs(asked: tuple[tuple[str, str], ...]) -> py.Expression:
    return py.mapping(tuple((kind, py.string(value)) for kind, value in asked))
