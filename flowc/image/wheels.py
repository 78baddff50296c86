"""The wheels that an image installs: chosen here, by pip, for the interpreter of the base.

They are fetched on this machine, with its settings for pip, so that mirrors, credentials and certificates stay here,
and the image is built without a network, from files whose hashes are known.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from flowc.image.engine import Python
from flowc.image.errors import ImageError
from flowc.image.requirements import Requirements, distribution, without_hashes
from flowc.image.runner_wheel import VERSION, Wheel

_PACKAGE = Path(__file__).resolve().parent.parent

# In a wheel the lock is in the package; in a checkout it is beside it.
_LOCKS = (_PACKAGE / "requirements" / "runner.txt", _PACKAGE.parent / "requirements" / "runner.txt")

_PIP = "pip"
_OWN = "flowc"

# pip decides on markers by the interpreter that runs it, whatever --python-version and --platform say.
# Source: https://github.com/pypa/pip/issues/11664
_AS_TARGET = """
import json, sys
from pip._vendor.packaging import markers
environment = json.loads(sys.argv.pop(1))
markers.default_environment = lambda: dict(environment)
from pip._internal.cli.main import main
sys.exit(main())
"""


class Package(NamedTuple):
    """A wheel of an image.

    Attributes:
        name: Of the distribution, as in the file's name.
        version: Its version.
        file: The file's name.
        sha256: Of the file, 64 hexadecimal digits.
        size: Bytes of the file.
    """

    name: str
    version: str
    file: str
    sha256: str
    size: int


class Pin(NamedTuple):
    """A line of the lock.

    Attributes:
        name: The distribution.
        requirement: The exact version, and for which interpreters.
        hashes: The options for the hashes of its files.
    """

    name: str
    requirement: str
    hashes: str


def locked() -> tuple[Pin, ...]:
    """What the runner is tested with: all that an image without a flow's requirements gets, and pip."""
    path = next(path for path in _LOCKS if path.exists())
    pins = []
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        requirement = without_hashes(line)
        pins.append(Pin(distribution(requirement), requirement, line[len(requirement) :].strip()))
    return tuple(pins)


def fetch(
    python: Python, runner: Wheel, wanted: Requirements | None, folder: Path, pins: Sequence[Pin]
) -> tuple[Package, ...]:
    """Put pip, the runner and all that it and a flow need into a folder, with the list that pip installs from.

    A flow's requirements are met first: what they leave open of the runner's own dependencies is as in the lock.

    Args:
        python: What for.
        runner: The runner.
        wanted: What the flow needs; None for nothing.
        folder: Gets `pip/`, `wheels/` and `requirements.txt`.
        pins: What the runner is tested with, see `locked`.

    Returns:
        What is installed, in order of names.

    Raises:
        ImageError: pip cannot have something (FC704).
    """
    work = folder / "work"
    for place in (work, folder / "runner"):
        place.mkdir()
    (folder / "runner" / runner.name).write_bytes(runner.data)
    _download(
        python, [f"{p.requirement} {p.hashes}" for p in pins if p.name == _PIP], folder / "pip", work, "--no-deps"
    )
    own = [p for p in pins if p.name != _PIP]
    if wanted is None:
        _download(python, [f"{p.requirement} {p.hashes}" for p in own], folder / "wheels", work, "--no-deps")
        shutil.copy(folder / "runner" / runner.name, folder / "wheels")
    elif wanted.hashed:
        _download(python, _hashed(runner, wanted, own, folder), folder / "wheels", work, *_constraints(wanted))
    else:
        _download_preferring(python, wanted, own, folder, work)
    packages = tuple(sorted(map(_package, (folder / "wheels").iterdir())))
    listed = (f"{p.name}=={p.version} --hash=sha256:{p.sha256}\n" for p in packages)
    (folder / "requirements.txt").write_text("".join(listed), encoding="utf-8")
    shutil.rmtree(work)
    shutil.rmtree(folder / "runner")
    return packages


def _hashed(runner: Wheel, wanted: Requirements, own: Iterable[Pin], folder: Path) -> list[str]:
    """The lines of a file with hashes, and those of the lock for packages that it does not have."""
    there = {distribution(line) for line in wanted.lines}
    hashed = f"--hash=sha256:{runner.sha256}"
    lines = [f"{without_hashes(line)} {hashed}" if distribution(line) == _OWN else line for line in wanted.lines]
    lines += [f"{pin.requirement} {pin.hashes}" for pin in own if pin.name not in there]
    return [f"--find-links {quote(str(folder / 'runner'))}", *lines, f"{_OWN}=={VERSION} {hashed}"]


def _download_preferring(python: Python, wanted: Requirements, own: Sequence[Pin], folder: Path, work: Path) -> None:
    lines = [f"--find-links {quote(str(folder / 'runner'))}", *wanted.lines, f"{_OWN}=={VERSION}"]
    pins = work / "pins.txt"
    pins.write_text("".join(f"{pin.requirement}\n" for pin in own), encoding="utf-8")
    try:
        _download(python, lines, folder / "wheels", work, "-c", str(pins), *_constraints(wanted))
    except ImageError:
        shutil.rmtree(folder / "wheels", ignore_errors=True)
        # perhaps they want another version of what the runner uses too, which may well do
        _download(python, lines, folder / "wheels", work, *_constraints(wanted))


def _constraints(wanted: Requirements) -> list[str]:
    return [word for path in wanted.constraints for word in ("-c", path)]


def _download(python: Python, lines: Iterable[str], into: Path, work: Path, *options: str) -> None:
    asked = work / "asked.txt"
    asked.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    words = [*("download", "--quiet", "--progress-bar", "off", "--no-input", "--disable-pip-version-check")]
    words += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python.version]
    words += ["--abi", python.abi, "--abi", "abi3", "--abi", "none"]
    words += [word for platform in python.platforms for word in ("--platform", platform)]
    words += ["--dest", str(into), "-r", str(asked), *options]
    done = subprocess.run(
        [sys.executable, "-c", _AS_TARGET, json.dumps(python.markers), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
        check=False,
    )
    if done.returncode != 0:
        said = _said(done.stderr, work)
        raise ImageError(
            f"pip cannot have what the image needs, for Python {python.version} on {python.platforms[0]}\n{said}",
            code="FC704",
            help="see that pip's index is reachable from here, and that there is a wheel of each package for the "
            "base's Python; or change the requirements, or the base",
        )


def _said(text: str, work: Path) -> str:
    """What pip says of what is wrong, without the name of a file that is gone when it is read."""
    lines = [line for line in text.replace(str(work / "asked.txt"), "the requirements").splitlines() if line.strip()]
    shown = [line for line in lines if not re.match(r"(WARNING|\[notice\]|DEPRECATION)", line)]
    return "\n".join(f"  {line}" for line in shown[-30:] or lines[-5:])


def _environment() -> dict[str, str]:
    """This process's, in which pip can be imported: where it is not installed, the one that Python brings.

    Raises:
        ImageError: Python brings none (FC704).
    """
    if importlib.util.find_spec(_PIP) is not None:
        return dict(os.environ)
    wheel = bundled_pip()
    if wheel is not None:
        return {**os.environ, "PYTHONPATH": str(wheel)}
    raise ImageError(
        f"the interpreter that flowc runs in, {sys.executable}, has no pip, which fetches what the image needs",
        code="FC704",
        help="install pip beside flowc",
    )


def bundled_pip() -> Path | None:
    """The wheel of pip that Python, or its distribution, brings for new environments; None where there is none."""
    module = importlib.util.find_spec("ensurepip")
    places = [Path(module.origin).parent / "_bundled"] if module is not None and module.origin else []
    found = (wheel for place in (*places, Path("/usr/share/python-wheels")) for wheel in place.glob("pip-*.whl"))
    return next(found, None)


def _package(path: Path) -> Package:
    if path.suffix != ".whl":
        raise ImageError(
            f"pip has found no wheel but `{path.name}`", code="FC704", help="build a wheel of it, and name that"
        )
    name, version, *_ = path.name.split("-")
    data = path.read_bytes()
    return Package(name.replace("_", "-"), version, path.name, hashlib.sha256(data).hexdigest(), len(data))
