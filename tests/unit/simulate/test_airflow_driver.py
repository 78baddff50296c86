"""The stand-in for a cluster: what it refuses, expands and selects. No Airflow is needed."""

import sys
from pathlib import Path
from typing import Any

import pytest

from flowc.simulate.airflow_driver import Job, Pod, PodError, check_pod, expand, selects


def pod(**container: Any) -> dict[str, Any]:
    usual = {
        "name": "base",
        "image": "registry/image:1",
        "command": ["python", "-c"],
        "args": ["import os; print(os.environ['A'], '$(A)')"],
        "env": [{"name": "A", "value": "x"}, {"name": "B", "value": "$(A)$$(A)"}],
        "resources": {"requests": {"cpu": "500m", "memory": "4096Mi"}, "limits": {"memory": "4096Mi"}},
    }
    return {
        "metadata": {"name": "flow-step-1", "namespace": "default", "labels": {"task_id": "a_step", "empty": ""}},
        "spec": {"containers": [usual | container]},
    }


def job(log_dir: Path, **env: str) -> Job:
    return Job("dag.py", "F", "run", {}, [sys.executable], env, str(log_dir), None)


def test_a_usual_pod_is_accepted() -> None:
    check_pod(pod())


@pytest.mark.parametrize(
    ("container", "where"),
    [
        ({"name": "Base"}, "container.name"),
        ({"image": ""}, "container.image"),
        ({"image": "two words"}, "container.image"),
        ({"env": [{"name": "A B", "value": ""}]}, "container.env"),
        ({"env": [{"name": "A", "value": 1}]}, "container.env"),
        ({"resources": {"limits": {"memory": "4 GB"}}}, "container.resources.limits.memory"),
        ({"resources": {"limits": {"cpu": 1}}}, "container.resources.limits.cpu"),
    ],
)
def test_a_container_that_an_api_server_would_refuse(container: dict[str, Any], where: str) -> None:
    with pytest.raises(PodError, match=where):
        check_pod(pod(**container))


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", "Upper"), ("name", "-a"), ("name", "a" * 64), ("namespace", "a_b"), ("labels", {"x": "-a"})],
)
def test_metadata_that_an_api_server_would_refuse(key: str, value: object) -> None:
    body = pod()
    body["metadata"][key] = value
    with pytest.raises(PodError, match=f"metadata.{key}"):
        check_pod(body)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "x"),
        ("<$(A)$(A)>", "<xx>"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$x"),
        ("$ $A ${A} $$ $", "$ $A ${A} $ $"),
    ],
)
def test_references_are_expanded_as_a_kubelet_does(text: str, expanded: str) -> None:
    assert expand(text, {"A": "x"}) == expanded


@pytest.mark.parametrize(
    ("selector", "selected"),
    [("a=1", True), ("a=2", False), ("a=1,b!=2", True), ("a!=1", False), ("!c", True), ("!a", False), ("c=", False)],
)
def test_label_selectors(selector: str, selected: bool) -> None:
    assert selects(selector, {"a": "1"}) is selected


def test_a_pod_runs_its_command_with_its_environment(tmp_path: Path) -> None:
    started = Pod(pod(), job(tmp_path))
    assert started.as_seen()["status"]["phase"] == "Running"
    lines = list(started.output())
    assert [line.partition(b" ")[2] for line in lines] == [b"x x\n"]
    assert started.log.read_bytes() == b"x x\n"
    assert started.as_seen()["status"]["phase"] == "Succeeded"
    assert started.report()["exit_code"] == 0


@pytest.mark.parametrize(
    ("code", "exit_code"), [("raise SystemExit(65)", 65), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_failed_pod_tells_its_exit_code(code: str, exit_code: int, tmp_path: Path) -> None:
    failed = Pod(pod(args=[code]), job(tmp_path))
    assert list(failed.output()) == []
    status = failed.as_seen()["status"]
    assert status["phase"] == "Failed"
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == exit_code
    assert failed.report()["exit_code"] == exit_code


def test_the_jobs_environment_is_added_to_the_pods(tmp_path: Path) -> None:
    started = Pod(pod(args=["import os; print(os.environ['EXTRA'])"]), job(tmp_path, EXTRA="more"))
    assert [line.partition(b" ")[2] for line in started.output()] == [b"more\n"]


def test_another_command_than_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PodError, match="bash"):
        Pod(pod(command=["bash"]), job(tmp_path))
