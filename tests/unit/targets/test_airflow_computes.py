"""What the Airflow target says of each compute, without Airflow."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from flowc import contract
from flowc.diagnostics import Severity
from flowc.ir.compute import Batch, Kubernetes, Tmpfs
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Parallel, Sequence, Task
from flowc.ir.steps import Policy, Requests, Step
from flowc.source import Span
from flowc.targets.airflow import TARGET
from flowc.targets.airflow.computes import COMPUTES
from flowc.targets.airflow.operators import DEFINED
from flowc.targets.airflow.options import COMPUTE_NAMES, AirflowOptions

SPAN = Span(file="flows/m.py", start=0, end=1)

ONE_PROVIDER = {
    "kubernetes": {"airflow.providers.cncf.kubernetes.operators.pod", "kubernetes.client"},
    "docker": {"airflow.providers.docker.operators.docker", "docker.types"},
    "batch": {"airflow.providers.amazon.aws.operators.batch"},
    "ecs": {"airflow.providers.amazon.aws.operators.ecs"},
    "local": {"airflow.providers.standard.operators.bash"},
}

ROLE = "arn:aws:iam::123456789012:role/flows"
FARGATE = {"ecs_subnets": "subnet-1a, subnet-2b", "ecs_execution_role": ROLE}


def step(name: str, **policy: Any) -> Step:
    return Step(name=name, doc="", policy=Policy(**policy), reads=(), writes=(), span=SPAN)


def flow(**of_fit: Any) -> Flow:
    """`start` splits into `fit`s, which `best` joins; then `a` and `b` beside each other."""
    start, fit, best, a, b, end = (
        *(step("start"), step("fit", **of_fit), step("best"), step("a"), step("b")),
        step("end", retries=1),
    )
    body = Foreach(split=start, items="xs", body=Sequence(body=(Task(step=fit),)), join=best)
    beside = Parallel(
        split=a, branches=(Sequence(body=(Task(step=b),)), Sequence(body=(Task(step=step("c")),))), join=end
    )
    root = Sequence(body=(body, beside))
    steps = (start, fit, best, a, b, beside.branches[1].body[0].step, end)  # type: ignore[union-attr]
    return Flow(name="F", doc="", file="flows/m.py", module="m", params=(), steps=steps, root=root, span=SPAN)


def options(compute: str = "docker", store: str = "s3://bucket/prefix", **more: str) -> AirflowOptions:
    own = FARGATE if compute == "ecs" else {}
    return AirflowOptions(
        store=store, code="c0de" * 16, image="registry/flow:1", version="0.1.0", compute=compute, **{**own, **more}
    )


def emitted(of: Flow, opts: AirflowOptions) -> str:
    (file,) = TARGET.emit(of, opts)
    return file.data.decode()


def compact(text: str) -> str:
    return re.sub(r"([(\[{]) | ([)\]}])", r"\1\2", re.sub(r",?\s+", " ", re.sub(r",(\s*[)\]}])", r"\1", text)))


def messages(of: Flow, opts: AirflowOptions) -> list[tuple[str, str]]:
    return [(d.code, d.message) for d in TARGET.check(of, opts)]


def test_every_compute_has_its_name() -> None:
    assert tuple(COMPUTES) == COMPUTE_NAMES


@pytest.mark.parametrize("compute", COMPUTE_NAMES)
def test_the_file_imports_only_the_provider_that_it_uses(compute: str) -> None:
    tree = ast.parse(emitted(flow(), options(compute)))
    modules = {n.module for n in tree.body if isinstance(n, ast.ImportFrom)}
    assert modules - {"airflow.sdk", "datetime", "pathlib"} <= ONE_PROVIDER[compute]


@pytest.mark.parametrize("compute", COMPUTE_NAMES)
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("width", [88, 110])
def test_a_formatter_changes_nothing(compute: str, mixed: bool, width: int, tmp_path: Path) -> None:
    of = flow(gpu=1, shared_memory_mib=64, kubernetes=Kubernetes(image="own:1") if mixed else None)
    file = tmp_path / "m_dag.py"
    file.write_text(emitted(of, options(compute, "file:///data/store", max_concurrency="3")))
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    command = [ruff, "format", "--isolated", "--no-cache", "--diff", "--line-length", str(width), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("compute", COMPUTE_NAMES)
def test_variables_do_not_hide_what_the_file_uses(compute: str) -> None:
    of = flow(gpu=1)
    text = emitted(of, options(compute, "file:///data/store"))
    imported = {a.asname or a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert imported - {"conf", "S3Hook", "BatchClientHook", "EcsHook"} <= DEFINED | COMPUTES[compute].names
    own = {n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}
    own |= {
        t.id for n in ast.parse(text).body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    assert own - {"PATH", "for_each"} <= DEFINED | COMPUTES[compute].names


def test_an_unknown_compute_is_a_diagnostic() -> None:
    ((code, message),) = messages(flow(), options("lambda"))
    assert (code, message) == ("FC001", "there is no compute `lambda` on Airflow")


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5", ""])
def test_a_concurrency_that_is_no_number_is_a_diagnostic(number: str) -> None:
    assert messages(flow(), options(max_concurrency=number)) == [("FC001", f"`{number}` is not a number of items")]


@pytest.mark.parametrize("compute", COMPUTE_NAMES)
def test_a_concurrency_holds_for_every_step_of_a_foreach(compute: str) -> None:
    text = compact(emitted(flow(), options(compute, max_concurrency="7")))
    assert text.count(".partial(map_index_template=PATH max_active_tis_per_dagrun=7 **step)") == 1
    assert "max_active" not in emitted(flow(), options(compute))


def test_a_step_keeps_its_own_compute_whatever_the_others_run_on() -> None:
    text = compact(emitted(flow(kubernetes=Kubernetes(image="own:1")), options("docker")))
    assert 'fit = for_each(start_items task_id="fit" image="own:1")' in text
    assert "pods = KubernetesPodOperator.partial(map_index_template=PATH **step)" in text
    assert 'best = DockerOperator(task_id="best")' in text
    # what the trigger sends reaches a container as it is; only Kubernetes expands dollars
    assert '"FLOWC_PARAMETERS": "{{ params | tojson }}"' in emitted(flow(), options("docker"))


def test_computes_that_are_both_mapped_have_functions_of_their_own() -> None:
    of = flow(kubernetes=Kubernetes())
    foreach = of.root.body[0]
    assert isinstance(foreach, Foreach)
    inner = (*foreach.body.body, Task(step=step("more")))
    root = Sequence(
        body=(
            Foreach(split=foreach.split, items="xs", body=Sequence(body=inner), join=foreach.join),
            *of.root.body[1:],
        )
    )
    both = Flow(
        name="F",
        doc="",
        file="m.py",
        module="m",
        params=(),
        steps=(*of.steps[:2], step("more"), *of.steps[2:]),
        root=root,
        span=SPAN,
    )
    file = emitted(both, options("local"))
    text = compact(file)
    assert 'fit = for_each_pod(start_items task_id="fit")' in text
    assert 'more = for_each_process(start_items task_id="more")' in text
    assert 'POD_PATH = "{{ task.env_vars[0].value }}"' in file
    assert 'PROCESS_PATH = "{{ task.env.FLOWC_PATH }}"' in file


def test_a_container_gets_its_share_of_the_machine() -> None:
    text = compact(emitted(flow(cpu=0.5, memory_mib=512, gpu=2, shared_memory_mib=64), options("docker")))
    assert '"cpus": 1 "mem_limit": "4096m"' in text
    assert (
        'fit = for_each(start_items task_id="fit" cpus=0.5 mem_limit="512m" '
        'device_requests=[DeviceRequest(count=2 capabilities=[["gpu"]])] shm_size=67108864)'
    ) in text
    assert "from docker.types import DeviceRequest\n" in emitted(flow(gpu=1), options("docker"))
    assert "docker.types" not in emitted(flow(), options("docker"))


def test_a_container_leaves_nothing_in_airflow_and_nothing_behind() -> None:
    text = emitted(flow(), options("docker"))
    assert '        "mount_tmp_dir": False,\n        "auto_remove": "force",\n        "do_xcom_push": False,\n' in text
    # what lists the items has to hand them on all the same
    assert "@task(do_xcom_push=True)\ndef list_items" in text


def test_settings_of_docker_are_default_arguments() -> None:
    text = compact(
        emitted(
            flow(),
            options(
                "docker",
                "file:///data/a%20store",
                docker_url="tcp://build-1:2375",
                docker_connection="registry",
                docker_network="host",
                docker_volumes="/models:/models:ro, cache:/cache",
                docker_tmpfs="/scratch:512",
            ),
        )
    )
    assert '"docker_url": "tcp://build-1:2375" "docker_conn_id": "registry" "network_mode": "host"' in text
    assert (
        '"mounts": [Mount("/data/a store" "/data/a store" type="bind") '
        'Mount("/models" "/models" type="bind" read_only=True) Mount("/cache" "cache" type="volume") '
        'Mount("/scratch" None type="tmpfs" tmpfs_size=536870912)]'
    ) in text


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("docker_url", "build-1"),
        ("docker_connection", "a b"),
        ("docker_network", "{{ x }}"),
        ("docker_volumes", "/models"),
        ("docker_volumes", "/a:b"),
        ("docker_volumes", "/a:/b:rw,"),
        ("docker_volumes", "/a:/setup.sh"),
        ("docker_tmpfs", "/scratch"),
        ("docker_tmpfs", "scratch:64"),
    ],
)
def test_a_setting_of_docker_that_cannot_be_used_is_a_diagnostic(setting: str, value: str) -> None:
    (found,) = TARGET.check(flow(), options("docker", **{setting: value}))
    assert found.code == "FC001"
    assert f"--{setting.replace('_', '-')}" in found.message
    # nothing runs there, so that nothing is wrong
    assert list(TARGET.check(flow(), options("kubernetes", **{setting: value}))) == []


@pytest.mark.parametrize("compute", ["docker", "local"])
def test_what_airflow_would_take_for_a_templates_path_is_a_diagnostic(compute: str) -> None:
    ((code, message),) = messages(flow(), options(compute, "s3://bucket/run.sh"))
    assert code == "FC402"
    assert "`s3://bucket/run.sh` for the path of a template" in message
    assert messages(flow(), options("kubernetes", "s3://bucket/run.sh")) == []


def test_a_folder_that_airflow_would_expand_is_a_diagnostic() -> None:
    ((code, message),) = messages(flow(), options("docker", "file:///data/%7B%7B%20x"))
    assert (code, message) == ("FC402", "Airflow would expand a part of the store's path `/data/{{ x`")


@pytest.mark.parametrize("compute", COMPUTE_NAMES)
def test_a_usual_flow_has_no_diagnostics(compute: str) -> None:
    assert messages(flow(), options(compute)) == []


def functions_of(text: str) -> dict[str, Any]:
    """What the file's own functions are, with the constants that they use."""
    tree = ast.parse(text)
    wanted = ("ENV", "JOB_NEEDS", "TASK_NEEDS", "job", "ecs_task", "job_definitions", "task_definitions")
    body = [
        n
        for n in tree.body
        if (isinstance(n, ast.FunctionDef) and n.name in wanted)
        or (isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and n.targets[0].id in wanted)
    ]
    scope: dict[str, Any] = {}
    exec(compile(ast.Module(body=body, type_ignores=[]), "m_dag.py", "exec"), scope)
    return scope


def valid(service: str, operation: str, request: dict[str, Any]) -> None:
    """Hold a request against the service's own model."""
    model = get_session().get_service_model(service).operation_model(operation)
    report = ParamValidator().validate(request, model.input_shape)
    assert not report.has_errors(), report.generate_report()


def call_of(text: str, step_name: str) -> dict[str, str]:
    """The arguments of a step's operator, as source."""
    (call,) = (
        n
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Call)
        and any(k.arg == "task_id" and ast.unparse(k.value) == repr(step_name) for k in n.keywords)
    )
    return {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}


BATCH_STEP = Batch(
    image="own:1",
    queue="gpu",
    job_role=ROLE,
    max_swap_mib=5,
    tmpfs=Tmpfs(path="/scratch", size_mib=64, is_temporary=True, options=("noexec",)),
    host_volumes=("/data",),
    efs_volumes=(("fs-1", "/mnt/fs-1"),),
    devices=("/dev/neuron0",),
    tags=(("Team", "fraud"),),
    log_driver="awslogs",
    log_options=(("awslogs-group", "/x"),),
)


def test_jobs_are_valid_by_the_service_model() -> None:
    text = emitted(flow(batch=BATCH_STEP, gpu=1, cpu=2, shared_memory_mib=64), options("batch"))
    made = functions_of(text)
    first, own = made["job_definitions"]("eu-west-1")
    for definition in (first, own):
        valid("batch", "RegisterJobDefinition", definition)
    container = own["containerProperties"]
    assert container["environment"] == [{"name": "AWS_DEFAULT_REGION", "value": "eu-west-1"}]
    assert container["logConfiguration"]["options"] == {"awslogs-group": "/x"}
    assert own["propagateTags"] is True
    told = made["job"](made["ENV"], {"VCPU": "2", "MEMORY": "4096", "GPU": "1"})
    request = {"jobName": "a", "jobQueue": "b", "jobDefinition": "c", "containerOverrides": told, "tags": {"a": "b"}}
    valid("batch", "SubmitJob", request)
    arguments = call_of(text, "fit")
    assert arguments == {
        "task_id": "'fit'",
        "job_queue": "'gpu'",
        "job_definition": repr(own["jobDefinitionName"]),
        "tags": "{'Team': 'fraud'}",
        "needs": "{'VCPU': '2', 'MEMORY': '4096', 'GPU': '1'}",
    }


def test_a_job_definition_is_registered_before_the_first_step_and_named_after_what_it_says() -> None:
    text = emitted(flow(), options("batch"))
    assert "    register_job_definitions() >> start\n" in text
    (one,) = functions_of(text)["job_definitions"]("eu-west-1")
    (other,) = functions_of(emitted(flow(), options("batch", batch_job_role=ROLE)))["job_definitions"]("eu-west-1")
    (same,) = functions_of(emitted(flow(gpu=1), options("batch")))["job_definitions"]("eu-west-1")
    assert one == same
    assert one["jobDefinitionName"] != other["jobDefinitionName"]


def test_a_job_definition_of_the_users_is_used_as_it_is() -> None:
    text = emitted(flow(cpu=2), options("batch", batch_job_definition="mine"))
    assert '"job_definition": "mine"' in text
    assert "register" not in text
    # which need not know the runner
    assert functions_of(text)["job"]({})["command"] == list(contract.RUNNER)
    ((code, message),) = messages(flow(shared_memory_mib=5), options("batch", batch_job_definition="mine"))
    assert (code, message) == (
        "FC403",
        "the step asks for what only a job definition can give, and the one to use is given",
    )


@pytest.mark.parametrize("compute", ["batch", "ecs"])
def test_what_a_job_prints_is_not_kept_by_airflow_and_its_own_tries_do_not_count(compute: str) -> None:
    text = emitted(flow(), options(compute))
    if compute == "batch":
        # another attempt of Batch's own would write under the same address
        assert '"retry_strategy": {"attempts": 1},' in text
        assert '"awslogs_enabled": True,' in text
    else:
        assert '"do_xcom_push": False,' in text
        assert '"awslogs_group": "/flowc",' in text


def test_names_that_batch_would_refuse_are_made_safe() -> None:
    of = flow()
    named = Flow(
        name="F",
        doc="",
        file="m.py",
        module="m",
        params=(),
        steps=(step("é"),),
        root=Sequence(body=(Task(step=step("é")),)),
        span=SPAN,
    )
    assert '"job_name": "F-{{ ti.task_id }}"' in emitted(of, options("batch"))
    assert call_of(emitted(named, options("batch")), "é")["job_name"] == "'F--'"


def test_tasks_of_ecs_are_valid_by_the_service_model() -> None:
    more = {"ecs_launch_type": "EC2", "ecs_task_role": ROLE, "ecs_log_group": "/own"}
    text = emitted(flow(gpu=1, cpu=2, shared_memory_mib=64), options("ecs", **more))
    made = functions_of(text)
    first, own = made["task_definitions"]("eu-west-1")
    for definition in (first, own):
        valid("ecs", "RegisterTaskDefinition", definition)
    (container,) = own["containerDefinitions"]
    assert container["resourceRequirements"] == [{"type": "GPU", "value": "1"}]
    assert container["linuxParameters"] == {"sharedMemorySize": 64}
    assert container["logConfiguration"]["options"]["awslogs-region"] == "eu-west-1"
    told = made["ecs_task"](made["ENV"], {"cpu": "2048", "memory": "4096"})
    valid("ecs", "RunTask", {"cluster": "a", "taskDefinition": "b", "overrides": told})
    assert call_of(text, "fit") == {
        "task_id": "'fit'",
        "task_definition": repr(own["family"]),
        "needs": "{'cpu': '2048', 'memory': '4096'}",
    }


def test_a_task_on_fargate_has_a_network_and_a_disk() -> None:
    text = emitted(flow(disk_mib=50_000), options("ecs", ecs_security_groups="sg-1"))
    network = '{"awsvpcConfiguration": {"subnets": ["subnet-1a" "subnet-2b"] "securityGroups": ["sg-1"]}}'
    assert f'"network_configuration": {network}' in compact(text)
    needs = ast.literal_eval(call_of(text, "fit")["needs"])
    assert needs == {"cpu": "1024", "memory": "4096", "ephemeralStorage": {"sizeInGiB": 49}}
    valid(
        "ecs",
        "RunTask",
        {"cluster": "a", "taskDefinition": "b", "overrides": functions_of(text)["ecs_task"]({}, needs)},
    )
    (definition,) = functions_of(text)["task_definitions"]("eu-west-1")
    assert (definition["networkMode"], definition["requiresCompatibilities"]) == ("awsvpc", ["FARGATE"])


@pytest.mark.parametrize(
    ("asked", "message", "help"),
    [
        (
            {"cpu": 1, "memory_mib": 9000},
            "no tasks with 1 CPUs and 9000 MiB",
            "cpu=2, memory=9216 or cpu=1, memory=8192",
        ),
        (
            {"cpu": 3, "memory_mib": 4096},
            "no tasks with 3 CPUs and 4096 MiB",
            "cpu=4, memory=8192 or cpu=2, memory=4096",
        ),
        ({"cpu": 0.1, "memory_mib": 128}, "no tasks with 0.1 CPUs and 128 MiB", "cpu=0.25, memory=512,"),
        ({"gpu": 1}, "Fargate has no GPUs", "--ecs-launch-type EC2"),
        ({"shared_memory_mib": 64}, "Fargate has no shared memory of a certain size", "--ecs-launch-type EC2"),
        ({"disk_mib": 300_000}, "a disk on Fargate has at most 200 GiB", "disk=204800"),
    ],
)
def test_what_fargate_lacks_is_a_diagnostic(asked: dict[str, Any], message: str, help: str) -> None:
    (found,) = TARGET.check(flow(**asked), options("ecs"))
    assert found.code == "FC403"
    assert message in found.message
    assert found.help is not None
    assert help in found.help


def test_machines_of_ec2_have_no_disk_to_give() -> None:
    (found,) = TARGET.check(flow(disk_mib=100), options("ecs", ecs_launch_type="EC2"))
    assert (found.code, found.severity) == ("FC408", Severity.WARNING)


def test_a_task_definition_of_the_users_is_used_as_it_is() -> None:
    text = emitted(flow(), options("ecs", ecs_task_definition="mine:3"))
    assert '"task_definition": "mine:3"' in text
    assert "register" not in text
    assert functions_of(text)["ecs_task"]({})["containerOverrides"][0]["command"] == list(contract.RUNNER)
    more = {"ecs_task_definition": "mine", "ecs_launch_type": "EC2"}
    ((code, message),) = messages(flow(gpu=1), options("ecs", **more))
    assert code == "FC403"
    assert "only a task definition can give" in message


@pytest.mark.parametrize("setting", ["ecs_subnets", "ecs_execution_role"])
def test_fargate_needs_a_network_and_a_role(setting: str) -> None:
    without = AirflowOptions(
        store="s3://bucket/x",
        code="c0de" * 16,
        image="a:1",
        version="0",
        compute="ecs",
        **{k: v for k, v in FARGATE.items() if k != setting},
    )
    assert messages(flow(), without) == [("FC001", f"tasks on Fargate need --{setting.replace('_', '-')}")]


@pytest.mark.parametrize(
    ("compute", "setting", "value"),
    [
        ("batch", "batch_queue", ""),
        ("batch", "batch_queue", "{{ x }}"),
        ("batch", "batch_job_role", "flows"),
        ("batch", "batch_execution_role", "flows"),
        ("batch", "batch_job_definition", "a b"),
        ("ecs", "ecs_cluster", ""),
        ("ecs", "ecs_launch_type", "EXTERNAL"),
        ("ecs", "ecs_subnets", "the first"),
        ("ecs", "ecs_security_groups", "sg-1;sg-2"),
        ("ecs", "ecs_task_role", "flows"),
        ("ecs", "ecs_log_group", "a b"),
    ],
)
def test_a_setting_of_aws_that_cannot_be_used_is_a_diagnostic(compute: str, setting: str, value: str) -> None:
    (found,) = TARGET.check(flow(), options(compute, **{setting: value}))
    assert found.code == "FC001"
    assert found.message == f"`{value}` is not what --{setting.replace('_', '-')} takes"


@pytest.mark.parametrize("compute", ["batch", "ecs"])
def test_aws_reaches_no_folder(compute: str) -> None:
    ((code, message),) = messages(flow(), options(compute, "file:///data"))
    assert code == "FC402"
    assert message.endswith("cannot use the store `file:///data`")


def test_a_step_on_batch_is_a_job_beside_pods() -> None:
    text = emitted(flow(batch=Batch(queue="gpu")), options("kubernetes"))
    assert 'fit = for_each(start_items, task_id="fit", job_queue="gpu")' in text
    assert "BatchOperator.partial" in text
    assert 'best = KubernetesPodOperator(task_id="best")' in text
    assert messages(flow(batch=Batch(queue="gpu")), options("kubernetes")) == []


@pytest.mark.parametrize("compute", COMPUTE_NAMES)
def test_what_can_wait_in_the_triggerer_does(compute: str) -> None:
    found = messages(flow(), options(compute, deferrable="true"))
    if COMPUTES[compute].can_defer:
        assert found == []
        assert '        "deferrable": True,\n' in emitted(flow(), options(compute, deferrable="true"))
        assert "deferrable" not in emitted(flow(), options(compute))
    else:
        operator = COMPUTES[compute].operator
        assert found == [("FC403", f"`{operator}` cannot wait for its task in Airflow's triggerer")]


def test_deferrable_is_true_or_false() -> None:
    assert messages(flow(), options(deferrable="yes")) == [("FC001", "`yes` is neither `true` nor `false`")]


def test_docker_has_no_disk_to_give() -> None:
    (found,) = TARGET.check(flow(disk_mib=100), options("docker"))
    assert (found.code, found.severity) == ("FC408", Severity.WARNING)
    assert "100 MiB are not asked for" in found.message
    assert found.primary is not None


def test_a_process_has_what_the_worker_has() -> None:
    asked = Requests(cpu=2, memory_mib=100, gpu=1, disk_mib=5, shared_memory_mib=6)
    of = flow(cpu=2, memory_mib=100, gpu=1, disk_mib=5, shared_memory_mib=6, requests=(asked,))
    (found,) = TARGET.check(of, options("local"))
    assert (found.code, found.severity) == ("FC408", Severity.WARNING)
    assert "the CPUs and memory and GPUs and disk and shared memory that the step wants" in found.message


def test_the_interpreter_of_processes_is_a_word_of_the_shells() -> None:
    text = emitted(flow(), options("local", local_python="/opt/my flows/bin/python"))
    assert """"bash_command": "exec '/opt/my flows/bin/python' -m flowc.runner",""" in text
    assert '"bash_command": "exec python -m flowc.runner",' in emitted(flow(), options("local"))


@pytest.mark.parametrize("python", ["{{ x }}", " python", "a\nb"])
def test_an_interpreter_that_cannot_be_is_a_diagnostic(python: str) -> None:
    assert messages(flow(), options("local", local_python=python)) == [
        ("FC001", f"`{python}` is not the path of an interpreter")
    ]
