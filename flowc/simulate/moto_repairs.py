"""Repairs of moto's Step Functions interpreter, without which the state machines that flowc generates do not run.

moto took the interpreter from LocalStack and cut some of its connections. Each function here mends one defect and says
what it is; `apply` mends all. They replace functions inside moto, so they hold for exactly one version of it.
"""

from __future__ import annotations

import datetime
import functools
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import moto
from botocore import xform_name
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from moto.stepfunctions.parser.api import (
    ExecutionFailedEventDetails,
    HistoryEventType,
    TaskFailedEventDetails,
)
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry.max_delay_seconds_decl import MaxDelaySecondsDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_batch,
    state_task_service_ecs,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramStopped
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from flowc.simulate.errors import SimulateError
from flowc.simulate.libraries import require_version

READ_S = 960
"""How long an answer may take: that of a function of Lambda comes when it has ended, after 900 s at most."""


def apply(endpoint: str, s3_environment: Mapping[str, str] | None) -> None:
    """Mends the moto of this process, once and for good.

    Args:
        endpoint: Where moto's own server listens, `http://127.0.0.1:port`.
        s3_environment: `AWS_*` variables that reach the S3 that state machines read; None for moto's own.

    Raises:
        SimulateError: moto is not the version that the repairs were written for.
    """
    require_version(moto.__version__)
    repair_integration_names()
    repair_retried_sync_tasks()
    repair_error_names_of_branches()
    repair_error_names_of_services()
    repair_failures_in_distributed_maps()
    repair_clients(endpoint, s3_environment)


def replace(owner: Any, name: str, replacement: object) -> None:
    """Sets an attribute of moto's; there must be one to replace.

    Raises:
        AttributeError: moto has none of this name.
    """
    getattr(owner, name)
    setattr(owner, name, replacement)


@functools.lru_cache
def _operation(service: str, action: str) -> OperationModel:
    """The model of an action in botocore, found by the snake-case name that boto3's clients have for it."""
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    for name in model.operation_names:
        if xform_name(name) == xform_name(action):
            return model.operation_model(name)
    raise SimulateError(f"AWS {service} has no action {action}")


def repair_integration_names() -> None:
    """Step Functions write an API's members in PascalCase (`JobName`), boto3's clients take `jobName`.

    LocalStack translates requests and responses by botocore's models; moto left both translations empty, so that no
    integration of a service with lower-case members works (`batch:submitJob` has no `jobName`).
    """

    def normalise_parameters(
        self: Any,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        service = self._get_boto_service_name(boto_service_name)
        shape = _operation(service, self._get_boto_service_action(service_action_name)).input_shape
        if shape is not None:
            self._to_boto_request(parameters, shape)

    def normalise_response(
        self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        service = self._get_boto_service_name(boto_service_name)
        shape = _operation(service, self._get_boto_service_action(service_action_name)).output_shape
        if shape is not None:
            self._from_boto_response(response, shape)

    replace(StateTaskService, "_normalise_parameters", normalise_parameters)
    replace(StateTaskService, "_normalise_response", normalise_response)


def repair_retried_sync_tasks() -> None:
    """A `.sync` task that is retried waits on the callback of its first attempt.

    That callback was interrupted when the first attempt ended, so the second one ends at once with States.Timeout. Each
    attempt gets a callback of its own.
    """
    original = StateTaskServiceCallback._eval_integration_pattern

    def eval_integration_pattern(self: Any, env: Any, **arguments: Any) -> None:
        if self.resource.condition != ResourceCondition.WaitForTaskToken:
            env.callback_pool_manager.add(env.states.context_object.update_task_token())
        original(self, env=env, **arguments)

    replace(StateTaskServiceCallback, "_eval_integration_pattern", eval_integration_pattern)


def repair_error_names_of_branches() -> None:
    """An error named `States.*` that leaves a Parallel or a Map becomes States.Runtime.

    moto raises it again as a *custom* error, whose constructor refuses names with that prefix. States.TaskFailed and
    States.Timeout have to keep their names for `Retry`, `Catch` and whoever reads the execution.
    """

    def init(self: Any, error_name: str | None) -> None:
        ErrorName.__init__(self, error_name=error_name)

    replace(CustomErrorName, "__init__", init)


def repair_error_names_of_services() -> None:
    """Errors of `aws-sdk` integrations are named after the service as the ARN writes it: `s3.NoSuchKeyException`.

    Step Functions write `S3.NoSuchKeyException`, `Batch.ClientException` and `Lambda.ResourceNotFoundException`.
    """
    names: dict[str, str] = state_task_service_aws_sdk._SERVICE_ERROR_NAMES
    names.update({"batch": "Batch", "ecs": "Ecs", "lambda": "Lambda", "s3": "S3"})


def repair_failures_in_distributed_maps() -> None:
    """A distributed Map succeeds although its child executions fail.

    moto counts failures and ignores them. In Step Functions one failed child is more than a Map tolerates unless it
    says otherwise: the Map fails with States.ExceedToleratedFailureThreshold, and what still runs is stopped.
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html (failure threshold)
    """
    worker = distributed_item_processor_worker.DistributedItemProcessorWorker
    eval_job, map_run = worker._eval_job, DistributedIterationComponent._map_run

    def eval_job_and_fail(self: Any, env: Any, job: Any) -> None:
        eval_job(self, env=env, job=job)
        record = self._map_run_record
        tolerant = record.tolerated_failure_count or record.tolerated_failure_percentage
        if not tolerant and not isinstance(env.program_state(), ProgramEnded | ProgramStopped):
            job.job_output = FailureEventException(_threshold_exceeded(env))

    def map_run_and_stop(self: Any, env: Any, eval_input: Any) -> None:
        try:
            map_run(self, env=env, eval_input=eval_input)
        except FailureEventException:
            now = datetime.datetime.now(tz=datetime.UTC)
            for frame in tuple(env._frames):
                frame.set_stop(stop_date=now, cause=None, error=None)
            raise

    replace(worker, "_eval_job", eval_job_and_fail)
    replace(DistributedIterationComponent, "_map_run", map_run_and_stop)


def _threshold_exceeded(env: Any) -> FailureEvent:
    name = StatesErrorNameType.StatesExceedToleratedFailureThreshold
    details: Any = {
        "executionFailedEventDetails": ExecutionFailedEventDetails(
            error=name.to_name(), cause="The specified tolerated failure threshold was exceeded"
        )
    }
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=name),
        event_type=HistoryEventType.MapRunFailed,
        event_details=details,
    )


def task_failed(service: Any, env: Any, description: object) -> FailureEventException:
    """What a `.sync` task raises when what it has waited for has failed.

    Args:
        service: The task's integration.
        env: Its environment.
        description: What the service says of it: the error's cause.
    """
    name = StatesErrorNameType.StatesTaskFailed
    details: Any = {
        "taskFailedEventDetails": TaskFailedEventDetails(
            resource=service._get_sfn_resource(),
            resourceType=service._get_sfn_resource_type(),
            error=name.to_name(),
            cause=to_json_str(description),
        )
    }
    event = FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=name),
        event_type=HistoryEventType.TaskFailed,
        event_details=details,
    )
    return FailureEventException(event)


def limit_retry_delays(limit_s: float) -> None:
    """Not a repair: no retrier waits longer than this, so that nobody waits two minutes for a simulated retry."""
    original = MaxDelaySecondsDecl._eval_body

    def eval_body(self: Any, env: Any) -> None:
        original(self, env)
        env.stack.append(min(env.stack.pop(), limit_s))

    replace(MaxDelaySecondsDecl, "_eval_body", eval_body)


def repair_clients(endpoint: str, s3_environment: Mapping[str, str] | None) -> None:
    """Every state of every execution makes a boto3 client of its own, of the session that all threads share.

    Making clients is not thread-safe, and takes longer than what most of them are used for. One client for each
    service and region is made, under a lock. The same function decides where the calls go: to moto, and calls of S3 to
    wherever the store is.
    """
    clients: dict[tuple[str, str], Any] = {}
    lock = threading.Lock()

    def client(region: str, service: str, state_credentials: object = None) -> Any:
        with lock:
            if (service, region) not in clients:
                other = s3_environment if service == "s3" else None
                clients[service, region] = _client(service, region, endpoint, other)
            return clients[service, region]

    modules = (
        resource_eval_s3,
        state_task_service_aws_sdk,
        state_task_service_batch,
        state_task_service_ecs,
        lambda_eval_utils,
    )
    for module in modules:
        replace(module, "boto_client_for", client)


def _client(service: str, region: str, endpoint: str, environment: Mapping[str, str] | None) -> Any:
    """A client of moto's own services, or of another S3 if there are variables that reach it."""
    # parameters are not validated here since Step Functions report what the service says of them
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        max_pool_connections=50,
        read_timeout=READ_S,
    )
    session = boto3.session.Session()
    if environment is None:
        return session.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="flowc",
            aws_secret_access_key="flowc",
            config=config.merge(Config(s3={"addressing_style": "path"}, proxies={})),
        )
    url = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    return session.client(
        service,
        endpoint_url=url,
        region_name=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or region,
        # without keys, the session looks where AWS's own tools look: a profile, the role of an instance
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        config=config.merge(Config(s3={"addressing_style": "path" if url else "auto"})),
    )
