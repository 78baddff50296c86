"""What keeps Airflow and Kubernetes from having a flow: names, lengths, stores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.flow import Flow
from flowc.source import Span
from flowc.targets.airflow.options import COMPUTE_NAMES, VERSIONS, AirflowOptions

MAX_NAME = 180
"""Characters of a flow's or step's name.

The operator takes 220 for a pod's name, of which it keeps the first 63, and Airflow 250 for a task's id.
Source: `KubernetesPodOperator._set_name`, `airflow.models.taskinstance.ID_LEN`.
"""

DAG_ID = 250
"""Characters of a DAG's id.

Source: `airflow.sdk.definitions._internal.node.validate_key`
"""

TAG = 100
"""Characters of a DAG's tag.

Source: `airflow.sdk.definitions.dag.TAG_MAX_LEN`
"""

# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

# Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def check_name(what: str, name: str, span: Span) -> Iterator[Diagnostic]:
    """Names from which Airflow makes none that Kubernetes takes."""
    if len(name) > MAX_NAME:
        yield Diagnostic(
            code="FC404",
            message=f"the {what}'s name has {len(name)} characters, and Airflow has room for {MAX_NAME}",
            help="shorten the name",
            primary=Label(span=span),
        )
    # Airflow makes a label of it that Kubernetes refuses: `-`, and a hash.
    if not name.strip("_"):
        yield Diagnostic(
            code="FC403",
            message=f"a {what} cannot be called `{name}` on Kubernetes",
            help="choose a name with a letter in it",
            primary=Label(span=span),
        )


def check_deployment(flow: Flow) -> Iterator[Diagnostic]:
    """What the project and the tags make too long."""
    project = flow.deployment.project
    if project is not None and len(flow.deployed_name) > DAG_ID:
        yield Diagnostic(
            code="FC404",
            message=f"the DAG's id `{flow.deployed_name}` has {len(flow.deployed_name)} characters, "
            f"and Airflow has room for {DAG_ID}",
            help="shorten the project's name, the branch, or the flow's name",
            primary=Label(span=project.span),
        )
    for tag in flow.deployment.tags:
        if len(tag) > TAG:
            yield Diagnostic(
                code="FC404",
                message=f"the tag `{tag}` has {len(tag)} characters, and Airflow has room for {TAG}",
                help="shorten the tag",
            )


def check_store(store: str) -> Iterator[Diagnostic]:
    """Stores that tasks cannot read, or whose URL would not arrive as it is."""
    if not store.startswith(("s3://", "file:///")):
        yield Diagnostic(
            code="FC402",
            message=f"the Airflow target cannot use the store `{store}`",
            help="give `s3://bucket/prefix`, or `file:///directory` for a volume that pods and workers share",
        )
    bucket = store.removeprefix("s3://").partition("/")[0]
    if store.startswith("s3://") and not _BUCKET.fullmatch(bucket):
        yield Diagnostic(
            code="FC402",
            message=f"`{bucket}` is not the name of a bucket",
            help="a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots",
        )
    if any(mark in store for mark in ("{{", "{%", "{#", "$(", "$$")):
        yield Diagnostic(
            code="FC402",
            message=f"Airflow or Kubernetes would expand a part of the store's URL `{store}`",
            help="choose a URL without `{{`, `{%`, `{#`, `$(` and `$$`",
        )


def check_settings(options: AirflowOptions) -> Iterator[Diagnostic]:
    """Settings that are no compute's own."""
    if options.compute not in COMPUTE_NAMES:
        yield Diagnostic(
            code="FC001",
            message=f"there is no compute `{options.compute}` on Airflow",
            help=f"give one of these: --compute {', '.join(COMPUTE_NAMES)}",
        )
    if options.airflow_version not in VERSIONS:
        yield Diagnostic(
            code="FC001",
            message=f"there are no files for Airflow `{options.airflow_version}`",
            help=f"give one of these: --airflow-version {', '.join(VERSIONS)}; 3 is for all releases from 3.0 on",
        )
    number = options.max_concurrency
    if number is not None and not re.fullmatch("[1-9][0-9]{0,5}", number):
        yield Diagnostic(
            code="FC001",
            message=f"`{number}` is not a number of items",
            help="give a whole number from 1 on: --max-concurrency N",
        )


def check_deferrable(options: AirflowOptions, operators: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Args: operators: Those of the flow that cannot wait in the triggerer."""
    if options.deferrable not in ("true", "false"):
        yield Diagnostic(
            code="FC001",
            message=f"`{options.deferrable}` is neither `true` nor `false`",
            help="give one of them: --deferrable true",
        )
    if options.deferrable == "true":
        for operator in operators:
            yield Diagnostic(
                code="FC403",
                message=f"`{operator}` cannot wait for its task in Airflow's triggerer",
                help="leave --deferrable out, or choose another compute: kubernetes, batch or ecs",
            )


def check_kubernetes_name(setting: str, name: str | None) -> Iterator[Diagnostic]:
    """A setting that is to be a name of Kubernetes'."""
    if name is not None and not _KUBERNETES_NAME.fullmatch(name):
        yield Diagnostic(
            code="FC001",
            message=f"`{name}` is not a name that Kubernetes takes",
            help=f"give lower-case letters, digits and hyphens, at most 63: --{setting} NAME",
        )
