"""What `@kubernetes`, `@batch` and `@resources` make of a step's policy."""

from __future__ import annotations

import pytest

from flowc.frontend import Choices, parse_flow
from flowc.ir.compute import Batch, Kubernetes, Tmpfs
from flowc.ir.steps import Policy
from flowc.source import SourceFile

FLOW = """
from metaflow import FlowSpec, batch, environment, kubernetes, resources, step
POOL = "gpu"
class X(FlowSpec):
    {decorators}
    @step
    def start(self):
        self.next(self.end)
    @step
    def end(self): ...
"""


def policy(*decorators: str, added: tuple[str, ...] = ()) -> Policy:
    """The policy of a step under decorators."""
    text = FLOW.format(decorators="\n    ".join(decorators))
    decl, diagnostics = parse_flow(SourceFile(file="f.py", text=text), choices=Choices(decorators=added))
    assert diagnostics == ()
    assert decl is not None
    return decl.steps[0].policy


def messages(decorator: str) -> list[str]:
    """What is wrong with a decorator."""
    text = FLOW.format(decorators=decorator)
    _, diagnostics = parse_flow(SourceFile(file="f.py", text=text))
    assert {d.code for d in diagnostics} <= {"FC107"}
    return [d.message for d in diagnostics]


@pytest.mark.parametrize("name", ["kubernetes", "batch"])
def test_without_arguments_all_is_as_usual(name: str) -> None:
    plain = {"kubernetes": Kubernetes()} if name == "kubernetes" else {"batch": Batch()}
    assert policy(f"@{name}") == policy(f"@{name}()") == Policy(**plain)
    assert policy(f"@{name}(cpu=None, image=None, use_tmpfs=False)") == Policy(**plain)


@pytest.mark.parametrize("name", ["kubernetes", "batch"])
@pytest.mark.parametrize("order", [1, -1])
def test_of_each_resource_the_larger_value_counts(name: str, order: int) -> None:
    pair = ["@resources(cpu=2, memory=8000, shared_memory=100)", f"@{name}(cpu=4, memory=500, gpu=1, shared_memory=50)"]
    found = policy(*pair[::order])
    assert (found.cpu, found.memory_mib, found.gpu, found.shared_memory_mib) == (4, 8000, 1, 100)


def test_what_resources_does_not_name_it_asks_for_in_the_usual_size() -> None:
    assert policy("@kubernetes(memory=500)").memory_mib == 500
    assert policy("@kubernetes(memory=500)", "@resources(cpu=2)").memory_mib == 4096
    assert policy("@kubernetes(disk=500)", "@resources(disk=700)").disk_mib == 700


def test_all_of_kubernetes() -> None:
    found = policy(
        "@kubernetes(image='a/b:1', image_pull_policy='ifnotpresent', image_pull_secrets='reg', service_account='sa',"
        " namespace='ns', secrets=['one', 'two'], node_selector={'pool': POOL}, tolerations=[{'key': 'k', "
        "'toleration_seconds': 3}], labels={'a/b': ''}, annotations={'c': 'any text, $HOME'}, gpu_vendor='amd',"
        " tmpfs_size=10, tmpfs_path='/fast', tmpfs_tempdir=False, persistent_volume_claims={'c': '/c'},"
        " qos='Burstable', security_context={'privileged': True, 'run_as_user': 0})"
    )
    assert found.kubernetes == Kubernetes(
        image="a/b:1",
        image_pull_policy="IfNotPresent",
        image_pull_secrets=("reg",),
        service_account="sa",
        namespace="ns",
        secrets=("one", "two"),
        node_selector=(("pool", "gpu"),),
        tolerations=({"key": "k", "tolerationSeconds": 3},),
        labels=(("a/b", ""),),
        annotations=(("c", "any text, $HOME"),),
        gpu_vendor="amd",
        tmpfs=Tmpfs(path="/fast", size_mib=10, is_temporary=False),
        persistent_volume_claims=(("c", "/c"),),
        guaranteed=False,
        security={"privileged": True, "run_as_user": 0},
    )


def test_all_of_batch() -> None:
    role = "arn:aws:iam::123456789012:role/r"
    found = policy(
        f"@batch(image='a', queue='q', iam_role='{role}', execution_role='{role}', max_swap=0, swappiness=100,"
        " host_volumes='/a', efs_volumes='fs-12345678', ephemeral_storage=21, inferentia=2, efa=1,"
        " aws_tags={'a': '1', 'b': '1'}, aws_batch_tags={'b': '2'}, log_driver='json-file',"
        " log_options=['max-size:10m', 'x:y:z'], use_tmpfs=True, tmpfs_options=['noexec'])"
    )
    assert found.batch == Batch(
        image="a",
        queue="q",
        job_role=role,
        execution_role=role,
        max_swap_mib=0,
        swappiness=100,
        tmpfs=Tmpfs(path="/metaflow_temp", size_mib=None, is_temporary=True, options=("noexec",)),
        host_volumes=("/a",),
        efs_volumes=(("fs-12345678", "/mnt/fs-12345678"),),
        ephemeral_storage_gib=21,
        devices=("/dev/neuron0", "/dev/neuron1", "/dev/infiniband/uverbs0"),
        tags=(("a", "1"), ("b", "2")),
        log_driver="json-file",
        log_options=(("max-size", "10m"), ("x", "y:z")),
    )


def test_a_file_system_in_memory_has_half_of_it() -> None:
    tmpfs = policy("@kubernetes(use_tmpfs=True)").kubernetes.tmpfs  # type: ignore[union-attr]
    assert tmpfs is not None
    assert (tmpfs.size(4097), tmpfs.size(1)) == (2048, 1)
    assert Tmpfs(path="/x", size_mib=7, is_temporary=True).size(4096) == 7


@pytest.mark.parametrize("order", [1, -1])
def test_temporary_files_lie_in_the_file_system_in_memory(order: int) -> None:
    pair = ["@environment(vars={'A': '1'})", "@batch(use_tmpfs=True, tmpfs_path='/fast')"]
    assert policy(*pair[::order]).variables == (("A", "1"), ("TMPDIR", "/fast"))
    assert policy("@environment(vars={'TMPDIR': '/own'})", "@batch(use_tmpfs=True)").variables == (("TMPDIR", "/own"),)
    assert policy("@batch(use_tmpfs=True, tmpfs_tempdir=False)").variables == ()
    assert policy("@batch").variables == ()


def test_with_adds_them_too() -> None:
    found = policy(added=("kubernetes:image=team/base:7,memory=8000",))
    assert (found.kubernetes, found.memory_mib) == (Kubernetes(image="team/base:7"), 8000)
    assert policy("@kubernetes(image='own')", added=("kubernetes:image=other",)).kubernetes == Kubernetes(image="own")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("image='a b'", "`image` is 'a b', which is not the name of an image"),
        ("image='{{ ds }}'", "which is not the name of an image"),
        ("image_pull_policy='sometimes'", "`image_pull_policy` cannot be 'sometimes'"),
        ("namespace='Upper'", "not the name of a namespace"),
        ("secrets=[1]", "not a list of names of secrets"),
        ("node_selector='a'", "`node_selector` cannot be 'a'"),
        ("node_selector={'a': 1}", "`node_selector` cannot be {'a': 1}"),
        ("tolerations={'key': 'a'}", "must be a list of dicts"),
        ("tolerations=['a']", "has 'a' in the place of a dict"),
        ("tolerations=[{'kye': 'a'}]", "has no key 'kye'"),
        ("tolerations=[{'toleration_seconds': '3'}]", "must be of type int, not '3'"),
        ("annotations={'a': '{% x %}'}", "`annotations` cannot be"),
        ("labels={'a': 'with blank'}", "`labels` cannot be"),
        ("persistent_volume_claims={'a': 'relative'}", "`persistent_volume_claims` cannot be"),
        ("qos='BestEffort'", "`qos` cannot be 'BestEffort'"),
        ("security_context={'run_as_user': True}", "must be of type int, not True"),
        ("use_tmpfs=1", "`use_tmpfs` must be True or False, not 1"),
        ("tmpfs_path='tmp'", "not an absolute path"),
        ("port=80", "does not compile `@kubernetes(port=...)`"),
        ("img='x'", "has no argument `img`"),
        ("image=input()", "`image` must be known before a run"),
    ],
)
def test_what_pods_cannot_have(arguments: str, part: str) -> None:
    (message,) = messages(f"@kubernetes({arguments})")
    assert part in message


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("queue='a b'", "not the name or ARN of a job queue"),
        ("iam_role='role'", "not the ARN of a role"),
        ("swappiness=101", "`swappiness` must be a whole number from 0 to 100"),
        ("efs_volumes=['vol']", "not a list of ids of EFS file systems"),
        ("ephemeral_storage=20", "from 21 to 200"),
        ("inferentia=1, trainium=1", "two names for the same"),
        ("aws_batch_tags={'aws:x': '1'}", "`aws_batch_tags` cannot be"),
        ("log_driver='pigeon'", "`log_driver` cannot be 'pigeon'"),
        ("log_options=['a:b']", "which is not given"),
        ("disk=100", "has no argument `disk`"),
        ("host_volumes=['data']", "not a list of absolute paths"),
    ],
)
def test_what_jobs_cannot_have(arguments: str, part: str) -> None:
    (message,) = messages(f"@batch({arguments})")
    assert part in message
