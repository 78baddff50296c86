"""A container engine that has one base, this machine, and wheels of what is installed here: for tests without either.

`docker` and `podman` are what `engine` writes: they ask this machine's Python what a base would be asked, and keep what
they are told to build.
"""

from __future__ import annotations

import json
import sys
import zipfile
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

from flowc.image.wheels import Pin

PROGRAM = """#!{python}
import json, os, shutil, subprocess, sys
NAME, SAYS, HERE = {name!r}, {says!r}, {here!r}
words = sys.argv[1:]
with open(os.path.join(HERE, "calls"), "a") as out:
    out.write(json.dumps([NAME, *words]) + "\\n")
match words:
    case ["--version"]:
        print(SAYS)
    case ["version", *_]:
        if os.path.exists(os.path.join(HERE, "asleep")):
            sys.exit("Cannot connect to the daemon.")
        print("28.0")
    case ["run", *_, base, "-c", script]:
        if base.startswith("alpine"):
            print("3.9.7")
            sys.exit(97)
        if base.startswith("nowhere"):
            print("no such image", file=sys.stderr)
            sys.exit(125)
        (ask,) = [word for word in words if word.startswith("ASK=")]
        paths = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
        env = {{**os.environ, "PATH": paths, "ASK": ask.removeprefix("ASK=")}}
        sys.exit(subprocess.run(["/bin/sh", "-c", script], env=env).returncode)
    case ["build", *_, folder]:
        print("STEP 1")
        if os.path.exists(os.path.join(HERE, "full")):
            print("no space left on device", file=sys.stderr)
            sys.exit(1)
        shutil.rmtree(os.path.join(HERE, "built"), ignore_errors=True)
        shutil.copytree(folder, os.path.join(HERE, "built"))
    case ["image", "inspect", name]:
        size = 100_000_000 if name == {base!r} else 142_500_000
        layers = ["sha256:" + 64 * "1", "sha256:" + 64 * "2"]
        print(json.dumps([{{"Id": "sha256:" + 64 * "a", "Size": size, "RootFS": {{"Layers": layers}}}}]))
    case _:
        sys.exit(2)
"""

BASE = "python:3.12-slim"
SAYS = {"docker": "Docker version 28.0.1, build 068a01e", "podman": "podman version 5.4.0"}


class FakeEngine:
    """A command that an engine's client is.

    Attributes:
        folder: Where it lies, and notes what it is asked.
        program: Its path.
    """

    def __init__(self, folder: Path, name: str, says: str | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.program = folder / name
        text = PROGRAM.format(python=sys.executable, name=name, says=says or SAYS[name], here=str(folder), base=BASE)
        self.program.write_text(text)
        self.program.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """What it was asked, without its own name."""
        path = self.folder / "calls"
        return [json.loads(line)[1:] for line in path.read_text().splitlines()] if path.exists() else []

    def fail(self, how: str) -> None:
        """From now on it is `asleep`, or its disk is `full`."""
        (self.folder / how).touch()

    @property
    def built(self) -> Path:
        """A copy of the folder that it has built last."""
        return self.folder / "built"


def repacked(name: str, folder: Path) -> Path:
    """A wheel of a distribution that is installed here."""
    found = distribution(name)
    tags = [
        line.partition(": ")[2] for line in (found.read_text("WHEEL") or "").splitlines() if line.startswith("Tag:")
    ]
    parts = [sorted({tag.split("-")[n] for tag in tags}) for n in range(3)]
    path = folder / f"{name.replace('-', '_').replace('.', '_')}-{found.version}-{'-'.join(map('.'.join, parts))}.whl"
    if path.exists():
        return path
    with zipfile.ZipFile(path, "w") as archive:
        for file in found.files or ():
            if ".." not in file.parts and file.suffix != ".pyc" and file.name not in ("INSTALLER", "REQUESTED"):
                archive.write(str(file.locate()), str(file))
    return path


def own_wheel(folder: Path, name: str, version: str, requires: tuple[str, ...] = ()) -> Path:
    """A wheel with one module, `NAME.py`, that says its version."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    members = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {r}\n" for r in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\n" for member in (*members, f"{info}/RECORD"))
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return path


def pins(wheels: Path, names: tuple[str, ...]) -> tuple[Pin, ...]:
    """A lock of wheels that `repacked` has made."""
    found = []
    for name in names:
        wheel = repacked(name, wheels)
        hashes = f"--hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}"
        found.append(Pin(name, f"{name}=={distribution(name).version}", hashes))
    return tuple(found)
