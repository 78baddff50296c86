"""Of flowc, an image has what a task needs, and nothing of the compiler."""

from __future__ import annotations

import ast
import io
import tomllib
import zipfile
from pathlib import Path

from flowc import __version__
from flowc.image import runner_wheel as own
from flowc.image.wheels import locked

ROOT = Path(__file__).parents[3]
_COMPILER = (
    "cli",
    "compiler",
    "frontend",
    "image",
    "ir",
    "local",
    "outputs",
    "package",
    "passes",
    "simulate",
    "targets",
)
_ABSENT = {
    # asked for by `settings`, which does without
    "flowc.targets.registry",
    # only for a type checker
    "flowc.targets.base",
}


def _imports(path: Path) -> set[str]:
    """The modules of flowc that a file may import, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.partition(".")[0] == "flowc"}


def test_what_its_modules_import_is_there_too() -> None:
    modules = own.runner_modules()
    missing = set()
    for module in modules:
        for name in _imports(ROOT / "flowc" / module) if module.endswith(".py") else ():
            path = ROOT.joinpath(*name.split("."))
            file = f"{path}.py" if Path(f"{path}.py").exists() else f"{path}/__init__.py"
            if Path(file).exists() and Path(file).relative_to(ROOT / "flowc").as_posix() not in modules:
                missing.add(name)
    assert missing <= _ABSENT


def test_nothing_of_the_compiler_is() -> None:
    modules = own.runner_modules()
    assert {"runner/__main__.py", "spec.py", "client/objects.py", "store/remote.py"} <= set(modules)
    assert not [name for name in modules if name.partition("/")[0].removesuffix(".py") in _COMPILER]


def test_its_requirements_are_those_of_flowc() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {requirement.replace("'", '"') for requirement in project["dependencies"]}
    botocore = "botocore>=1.35"  # a part of the extra `aws`
    assert set(own.REQUIRES) - {botocore} <= wanted
    assert project["optional-dependencies"]["aws"] == ["boto3>=1.35"]
    # and all that the compiler alone needs stays away
    left = {name.partition(">")[0] for name in wanted - set(own.REQUIRES)}
    assert {"click", "jinja2", "rich", "pyyaml"} <= left


def test_the_lock_has_what_is_tested() -> None:
    names = {pin.name for pin in locked()}
    assert {"pip", "blake3", "obstore", "cloudpickle", "backports-zstd", "botocore"} <= names
    tested = (ROOT / "requirements" / "dev.txt").read_text().splitlines()
    versions = {line.split()[0] for line in tested if "==" in line}
    assert [p.requirement for p in locked() if p.name != "pip" and p.requirement.split()[0] not in versions] == []
    assert all("--hash=sha256:" in pin.hashes for pin in locked())


def test_a_wheel_is_the_same_every_time_and_says_what_it_is() -> None:
    wheel = own.runner_wheel()
    assert wheel == own.runner_wheel()
    assert wheel.name == f"flowc-{__version__}+runner-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as archive:
        names = archive.namelist()
        metadata = archive.read(f"flowc-{__version__}+runner.dist-info/METADATA").decode()
        record = archive.read(f"flowc-{__version__}+runner.dist-info/RECORD").decode()
    assert sorted(names) == sorted(line.split(",")[0] for line in record.splitlines())
    assert "Name: flowc\n" in metadata and "Requires-Dist: obstore>=0.12\n" in metadata
