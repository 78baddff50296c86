"""A step's temporary files lie in its file system in memory, where a container really has one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowc import Run
from flowc.compiler import compile_program
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.engines import on_airflow, on_stepfunctions
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from flowc.targets.registry import load_target
from tests.conformance.engines import program
from tests.containers.conftest import BUCKET

URL = f"s3://{BUCKET}/tempdir"

FLOW = """
import os, tempfile
from flowc import FlowSpec, batch, current, kubernetes, step


class InMemory(FlowSpec):
    @{decorator}(memory=256, use_tmpfs=True, tmpfs_size=64, tmpfs_path="/fast/files")
    @step
    def start(self):
        self.kinds = self.found()
        self.next(self.named)

    @{decorator}(memory=256, use_tmpfs=True, tmpfs_path="/fast", tmpfs_tempdir=False)
    @step
    def named(self):
        self.named_kinds = self.found()
        self.next(self.end)

    @step
    def end(self):
        self.usual = current.tempdir

    def found(self):
        with open("/proc/mounts") as mounts:
            kinds = {{path: kind for _, path, kind, *_ in map(str.split, mounts)}}
        with tempfile.NamedTemporaryFile() as file:
            folder = os.path.dirname(file.name)
        with tempfile.NamedTemporaryFile(dir=current.tempdir):  # which whoever runs here may write to
            return folder, current.tempdir, kinds.get(current.tempdir)
"""


@pytest.mark.parametrize(("decorator", "target"), [("kubernetes", "airflow"), ("batch", "stepfunctions")])
def test_temporary_files(
    decorator: str,
    target: str,
    aws: AwsServer,
    airflow: AirflowDriver,
    image: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "in_memory.py"
    file.write_text(FLOW.format(decorator=decorator))
    flow = program(file)
    compiled, found = compile_program(flow, load_target(target), store=URL, image=image, settings={})
    assert compiled is not None, found
    store, run_id, folder = open_store(URL, aws.env), f"{target}-{os.urandom(4).hex()}", tmp_path / "out"
    if target == "airflow":
        ended = on_airflow(
            airflow,
            flow,
            compiled,
            store=store,
            run_id=run_id,
            parameters={},
            folder=folder,
            environment=aws.env,
            containers=True,
        )
    else:
        ended = on_stepfunctions(aws, flow, compiled, store=store, run_id=run_id, parameters={}, folder=folder)
    assert ended.succeeded, (ended.reason, [(p.step, p.exit_code, p.tail) for p in ended.processes])
    run = Run(f"InMemory/{ended.run}", URL)
    (*folders, kind), (*named, named_kind) = run.data.kinds, run.data.named_kinds
    assert folders == ["/fast/files", "/fast/files"]
    assert named == [run.data.usual, "/fast"]
    if target == "airflow":  # podman mounts something at these paths, but what is in memory for Kubernetes is not
        assert kind is not None and named_kind is not None
    else:
        assert (kind, named_kind) == ("tmpfs", "tmpfs")
