"""What became of Metaflow's names that this version does not have, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One of Metaflow's names.

    Attributes:
        is_planned: A later version is to have it.
        instead: What to do in this one.
        kind: What it is.
    """

    is_planned: bool
    instead: str
    kind: str = "decorator"

    @property
    def text(self) -> str:
        """The status and what to do, as the help of a diagnostic."""
        return f"{'it is planned' if self.is_planned else 'it is not planned'}: {self.instead}"


def _planned(instead: str, kind: str = "decorator") -> Status:
    return Status(is_planned=True, instead=instead, kind=kind)


def _not_planned(instead: str, kind: str = "decorator") -> Status:
    return Status(is_planned=False, instead=instead, kind=kind)


_LIBRARIES = _planned(
    "until then, build an image with the libraries and name it by `--image`; "
    "a local run uses those of the environment that flowc runs in"
)
_EVENTS = _planned(
    "until then, let the event's receiver start a run: `airflow dags trigger`, `aws stepfunctions start-execution`"
)
_GPU_CLOUD = _not_planned("ask for GPUs by `@resources(gpu=1)`, which Airflow's and Batch's tasks get")
_SERVER = _not_planned(
    "start the server in the step, from the image, with `subprocess`, or call one that runs elsewhere"
)
_SEVERAL_MACHINES = _planned(
    "until then, use one machine with several GPUs, `@resources(gpu=8)`, and the library's own launcher"
)
_MUTATOR = _planned(
    "until then, write the decorators above the steps, or add them to all steps by `--with`; "
    "what runs around a step can be a `@user_step_decorator`",
    kind="class",
)

STATUSES: Mapping[str, Status] = {
    "airflow_external_task_sensor": _not_planned("let the other DAG trigger this one by a `TriggerDagRunOperator`"),
    "airflow_s3_key_sensor": _not_planned(
        "look for the key in the first step, and have it fail with `@retry` until it is there"
    ),
    "checkpoint": _not_planned("write the state under a key of the step's own, and look for it when the step begins"),
    "conda": _LIBRARIES,
    "conda_base": _LIBRARIES,
    "deepspeed": _SEVERAL_MACHINES,
    "exit_hook": _planned(
        "until then, let the scheduler do it: a callback of Airflow's, a rule of EventBridge for the state machine"
    ),
    "huggingface_hub": _not_planned("call `huggingface_hub.snapshot_download` in the step"),
    "model": _not_planned("keep the model in an artifact; large arrays and tensors are stored without a copy"),
    "mpi": _SEVERAL_MACHINES,
    "nim": _SERVER,
    "nvct": _GPU_CLOUD,
    "nvidia": _GPU_CLOUD,
    "ollama": _SERVER,
    "parallel": _planned("until then, use `foreach` where the tasks need not talk to each other"),
    "pypi": _LIBRARIES,
    "pypi_base": _LIBRARIES,
    "s3_proxy": _not_planned("set `AWS_ENDPOINT_URL` by `@environment`"),
    "slurm": _not_planned("compile for Airflow or Step Functions"),
    "torchrun": _SEVERAL_MACHINES,
    "trigger": _EVENTS,
    "trigger_on_finish": _EVENTS,
    "uv": _LIBRARIES,
    "vllm": _SERVER,
    "CustomFlowDecorator": _MUTATOR,
    "CustomStepDecorator": _MUTATOR,
    "FlowMutator": _MUTATOR,
    "StepMutator": _MUTATOR,
}
"""Of decorators, and of what decorators are made with, by name.

Source: https://docs.metaflow.org/api/step-decorators and https://docs.metaflow.org/api/flow-decorators
"""

_DEPLOYING = _not_planned(
    "write the deployment by `flowc compile`, and create it by the scheduler's own API", kind="class"
)
_INNER = _not_planned("import the names that the flow uses from `flowc` itself", kind="module")
_METADATA = _not_planned("name a store by `--store`: there is no service beside it", kind="function")
_NAMESPACES = _not_planned("tell runs apart by tags: all that are in a store are seen", kind="function")
_POOL = _not_planned("use `concurrent.futures` in the step, or `foreach`", kind="function")
_RUNNING = _not_planned("call `flowc run` as a subprocess, and read what it has made by `flowc.Flow`", kind="class")

OTHERS: Mapping[str, Status] = {
    "DeployedFlow": _DEPLOYING,
    "Deployer": _DEPLOYING,
    "JSONTypeClass": _not_planned("use `JSONType`", kind="class"),
    "MetaflowCode": _not_planned("look into the code package in the store: `Run.code` is its hash", kind="class"),
    "NBDeployer": _DEPLOYING,
    "NBRunner": _RUNNING,
    "Runner": _RUNNING,
    "S3": _not_planned("keep the data in an artifact, or use boto3 or s3fs in the step", kind="class"),
    "TriggeredRun": _DEPLOYING,
    "UnboundedForeachInput": _not_planned("use `foreach` over a list", kind="class"),
    "client": _INNER,
    "default_metadata": _METADATA,
    "default_namespace": _NAMESPACES,
    "events": _INNER,
    "exception": _not_planned("raise an exception of your own", kind="module"),
    "get_metadata": _METADATA,
    "get_namespace": _NAMESPACES,
    "includefile": _INNER,
    "inspect_spin": _not_planned('open the run of one step by `Run("Flow/RUN")`', kind="function"),
    "metadata": _METADATA,
    "namespace": _NAMESPACES,
    "parallel_imap_unordered": _POOL,
    "parallel_map": _POOL,
    "plugins": _INNER,
    "profile": _not_planned("measure with `time.perf_counter`", kind="function"),
    "pyproject_toml_parser": _not_planned("build an image with the libraries", kind="function"),
    "requirements_txt_parser": _not_planned("build an image with the libraries", kind="function"),
}
"""Of other names.

Source: https://docs.metaflow.org/api
"""
