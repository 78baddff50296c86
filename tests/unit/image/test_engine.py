"""Which engine is taken, and what is learnt from it."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from flowc.image.engine import Engine, _platforms, find_engine
from flowc.image.errors import ImageError
from tests.engines import BASE, FakeEngine


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_docker_comes_before_podman(path: Path) -> None:
    podman = FakeEngine(path, "podman")
    assert find_engine() == Engine(program=str(podman.program), is_podman=True)
    docker = FakeEngine(path, "docker")
    assert find_engine() == Engine(program=str(docker.program), is_podman=False)
    assert (
        find_engine("podman") == find_engine(str(podman.program)) == Engine(program=str(podman.program), is_podman=True)
    )


def test_a_client_without_a_server_is_passed_over(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeEngine(path, "docker").fail("asleep")
    other = FakeEngine(tmp_path / "other", "podman")
    monkeypatch.setenv("PATH", f"{path}:{other.folder}")
    assert find_engine().program == str(other.program)


def test_podman_may_go_by_the_name_of_docker(path: Path) -> None:
    FakeEngine(path, "docker", says="podman version 4.3.1")
    assert find_engine().is_podman


def test_without_an_engine_it_is_said_what_was_tried(path: Path) -> None:
    with pytest.raises(
        ImageError, match="no container engine here: `docker` is not installed; `podman` is not inst"
    ) as no:
        find_engine()
    assert no.value.code == "FC701" and "--engine" in no.value.help
    FakeEngine(path, "docker").fail("asleep")
    with pytest.raises(
        ImageError, match=r"here: `docker` does not answer: Cannot connect to the daemon\.; `podman` is"
    ):
        find_engine()
    with pytest.raises(ImageError, match=r"here: `tools/podman` is not installed$"):
        find_engine("tools/podman")
    (path / "broken").write_text("no program")
    (path / "broken").chmod(0o755)
    with pytest.raises(ImageError, match=r"here: `broken` does not answer: Exec format error$"):
        find_engine("broken")


def test_a_base_is_asked_for_its_python(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeEngine(path, "podman")
    engine = find_engine()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = engine.ask_python(BASE, "linux/amd64")
    version = platform.python_version()
    major, minor, _ = version.split(".", 2)
    assert (found.name, found.version, found.abi) == ("python3", version, f"cp{major}{minor}")
    assert found.markers["python_full_version"] == version and found.markers["sys_platform"] == "linux"
    assert f"linux_{platform.machine()}" == found.platforms[-1]
    call = fake.calls[-1]
    assert call[:4] == ["run", "--rm", "--network", "none"]
    assert call[call.index("--platform") + 1] == "linux/amd64" and BASE in call


def test_a_base_that_cannot_be_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeEngine(path, "docker")
    engine = find_engine()
    with pytest.raises(
        ImageError, match=r"the base `alpine:3` has no Python of 3\.11 or newer; it has 3\.9\.7$"
    ) as old:
        engine.ask_python("alpine:3", None)
    with pytest.raises(ImageError, match="the base `nowhere:1` cannot be started: docker ends with 125") as none:
        engine.ask_python("nowhere:1", None)
    assert {old.value.code, none.value.code} == {"FC702"}


def test_a_build_needs_no_network_and_knows_no_time(path: Path, tmp_path: Path) -> None:
    same = {"docker": ["--build-arg", "SOURCE_DATE_EPOCH=0"], "podman": ["--timestamp", "0"]}
    folder = tmp_path / "context"
    folder.mkdir()
    for name, words in same.items():
        fake = FakeEngine(path, name)
        find_engine(name).build(str(folder), "x:1", "linux/arm64")
        expected = ["build", "--network", "none", *words, "--platform", "linux/arm64", "--tag", "x:1", str(folder)]
        assert fake.calls[-1] == expected
    fake.fail("full")
    with pytest.raises(ImageError, match="podman could not build the image: it ends with 1") as failed:
        find_engine("podman").build(str(folder), "x:1", None)
    assert failed.value.code == ""


@pytest.mark.parametrize(
    ("machine", "libc", "version", "first", "last", "some"),
    [
        ("x86_64", "glibc", "2.36", "manylinux_2_36_x86_64", "linux_x86_64", "manylinux2014_x86_64"),
        ("x86_64", "glibc", "2.36", "manylinux_2_36_x86_64", "linux_x86_64", "manylinux1_x86_64"),
        ("aarch64", "glibc", "2.41", "manylinux_2_41_aarch64", "linux_aarch64", "manylinux_2_17_aarch64"),
        ("x86_64", "musl", "1.2.5", "musllinux_1_2_x86_64", "linux_x86_64", "musllinux_1_1_x86_64"),
    ],
)
def test_which_wheels_a_machine_loads(machine: str, libc: str, version: str, first: str, last: str, some: str) -> None:
    found = _platforms(machine, libc, version)
    assert (found[0], found[-1]) == (first, last) and some in found
    assert libc == "musl" or not any(p.startswith("musl") for p in found)
