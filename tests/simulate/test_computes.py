"""The far ends of Airflow's operators that are no pods: a Docker daemon, and ECS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from flowc.simulate import airflow_processes as processes
from flowc.simulate.stepfunctions import AwsServer


class Job(NamedTuple):
    runner: list[str]
    env: dict[str, str]
    log_dir: str


@pytest.fixture
def messages() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def works(messages: list[dict[str, Any]], tmp_path: Path) -> Iterator[processes.Works]:
    found = processes.Works(messages.append)
    found.begin(Job(runner=[sys.executable], env={"ADDED": "1"}, log_dir=str(tmp_path)))
    yield found
    found.end()


def create(
    daemon: processes.Daemon, *words: str, image: str = "a:1", env: dict[str, str] | None = None, **host: Any
) -> str:
    config = daemon.create_host_config(**host)
    made = daemon.create_container(
        name=None, image=image, command=list(words), environment=env or {}, host_config=config
    )
    identity: str = made["Id"]
    return identity


def test_a_container_is_a_process_with_its_environment(
    works: processes.Works, messages: list[dict[str, Any]], tmp_path: Path
) -> None:
    daemon = processes.Daemon(works)
    told = {"FLOWC_STEP": "fit", "FLOWC_PATH": "0.1", "ODD": "a=b $(X) {{ y }} 'é\n2"}
    code = "import os; print(repr(os.environ['ODD']), os.environ['ADDED'], flush=True); os._exit(3)"
    container = create(daemon, "python", "-c", code, env=told, mem_limit="64m")
    output = daemon.attach(container=container)
    daemon.start(container)
    lines = b"".join(output).decode().splitlines()
    assert lines == [f"{told['ODD']!r} 1"]
    assert daemon.wait(container) == {"StatusCode": 3}
    first, last = (m["pod"] for m in messages)
    assert (first["exit_code"], last["exit_code"]) == (None, 3)
    assert last["resources"] == {"limits": {"Memory": str(64 * 1024 * 1024)}}
    assert last["tail"] == lines
    assert Path(last["log"]).read_text().splitlines() == lines
    daemon.remove_container(container, force=True)


def test_a_container_is_stopped(works: processes.Works) -> None:
    daemon = processes.Daemon(works)
    code = "import time; print('here', flush=True); time.sleep(60)"
    container = create(daemon, "python", "-c", code)
    output = daemon.attach(container=container)
    daemon.start(container)
    assert next(output) == b"here\n"
    daemon.stop(container)
    assert daemon.wait(container) == {"StatusCode": 143}
    assert list(output) == []


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"image": "a b"}, "invalid reference format"),
        ({"mem_limit": "1m"}, "Minimum memory limit allowed is 6MB"),
        ({"mounts": [{"Target": "x", "Source": "/x", "Type": "bind"}]}, "invalid mount target"),
        ({"mounts": [{"Target": "/x", "Source": "x", "Type": "bind"}]}, "invalid mount path"),
    ],
)
def test_what_a_daemon_refuses(asked: dict[str, Any], why: str, works: processes.Works) -> None:
    with pytest.raises(ValueError, match=why):
        create(processes.Daemon(works), "python", **asked)


def test_only_python_has_a_stand_in(works: processes.Works) -> None:
    daemon = processes.Daemon(works)
    container = create(daemon, "sh", "-c", "true")
    with pytest.raises(ValueError, match="can run the command `python`"):
        daemon.start(container)


def test_what_still_runs_is_killed_at_the_end(works: processes.Works) -> None:
    daemon = processes.Daemon(works)
    container = create(daemon, "python", "-c", "import time; time.sleep(60)")
    output = daemon.attach(container=container)
    daemon.start(container)
    works.end()
    assert daemon.wait(container) == {"StatusCode": 137}
    assert list(output) == []


# --- ECS ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture
def family(server: AwsServer) -> str:
    server.client("ecs").register_task_definition(
        family="work",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1024",
        memory="4096",
        containerDefinitions=[
            {
                "name": "flow",
                "image": "a:1",
                "command": ["python", "-c", "import os, sys; print(os.environ['SAID']); sys.exit(3)"],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/work", "awslogs-stream-prefix": "x", "awslogs-region": "us-east-1"},
                },
            }
        ],
    )
    return "work"


NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


def run_task(server: AwsServer, family: str, **more: Any) -> Any:
    variables = [{"name": "SAID", "value": "sé {{ x }}"}]
    asked = {
        "cluster": "any",
        "taskDefinition": family,
        "launchType": "FARGATE",
        "networkConfiguration": NETWORK,
        "overrides": {"containerOverrides": [{"name": "flow", "environment": variables}]},
    }
    return server.client("ecs").run_task(**{**asked, **more})["tasks"][0]


def stopped(server: AwsServer, arn: str) -> Any:
    ecs = server.client("ecs")
    ecs.get_waiter("tasks_stopped").wait(cluster="any", tasks=[arn], WaiterConfig={"Delay": 0, "MaxAttempts": 10_000})
    return ecs.describe_tasks(cluster="any", tasks=[arn])["tasks"][0]


def test_a_task_is_a_process_whose_output_is_in_cloudwatch(server: AwsServer, family: str) -> None:
    arn = run_task(server, family)["taskArn"]
    task = stopped(server, arn)
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 3)
    stream = f"x/flow/{arn.rsplit('/', 1)[-1]}"
    events = server.client("logs").get_log_events(logGroupName="/work", logStreamName=stream)["events"]
    assert [e["message"] for e in events] == ["sé {{ x }}"]


def test_a_task_is_stopped(server: AwsServer, family: str) -> None:
    command = ["python", "-c", "import time; time.sleep(60)"]
    overrides = {"containerOverrides": [{"name": "flow", "command": command}]}
    arn = run_task(server, family, overrides=overrides)["taskArn"]
    server.client("ecs").stop_task(cluster="any", task=arn, reason="enough")
    task = stopped(server, arn)
    assert task["stoppedReason"] == "enough"
    # it may not have started yet
    assert task["containers"][0].get("exitCode") in (None, 143)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"networkConfiguration": {"awsvpcConfiguration": {"subnets": []}}}, "Network Configuration must be provided"),
        ({"overrides": {"cpu": "1024", "memory": "9000"}}, "No Fargate configuration exists"),
        ({"overrides": {"containerOverrides": [{"name": "main"}]}}, "no container main"),
        (
            {
                "overrides": {
                    "containerOverrides": [{"name": "flow", "environment": [{"name": "X", "value": "x" * 9000}]}]
                }
            },
            "Overrides length must be at most 8192",
        ),
    ],
)
def test_what_ecs_refuses(asked: dict[str, Any], why: str, server: AwsServer, family: str) -> None:
    with pytest.raises(ClientError, match=why):
        run_task(server, family, **asked)
