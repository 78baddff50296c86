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


@pytest.mark.parametrize("name", ["kubernetes", "batch"])
def test_numbers_may_stand_in_quotes(name: str) -> None:
    plain = policy(f"@{name}(cpu=0.5, memory=8000, gpu=1, shared_memory=64)")
    assert policy(f"@{name}(cpu='0.5', memory='8000', gpu='1', shared_memory='64')") == plain
    assert policy(added=(f'{name}:cpu=0.5,memory="8000",gpu="1",shared_memory="64"',)) == plain


def test_what_resources_does_not_name_it_asks_for_in_the_usual_size() -> None:
    assert policy("@kubernetes(memory=500)").memory_mib == 500
    assert policy("@kubernetes(memory=500)", "@resources(cpu=2)").memory_mib == 4096
    assert policy("@kubernetes(disk=500)", "@resources(disk=700)").disk_mib == 700


def test_all_of_kubernetes() -> None:
    found = policy(
        "@kubernetes(image='a/b:1', image_pull_policy='ifnotpresent', image_pull_secrets='reg', service_account='sa',"
        " namespace='ns', secrets=['one', 'two'], node_selector={'pool': POOL}, tolerations=[{'key': 'k', "
        "'effect': 'NoExecute', 'toleration_seconds': 3}], labels={'a/b': ''},"
        " annotations={'c': 'any text, $HOME'}, gpu_vendor='amd',"
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
        tolerations=({"key": "k", "effect": "NoExecute", "tolerationSeconds": 3},),
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


@pytest.mark.parametrize("name", ["kubernetes", "batch"])
def test_a_step_has_one_file_system_in_memory(name: str) -> None:
    found = policy("@environment(vars={'A': '1'})", f"@{name}(use_tmpfs=True, tmpfs_path='/fast')")
    assert found.tmpfs == Tmpfs(path="/fast", size_mib=None, is_temporary=True)
    assert found.environment == (("A", "1"),)
    assert policy(f"@{name}").tmpfs is None
    assert policy("@resources(memory=100)").tmpfs is None


def test_with_adds_them_too() -> None:
    found = policy(added=("kubernetes:image=team/base:7,memory=8000",))
    assert (found.kubernetes, found.memory_mib) == (Kubernetes(image="team/base:7"), 8000)
    assert policy("@kubernetes(image='own')", added=("kubernetes:image=other",)).kubernetes == Kubernetes(image="own")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("image='a b'", "`image` is 'a b', which is not the name of an image"),
        ("image='{{ ds }}'", "which is not the name of an image"),
        ("image=''", "`image` is '', which is not the name of an image"),
        ("image='team/Image'", "which is not the name of an image"),
        ("image='team/image:'", "which is not the name of an image"),
        ("image='a@sha256:123'", "which is not the name of an image"),
        (f"image='{'a' * 256}'", "which is not the name of an image"),
        ("image_pull_policy='sometimes'", "`image_pull_policy` cannot be 'sometimes'"),
        ("image_pull_secrets=['a_b']", "`image_pull_secrets` has 'a_b', which is not the name of a secret"),
        ("namespace='Upper'", "not the name of a namespace"),
        ("namespace='a.b'", "not the name of a namespace"),
        (f"namespace='{'a' * 64}'", "not the name of a namespace"),
        ("service_account='-a'", "not the name of a service account"),
        ("service_account='a.-b'", "not the name of a service account"),
        (f"service_account='{'a' * 254}'", "not the name of a service account"),
        ("secrets=[1]", "`secrets` has 1, which is not the name of a secret"),
        ("secrets=5", "`secrets` must be a list of texts, not 5"),
        ("secrets=['a', 'b', 'a']", "`secrets` has 'a' twice"),
        ("node_selector='a'", "`node_selector` has 'a', which is not like `name=value`"),
        ("node_selector='a=b c'", "`node_selector` has 'b c' for `a`, which is not the value of a label"),
        ("node_selector={'a': 1}", "`node_selector` has 1 for `a`, which is not the value of a label"),
        ("node_selector=[]", "`node_selector` must be a dict of texts, not []"),
        ("labels={'a': 'with blank'}", "`labels` has 'with blank' for `a`, which is not the value of a label"),
        (f"labels={{'a': '{'b' * 64}'}}", "which is not the value of a label"),
        ("labels={'a/b/c': ''}", "`labels` has 'a/b/c', which is not a key of Kubernetes"),
        ("labels={'/b': ''}", "`labels` has '/b', which is not a key of Kubernetes"),
        (f"labels={{'{'a' * 64}': ''}}", "which is not a key of Kubernetes"),
        (f"labels={{'{'a' * 254}/b': ''}}", "which is not a key of Kubernetes"),
        ("annotations={'a': '{% x %}'}", "`annotations` has '{% x %}' for `a`, which is not a text that Airflow hands"),
        ("annotations={'a b': ''}", "`annotations` has 'a b', which is not a key of Kubernetes"),
        ("gpu_vendor='nvidia.com'", "not the first word of `nvidia.com`"),
        ("persistent_volume_claims={'a': 'relative'}", "has 'relative' for `a`, which is not an absolute path"),
        ("persistent_volume_claims={'a': '/'}", "has '/' for `a`, which is not an absolute path"),
        ("persistent_volume_claims={'a': '/b/../c'}", "which is not an absolute path"),
        ("persistent_volume_claims={'A': '/a'}", "which is not the name of a claim"),
        ("qos='BestEffort'", "`qos` cannot be 'BestEffort'"),
        ("security_context=['privileged']", "`security_context` must be a dict"),
        ("security_context={'privilege': True}", "`security_context` has no key 'privilege'"),
        ("security_context={'run_as_user': True}", "`run_as_user` in `security_context` must be a whole number, not"),
        ("security_context={'run_as_user': -1}", "must be from 0 to 2147483647, not -1"),
        ("security_context={'run_as_group': 2147483648}", "must be from 0 to 2147483647, not 2147483648"),
        ("security_context={'privileged': 1}", "must be True or False, not 1"),
        ("security_context={'run_as_user': 0, 'run_as_non_root': True}", "0 is the number of root"),
        ("security_context={'privileged': True, 'allow_privilege_escalation': False}", "contradicts"),
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


def test_a_pods_annotations_have_a_size() -> None:
    (message,) = messages(f"@kubernetes(annotations={{'a': '{'ä' * 131072}'}})")
    assert message == "`annotations` has 262145 bytes, and a pod takes 262144"
    assert messages(f"@kubernetes(annotations={{'ab': '{'ä' * 131071}'}})") == []


def test_names_may_be_long() -> None:
    name = ".".join(["a" * 126] * 2)
    found = policy(f"@kubernetes(secrets='{name}', labels={{'{name}/{'b' * 63}': '{'c' * 63}'}})").kubernetes
    assert found is not None
    assert (found.secrets, found.labels) == ((name,), ((f"{name}/{'b' * 63}", "c" * 63),))


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("{'key': 'a'}", "`tolerations` must be a list of dicts"),
        ("['a']", "`tolerations` has 'a' in the place of a dict"),
        ("[{'kye': 'a'}]", "a toleration has no key 'kye'"),
        ("[{'toleration_seconds': '3'}]", "`toleration_seconds` of a toleration must be a whole number, not '3'"),
        ("[{'key': 1}]", "`key` of a toleration must be a text, not 1"),
        ("[{'key': 'a b'}]", "the `key` of a toleration is 'a b', which is not a key of Kubernetes"),
        ("[{'key': 'a', 'operator': 'exists'}]", "the `operator` of a toleration cannot be 'exists'"),
        ("[{'key': 'a', 'operator': 'Exists', 'value': 'b'}]", "has the value 'b', and `Exists` looks at none"),
        ("[{'value': 'b'}]", "which only `Exists` can be"),
        ("[{'key': 'a', 'value': 'b c'}]", "the `value` of a toleration is 'b c', which no taint can have"),
        ("[{'key': 'a', 'effect': 'NoRun'}]", "the `effect` of a toleration cannot be 'NoRun'"),
        ("[{'key': 'a', 'toleration_seconds': 3}]", "which only `NoExecute` knows"),
        ("[{'key': 'a', 'effect': 'NoSchedule', 'tolerationSeconds': 3}]", "which only `NoExecute` knows"),
        (
            "[{'key': 'a', 'effect': 'NoExecute', 'tolerationSeconds': 3, 'toleration_seconds': 3}]",
            "has `toleration_seconds` twice",
        ),
    ],
)
def test_what_tolerations_cannot_be(given: str, part: str) -> None:
    (message,) = messages(f"@kubernetes(tolerations={given})")
    assert part in message


@pytest.mark.parametrize(
    "fields",
    [
        {"operator": "Exists"},
        {"key": "a", "operator": "Exists", "effect": "NoExecute"},
        {"key": "a.b/c", "value": "d", "effect": "PreferNoSchedule"},
        {"key": "a", "operator": "Equal", "value": "", "effect": ""},
        {"key": "a", "effect": "NoExecute", "tolerationSeconds": -1},
    ],
    ids=str,
)
def test_tolerations(fields: dict[str, str | int]) -> None:
    found = policy(f"@kubernetes(tolerations=[{fields}])").kubernetes
    assert found is not None and found.tolerations == (fields,)


@pytest.mark.parametrize(
    "image",
    [
        *("a", "a/b", "python:3.11-slim", "localhost:5000/a", "registry.example.com/team/x_y--z.w:V1"),
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/image@sha256:" + "0a" * 32,
        "team/image:1.0@sha256:" + "0a" * 32,
        "a" * 255,
    ],
)
@pytest.mark.parametrize("name", ["kubernetes", "batch"])
def test_images(name: str, image: str) -> None:
    assert getattr(policy(f"@{name}(image={image!r})"), name).image == image


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("image=' '", "not the name of an image"),
        ("queue='a b'", "not the name or ARN of a job queue"),
        (f"queue='{'a' * 129}'", "not the name or ARN of a job queue"),
        ("queue='arn:aws:batch:eu-west-1:123456789012:compute-environment/a'", "not the name or ARN of a job queue"),
        ("iam_role='role'", "not the ARN of a role"),
        ("execution_role='arn:aws:iam::123456789012:user/a'", "not the ARN of a role"),
        ("swappiness=101, max_swap=1", "`swappiness` must be a whole number from 0 to 100"),
        ("swappiness=10", "passes over `swappiness` without `max_swap`"),
        ("efs_volumes=['vol']", "`efs_volumes` has 'vol', which is not the id of an EFS file system"),
        ("efs_volumes=['fs-12345678', 'fs-12345678']", "`efs_volumes` has 'fs-12345678' twice"),
        ("ephemeral_storage=20", "from 21 to 200"),
        ("inferentia=1, trainium=1", "two names for the same"),
        ("aws_batch_tags={'aws:x': '1'}", "`aws_batch_tags` has 'aws:x', which is not the key of a tag"),
        ("aws_batch_tags={'AWS:x': '1'}", "`aws_batch_tags` has 'AWS:x', which is not the key of a tag"),
        ("aws_tags={'': '1'}", "`aws_tags` has '', which is not the key of a tag"),
        (f"aws_tags={{'{'a' * 129}': '1'}}", "which is not the key of a tag"),
        ("aws_tags={'a': 'b;c'}", "`aws_tags` has 'b;c' for `a`, which is not the value of a tag"),
        (f"aws_tags={{'a': '{'b' * 257}'}}", "which is not the value of a tag"),
        (f"aws_batch_tags={ {str(n): '' for n in range(51)} }", "there are 51 tags, and a job has at most 50"),
        ("use_tmpfs=True, tmpfs_options=['fast']", "`tmpfs_options` has 'fast', which is not an option of AWS Batch's"),
        ("use_tmpfs=True, tmpfs_options=['size=1']", "`tmpfs_options` has 'size=1', which is not an option of AWS"),
        ("log_driver='pigeon'", "`log_driver` cannot be 'pigeon'"),
        ("log_options=['a:b']", "which is not given"),
        ("log_driver='awslogs', log_options=['a']", "`log_options` has 'a', which is not an option like `name:value`"),
        ("disk=100", "has no argument `disk`"),
        ("host_volumes=['data']", "`host_volumes` has 'data', which is not an absolute path"),
        ("host_volumes=['/a', '/a']", "`host_volumes` has '/a' twice"),
    ],
)
def test_what_jobs_cannot_have(arguments: str, part: str) -> None:
    (message,) = messages(f"@batch({arguments})")
    assert part in message


def test_jobs_have_what_batch_documents() -> None:
    tags = {"Kostenträger": "Forschung & Co".replace("&", "+"), "a" * 128: "b" * 256}
    found = policy(f"@batch(aws_batch_tags={tags}, use_tmpfs=True, tmpfs_options=['ro', 'mode=1777', 'uid'])").batch
    assert found is not None and found.tmpfs is not None
    assert dict(found.tags) == tags
    assert found.tmpfs.options == ("ro", "mode=1777", "uid")
