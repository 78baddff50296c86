"""From a recipe to what an engine is given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc import __version__
from flowc.compiler import read_program
from flowc.contract import PLAN, RUNNER
from flowc.errors import ContractError
from flowc.image.build import HOME, Built, Recipe, build_image, dockerfile
from flowc.image.code import Code
from flowc.image.engine import Engine, find_engine
from flowc.image.errors import ImageError
from flowc.image.requirements import Requirements
from flowc.image.wheels import Pin
from flowc.package import build_package
from flowc.runner.code import open_code
from flowc.store.local import LocalStore
from tests.engines import BASE, FakeEngine, own_wheel

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def fake(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path / "engine", "podman")


@pytest.fixture
def engine(fake: FakeEngine) -> Engine:
    return find_engine(str(fake.program))


def instructions(text: str) -> Iterator[str]:
    """A Dockerfile's instructions, continued lines as one."""
    yield from (line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#"))


def test_a_dockerfile() -> None:
    text = dockerfile(Recipe(base="team/base:7"))
    found = list(instructions(text))
    assert found[0] == "ARG BASE=team/base:7"
    assert [line for line in found if line.startswith("FROM")] == ["FROM ${BASE} AS build", "FROM ${BASE}"]
    # who runs it is known to Kubernetes as a number, and is not root
    assert [line for line in found if line.startswith("USER")] == ["USER 0", "USER 0", f"USER {HOME.uid}"]
    # Batch would put a command behind an entrypoint
    assert "ENTRYPOINT []" in found
    assert found[-1] == "CMD [" + ", ".join(f'"{word}"' for word in RUNNER) + "]"
    assert f'flowc.plan="{PLAN}"' in text and f'flowc.version="{__version__}"' in text
    assert "requirements.txt requires" not in text and "COPY --chown" not in text
    # nothing in it depends on where or when it was made
    assert dockerfile(Recipe(base="team/base:7")) == text


def test_a_dockerfile_for_a_flow() -> None:
    wanted = Requirements(place="a\nRUN evil/requirements.txt", lines=("six",))
    recipe = Recipe(base=BASE, requirements=wanted, code="c0de", write_code=lambda folder: None)
    text = dockerfile(recipe, "python3.13")
    assert "# Beside that, what a RUN evil/requirements.txt requires.\n" in text
    assert "RUN python3.13 -B /opt/flowc-build/install.py /opt/flowc" in text
    assert f"COPY --chown={HOME.uid}:0 code /var/cache/flowc/code" in text


def test_an_engine_gets_a_folder_that_is_the_same_every_time(
    fake: FakeEngine, engine: Engine, lock: tuple[Pin, ...], index: Path
) -> None:
    own_wheel(index, "cleaning", "1.2")
    recipe = Recipe(base=BASE, requirements=Requirements(place="r.txt", lines=("cleaning",)))
    built = build_image(engine, recipe, "flows:1", None, lock)
    assert isinstance(built, Built) and built.added == 42_500_000
    assert "cleaning" in {package.name for package in built.packages}
    first = contents(fake.built)
    assert {"Dockerfile", "install.py", "requirements.txt"} <= first.keys()
    assert {path.partition("/")[0] for path in first} == {
        "Dockerfile",
        "install.py",
        "requirements.txt",
        "pip",
        "wheels",
    }
    before = os.umask(0o077)
    try:
        build_image(engine, recipe, "flows:1", None, lock)
    finally:
        os.umask(before)
    assert contents(fake.built) == first
    assert {(path.stat().st_mtime, path.stat().st_mode & 0o777) for path in fake.built.rglob("*")} == {
        (0.0, 0o644),
        (0.0, 0o755),
    }
    assert all(call[-1] != str(fake.built) for call in fake.calls), "its folder is gone when it has been built"
    assert not Path([call for call in fake.calls if call[0] == "build"][-1][-1]).exists()


def test_a_failed_build_leaves_nothing(fake: FakeEngine, engine: Engine, lock: tuple[Pin, ...], index: Path) -> None:
    fake.fail("full")
    with pytest.raises(ImageError, match="podman could not build the image"):
        build_image(engine, Recipe(base=BASE), "flows:1", None, lock)
    (call,) = [call for call in fake.calls if call[0] == "build"]
    assert not Path(call[-1]).exists()


def test_a_runner_takes_the_code_that_an_image_has(tmp_path: Path) -> None:
    program, _, _ = read_program(str(EXAMPLES / "hello.py"))
    assert program is not None
    package = build_package(program.plan, program.folder)
    Code(package).write(tmp_path / "cache" / "code")
    store = LocalStore(str(tmp_path / "store"))
    folder, plan = open_code(store, "Hello", package.code, {"FLOWC_CACHE": str(tmp_path / "cache")})
    assert plan == program.plan and Path(folder, "hello.py").exists()
    with pytest.raises(ContractError, match="there is no code package"):
        open_code(store, "Hello", package.code, {"FLOWC_CACHE": str(tmp_path / "other")})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
