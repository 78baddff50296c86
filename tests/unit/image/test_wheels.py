"""What pip fetches for a base, offline: the wheels that it may choose from are made of what is installed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from flowc.image import install
from flowc.image.engine import Python
from flowc.image.errors import ImageError
from flowc.image.requirements import Requirements
from flowc.image.runner_wheel import VERSION, runner_wheel
from flowc.image.wheels import Package, Pin, bundled_pip, fetch
from tests.engines import own_wheel
from tests.unit.image.conftest import NEEDED

RUNNER = runner_wheel()


def wanted(*lines: str, constraints: tuple[str, ...] = ()) -> Requirements:
    return Requirements(place="requirements.txt", lines=lines, constraints=constraints)


def versions(packages: tuple[Package, ...]) -> dict[str, str]:
    return {package.name: package.version for package in packages}


def test_the_runner_alone_gets_what_is_locked(python: Python, lock: tuple[Pin, ...], index: Path, folder: Path) -> None:
    packages = fetch(python, RUNNER, None, folder, lock)
    assert {p.replace(".", "-") for p in NEEDED} | {"flowc"} == set(versions(packages))
    assert versions(packages)["flowc"] == VERSION
    assert sorted(path.name for path in folder.iterdir()) == ["pip", "requirements.txt", "wheels"]
    assert [path.name.partition("-")[0] for path in (folder / "pip").iterdir()] == ["pip"]
    listed = (folder / "requirements.txt").read_text().splitlines()
    assert listed == [f"{p.name}=={p.version} --hash=sha256:{p.sha256}" for p in packages]
    for package in packages:
        data = (folder / "wheels" / package.file).read_bytes()
        assert (sha256(data).hexdigest(), len(data)) == (package.sha256, package.size)


def test_a_wheel_that_is_not_the_locked_one_is_refused(
    python: Python, lock: tuple[Pin, ...], index: Path, folder: Path
) -> None:
    wrong = tuple(p._replace(hashes=f"--hash=sha256:{64 * '0'}") if p.name == "blake3" else p for p in lock)
    with pytest.raises(ImageError, match="DO NOT MATCH THE HASHES") as refused:
        fetch(python, RUNNER, None, folder, wrong)
    assert refused.value.code == "FC704"


def test_what_a_flow_requires_comes_with_what_that_requires(
    python: Python, lock: tuple[Pin, ...], index: Path, folder: Path
) -> None:
    own_wheel(index, "cleaning", "1.2", ("tables>=3", "six"))
    own_wheel(index, "tables", "3.0")
    own_wheel(index, "tables", "3.1")
    limits = index / "limits.txt"
    limits.write_text("tables<3.1\n")
    packages = fetch(python, RUNNER, wanted("cleaning==1.2", "flowc>=0.1", constraints=(str(limits),)), folder, lock)
    assert {"cleaning": "1.2", "tables": "3.0", "flowc": VERSION}.items() <= versions(packages).items()


def test_markers_are_those_of_the_base(python: Python, lock: tuple[Pin, ...], index: Path, folder: Path) -> None:
    for name in ("there", "here", "below"):
        own_wheel(index, name, "1")
    own_wheel(index, "outer", "1", ('below; platform_machine == "pdp11"', 'here; platform_machine != "pdp11"'))
    other = {**python.markers, "platform_machine": "pdp11"}
    asked = wanted("outer", 'there; platform_machine == "pdp11"', 'here; platform_machine != "pdp11"')
    target = Python(name="python3", version=python.version, abi=python.abi, platforms=python.platforms, markers=other)
    found = versions(fetch(target, RUNNER, asked, folder, lock))
    assert {"there", "below"} <= set(found) and "here" not in found


def test_a_flow_may_have_another_version_of_what_the_runner_uses(
    python: Python, lock: tuple[Pin, ...], index: Path, folder: Path
) -> None:
    own_wheel(index, "cloudpickle", "3.0.1")
    own_wheel(index, "six", "1.99")
    found = versions(fetch(python, RUNNER, wanted("cloudpickle==3.0.1"), folder, lock))
    assert found["cloudpickle"] == "3.0.1"
    again = folder / "again"
    again.mkdir()
    # what it leaves open is as it is locked, though there is something newer
    found = versions(fetch(python, RUNNER, wanted("six"), again, lock))
    assert f"six=={found['six']}" in {pin.requirement for pin in lock}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cloudpickle==1.0", "cloudpickle==1.0"),  # too old for the runner
        ("flowc==99", "flowc==99"),
        ("not-there-at-all", "No matching distribution found for not-there-at-all"),
        ("other", "No matching distribution found for other"),  # there is one, for another system
    ],
)
def test_what_cannot_be_had(
    line: str, said: str, python: Python, lock: tuple[Pin, ...], index: Path, folder: Path
) -> None:
    own_wheel(index, "cloudpickle", "1.0")
    own_wheel(index, "other", "1").rename(index / "other-1-cp39-cp39-win_amd64.whl")
    with pytest.raises(ImageError, match="pip cannot have what the image needs, for Python 3") as refused:
        fetch(python, RUNNER, wanted(line), folder, lock)
    assert refused.value.code == "FC704" and said in str(refused.value)
    assert str(folder) not in str(refused.value)


def test_a_flow_with_hashes_is_checked_by_them(
    python: Python, lock: tuple[Pin, ...], index: Path, folder: Path
) -> None:
    def hashed(path: Path, found: bytes | None = None) -> str:
        return f"--hash=sha256:{sha256(found or path.read_bytes()).hexdigest()}"

    cleaning = own_wheel(index, "cleaning", "1.2", ("six",))
    six = own_wheel(index, "six", "1.99")
    lines = [f"cleaning==1.2 {hashed(cleaning)}", f"six==1.99 {hashed(six)}", f"flowc=={VERSION} {hashed(six)}"]
    found = versions(fetch(python, RUNNER, wanted(*lines), folder, lock))
    assert (found["cleaning"], found["six"], found["flowc"]) == ("1.2", "1.99", VERSION)
    again = folder / "again"
    again.mkdir()
    with pytest.raises(ImageError, match="DO NOT MATCH THE HASHES"):
        fetch(python, RUNNER, wanted(lines[0], f"six==1.99 {hashed(cleaning)}"), again, lock)


def test_where_pip_is_not_installed_there_is_the_one_that_python_brings() -> None:
    wheel = bundled_pip()
    assert wheel is not None
    # without the packages of an environment
    words = [sys.executable, "-S", "-m", "pip", "--version"]
    done = subprocess.run(words, env={"PYTHONPATH": str(wheel)}, capture_output=True, text=True, check=True)
    assert str(wheel) in done.stdout


def test_the_environment_of_an_image_starts_the_runner(
    python: Python, lock: tuple[Pin, ...], index: Path, folder: Path, tmp_path: Path
) -> None:
    own_wheel(index, "cleaning", "1.2")
    fetch(python, RUNNER, wanted("cleaning"), folder, lock)
    (folder / "install.py").write_bytes(Path(install.__file__).read_bytes())
    target = tmp_path / "opt" / "flowc"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "FLOWC_"))}
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
    words = [base, "-B", folder / "install.py", target]
    subprocess.run(words, check=True, env={**clean, "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"})

    done = subprocess.run([target / "bin" / "python", "-m", "flowc.runner"], env=clean, capture_output=True, text=True)
    assert done.returncode == 65 and done.stderr.startswith("flowc: this is the step runner of flowc ")
    ask = "import json, cleaning, importlib.metadata as m; print(json.dumps([cleaning.VERSION, m.version('flowc')]))"
    done = subprocess.run([target / "bin" / "python", "-c", ask], env=clean, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["1.2", VERSION]

    # the client reads settings, also those of targets, which are not there
    (tmp_path / "flowc.toml").write_text('stroe = "x"\n[airflow]\nnamespace = "flows"\n')
    ask = "from flowc.settings import load_settings; print([d.message for d in load_settings().problems])"
    done = subprocess.run(
        [target / "bin" / "python", "-c", ask], env=clean, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "['there is no setting `stroe`']\n"

    (packages,) = target.glob("lib/python3*/site-packages")
    there = {path.name for path in packages.iterdir()}
    assert there.isdisjoint({"click", "jinja2", "rich", "yaml", "pip"})
    assert {p.name for p in (packages / "flowc").iterdir()}.isdisjoint(
        {"cli", "frontend", "passes", "targets", "image"}
    )
    # compiled, and nothing of it depends on a time
    source = packages / "flowc" / "spec.py"
    (compiled,) = (packages / "flowc" / "__pycache__").glob("spec.*.pyc")
    assert compiled.read_bytes()[4] == 1, "a hash that is not checked"
    assert {path.lstat().st_mtime for path in (target, source, compiled, target / "bin" / "python")} == {0.0}

    target.rename(tmp_path / "first")
    target.parent.rmdir()
    subprocess.run(words, check=True, env={**clean, "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"})
    assert _contents(target) == _contents(tmp_path / "first")


def _contents(folder: Path) -> dict[str, bytes | str]:
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }
