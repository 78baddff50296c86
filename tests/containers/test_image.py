"""The step-runner image: built, and started as schedulers would."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from flowc import Run, __version__
from flowc.compiler import Program, read_program
from flowc.contract import PLAN, RUNNER
from flowc.package import CodePackage, build_package, upload_package
from flowc.store.local import LocalStore
from tests.cli.flowc import flowc

pytestmark = pytest.mark.container

FLOW = """
from flowc import FlowSpec, step


class Tally(FlowSpec):
    @step
    def start(self):
        import six

        self.six = six.__version__
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a flow and its requirements."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "tally.py").write_text(FLOW)
    (folder / "requirements.txt").write_text("six==1.16.0\n")
    return folder


@pytest.fixture(scope="module")
def tags() -> Iterator[list[str]]:
    """Names of images that are removed in the end."""
    found: list[str] = []
    yield found
    subprocess.run(["podman", "rmi", "--force", *found], check=False, capture_output=True)


def build(project: Path, tags: list[str], name: str, *words: str | Path, **environment: str) -> dict[str, Any]:
    tag = f"localhost/flowc-test-image:{name}"
    tags.append(tag)
    result = flowc("image", "build", "--engine", "podman", "--tag", tag, *words, "--json", cwd=project, env=environment)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def plain(project: Path, tags: list[str], base_image: str) -> dict[str, Any]:
    """An image of the runner alone."""
    return build(project, tags, "plain", "--base", base_image)


@pytest.fixture(scope="module")
def tally(project: Path, tags: list[str], base_image: str) -> dict[str, Any]:
    """An image with all that a flow needs, its code as well."""
    return build(project, tags, "tally", "--base", base_image, "--for", "tally.py", "--with-code")


def podman(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["podman", *map(str, words)], capture_output=True, text=True, check=False)


def run(image: Mapping[str, Any], *words: str) -> str:
    done = podman("run", "--rm", "--network", "none", image["image"], *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def program(project: Path) -> Program:
    found, problems, _ = read_program(str(project / "tally.py"))
    assert found is not None, problems
    return found


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A directory that the image's user can write to."""
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def start(image: Mapping[str, Any], store: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The first task, with nothing that can be written but the store and `/tmp`."""
    environment = {
        "STORE": "file:///store",
        "FLOW": "Tally",
        "CODE": code,
        "RUN": "r1",
        "STEP": "start",
        "ATTEMPT": "a1",
        "ENGINE": "airflow",
    }
    words = [word for name, value in environment.items() for word in ("--env", f"FLOWC_{name}={value}")]
    mounts = ("--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp", "--volume", f"{store}:/store")
    return podman("run", "--rm", "--network", "none", *mounts, *words, *options, image["image"], *RUNNER)


def upload(store: Path, package: CodePackage) -> None:
    upload_package(LocalStore(str(store)), "Tally", package)
    for path in (store, *store.rglob("*")):
        path.chmod(0o777)


def test_it_is_small(plain: dict[str, Any]) -> None:
    assert plain["size"] - plain["base"]["size"] <= 120_000_000
    assert (plain["flowc"], plain["plan"], plain["code"]) == (__version__, PLAN, None)
    inspected = json.loads(podman("image", "inspect", plain["image"]).stdout)[0]
    assert inspected["Labels"]["flowc.version"] == __version__ and inspected["Labels"]["flowc.plan"] == str(PLAN)
    assert inspected["Config"]["User"] == "10001" and not inspected["Config"].get("Entrypoint")
    assert inspected["Id"] == plain["id"]


def test_it_has_the_runner_and_not_the_compiler(plain: dict[str, Any]) -> None:
    ask = """
import json, os, sys
from importlib.util import find_spec
import flowc.client, flowc.runner.task, flowc.store.remote, botocore.session
from flowc import Flow, FlowSpec, Parameter, card, step
names = ("click", "jinja2", "rich", "pip", "flowc.cli", "flowc.frontend", "flowc.passes", "flowc.targets", "flowc.ir")
print(json.dumps({
    "there": [name for name in names if find_spec(name) is not None],
    "user": [os.getuid(), os.getgid()],
    "home": os.path.expanduser("~"),
    "writable": [os.access(path, os.W_OK) for path in (os.path.expanduser("~"), os.environ["FLOWC_CACHE"], sys.prefix)],
    "prefix": sys.prefix,
    "cached": flowc.spec.__cached__ and os.path.exists(flowc.spec.__cached__),
}))
"""
    assert json.loads(run(plain, "python", "-c", ask)) == {
        "there": [],
        "user": [10001, 0],
        "home": "/var/lib/flowc",
        "writable": [True, True, False],
        "prefix": "/opt/flowc",
        "cached": True,
    }


def test_started_by_hand_it_says_what_it_is(plain: dict[str, Any]) -> None:
    done = podman("run", "--rm", plain["image"])
    assert done.returncode == 65
    assert done.stderr.startswith(f"flowc: this is the step runner of flowc {__version__}, for plans of versions up to")


def test_the_same_wheels_make_the_same_layers(
    plain: dict[str, Any], project: Path, tags: list[str], base_image: str, tmp_path: Path
) -> None:
    engine = tmp_path / "podman"  # whose builds take nothing from those before
    engine.write_text(
        '#!/bin/sh\nif [ "$1" = build ]; then shift; exec podman build --no-cache "$@"; fi\nexec podman "$@"\n'
    )
    engine.chmod(0o755)
    again = build(project, tags, "again", "--base", base_image, "--engine", engine, TMPDIR=str(tmp_path))
    assert again["packages"] == plain["packages"]
    assert again["layers"] == plain["layers"]
    assert again["id"] == plain["id"]


def test_a_task_runs_without_write_access_and_fetches_its_code(
    tally: dict[str, Any], program: Program, store: Path
) -> None:
    other = build_package(program.plan._replace(doc="another state of the flow"), program.folder)
    upload(store, other)
    done = start(tally, store, other.code)
    assert done.returncode == 0, done.stderr
    assert Run("Tally/r1", str(store))["start"].task.data.six == "1.16.0"


def test_code_in_the_image_is_not_fetched(tally: dict[str, Any], program: Program, store: Path) -> None:
    assert tally["code"] == build_package(program.plan, program.folder).code
    done = start(tally, store, tally["code"])
    assert done.returncode == 0, done.stderr
    assert not (store / "Tally" / "code").exists()
    assert (store / "Tally" / "runs" / "r1" / "start" / "_" / "commit.json").exists()


def test_any_user_of_group_0_can_be_chosen(tally: dict[str, Any], store: Path) -> None:
    done = start(tally, store, tally["code"], "--user", "4711:0")
    assert done.returncode == 0, done.stderr


def test_a_newer_plan_is_refused_and_its_image_named(tally: dict[str, Any], program: Program, store: Path) -> None:
    newer = build_package(program.plan._replace(contract=PLAN + 1, flowc="99.1"), program.folder)
    upload(store, newer)
    done = start(tally, store, newer.code)
    assert done.returncode == 65
    assert (
        f"this runner, of flowc {__version__}, knows versions up to {PLAN}: it needs an image of flowc 99.1"
        in done.stdout + done.stderr
    )
    assert not (store / "Tally" / "runs" / "r1" / "start" / "_" / "commit.json").exists()


def derived(tags: list[str], name: str, base: str, *instructions: str) -> str:
    """An image on the base."""
    tag = f"localhost/flowc-test-image:{name}"
    tags.append(tag)
    text = "\n".join((f"FROM {base}", *instructions, ""))
    words = ["podman", "build", "--network", "none", "--tag", tag, "-"]
    subprocess.run(words, input=text, text=True, check=True, capture_output=True)
    return tag


def test_what_the_environment_of_a_base_has_stays_in_reach(project: Path, tags: list[str], base_image: str) -> None:
    base = derived(
        tags,
        "venv",
        base_image,
        "RUN python3 -m venv --without-pip /venv && echo 'X = 7' > /venv/lib/python3.11/site-packages/framework.py",
        "ENV PATH=/venv/bin:/usr/bin:/bin",
        'ENTRYPOINT ["/bin/false"]',
        "USER 1234",
    )
    image = build(project, tags, "on-venv", "--base", base)
    assert run(image, "python", "-c", "import framework, flowc.runner.task; print(framework.X)") == "7\n"
    assert run(image, "id", "-u") == "10001\n"


def test_a_base_without_python_is_refused(project: Path, tags: list[str], base_image: str) -> None:
    base = derived(tags, "bare", base_image, "RUN rm /usr/bin/python3*")
    result = flowc("image", "build", "--engine", "podman", "--base", base, "--tag", "localhost/never:1", cwd=project)
    assert result.returncode == 1
    assert f"FC702 error: the base `{base}` has no Python of 3.11 or newer\n" in result.stderr
    assert podman("image", "exists", "localhost/never:1").returncode == 1
