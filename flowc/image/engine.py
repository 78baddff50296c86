"""A container engine on this machine: Docker, or Podman."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from flowc.image.errors import ImageError

ENGINES = ("docker", "podman")
"""In the order in which they are looked for; the first one that answers is taken."""

_ANSWERS_S = 30.0
_NO_PYTHON = 97

_ASK = """
import json, os, platform, sys, sysconfig
if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
    print(platform.python_implementation(), platform.python_version())
    sys.exit(97)
import venv
suffix = sysconfig.get_config_var("EXT_SUFFIX") or ""
libc = ["musl", ""] if "musl" in suffix else os.confstr("CS_GNU_LIBC_VERSION").split()
if libc[0] == "musl":
    import glob, re, subprocess
    said = subprocess.run(sorted(glob.glob("/lib/ld-musl-*.so.1"))[:1], capture_output=True, text=True).stderr
    libc[1] = re.search(r"Version ([0-9.]+)", said)[1]
version = platform.python_version()
print(json.dumps({
    "version": version,
    "abi": "cp%d%d%s" % (*sys.version_info[:2], getattr(sys, "abiflags", "")),
    "machine": platform.machine() if sys.maxsize > 2**32 else "i686",
    "libc": libc,
    "markers": {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": "",
        "platform_system": platform.system(),
        "platform_version": "",
        "python_full_version": version,
        "platform_python_implementation": platform.python_implementation(),
        "python_version": "%d.%d" % sys.version_info[:2],
        "sys_platform": sys.platform,
    },
}))
"""

_SEEK = """
said=
for name in python3 python python3.14 python3.13 python3.12 python3.11; do
  command -v "$name" >/dev/null 2>&1 || continue
  answer=$("$name" -I -c "$ASK") && { echo "$name"; echo "$answer"; exit 0; }
  said="$said $answer"
done
echo "$said"
exit 97
"""
"""`python3` of a distribution may be too old where the base has brought a newer one beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Python:
    """An image's interpreter.

    Attributes:
        name: The command.
        version: All of it, `3.12.7`.
        abi: As in the names of wheels, `cp312`.
        platforms: Those of wheels that it can load, the best one first.
        markers: What the markers of requirements are about, by their names.
    """

    name: str
    version: str
    abi: str
    platforms: tuple[str, ...]
    markers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An image that an engine has.

    Attributes:
        id: The hash of its configuration, 64 hexadecimal digits.
        size: Bytes of all its layers.
        layers: The hashes of their bytes, the lowest first.
    """

    id: str
    size: int
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A container engine.

    Attributes:
        program: The path of its command.
        is_podman: It is Podman, also under Docker's name.
    """

    program: str
    is_podman: bool

    @property
    def name(self) -> str:
        """For people."""
        return "podman" if self.is_podman else "docker"

    def ask_python(self, base: str, platform: str | None) -> Python:
        """The interpreter of an image, which is pulled if it is not there.

        Raises:
            ImageError: The image cannot be had or started, or has no Python that is new enough (FC702).
        """
        words = [*("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", "--env", f"ASK={_ASK}")]
        done = self._run([*words, *_platform(platform), base, "-c", _SEEK])
        said = done.stdout.decode(errors="replace").strip()
        if done.returncode == _NO_PYTHON:
            had = f"; it has {' and '.join(said.splitlines())}" if said else ""
            raise ImageError(
                f"the base `{base}` has no Python of 3.11 or newer{had}",
                code="FC702",
                help="choose another one: --base, or `image_base` in pyproject.toml or flowc.toml",
            )
        if done.returncode != 0:
            raise ImageError(
                f"the base `{base}` cannot be started: {self.name} ends with {done.returncode}",
                code="FC702",
                help=f"what {self.name} has printed tells why; a base needs a shell, and Python with its module `venv`",
            )
        name, _, answer = said.partition("\n")
        found = json.loads(answer)
        return Python(
            name=name,
            version=found["version"],
            abi=found["abi"],
            platforms=_platforms(found["machine"], *found["libc"]),
            markers=found["markers"],
        )

    def build(self, folder: str, tag: str, platform: str | None) -> None:
        """Build an image of a folder with a `Dockerfile`; what the engine prints goes to standard error.

        Raises:
            ImageError: It cannot be built.
        """
        # no network: all that goes in is in the folder. Times are those that files have in it, or none.
        same = ("--timestamp", "0") if self.is_podman else ("--build-arg", "SOURCE_DATE_EPOCH=0")
        words = ["build", "--network", "none", *same, *_platform(platform), "--tag", tag, folder]
        done = self._run(words, stdout=sys.stderr.fileno())
        if done.returncode != 0:
            raise ImageError(f"{self.name} could not build the image: it ends with {done.returncode}")

    def inspect(self, image: str) -> Stored:
        """An image that is there.

        Raises:
            ImageError: It is not there.
        """
        done = self._run(["image", "inspect", image])
        if done.returncode != 0:
            raise ImageError(f"{self.name} has no image `{image}`")
        (found,) = json.loads(done.stdout)
        id = found["Id"].removeprefix("sha256:")
        return Stored(id=id, size=found["Size"], layers=tuple(found["RootFS"]["Layers"]))

    def _run(self, words: Sequence[str], stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
        sys.stderr.flush()
        return subprocess.run([self.program, *words], stdin=subprocess.DEVNULL, stdout=stdout, check=False)


def find_engine(chosen: str | None = None) -> Engine:
    """An engine that answers.

    Args:
        chosen: `docker`, `podman`, or the path of one of them; None: the first one that is there.

    Raises:
        ImageError: There is none (FC701).
    """
    why: list[str] = []
    for name in (chosen,) if chosen else ENGINES:
        program = shutil.which(name)
        if program is None:
            why.append(f"`{name}` is not installed")
            continue
        said = _answer([program, "--version"])
        if isinstance(said, str) and not (failed := _failure([program, *_PROOF["podman" in said.lower()]])):
            return Engine(program=program, is_podman="podman" in said.lower())
        why.append(f"`{name}` does not answer: {failed if isinstance(said, str) else said[0]}")
    message = "; ".join(why)
    raise ImageError(
        f"there is no container engine here: {message}",
        code="FC701",
        help="install or start Docker or Podman, or name one: --engine, or `image_engine` in a file of settings; "
        "`flowc image show` needs none",
    )


_PROOF = {False: ("version", "--format", "{{.Server.Version}}"), True: ("version",)}
"""What fails where a client has nobody to talk to."""


def _answer(words: Sequence[str]) -> str | tuple[str]:
    """What a command prints, or, in a tuple, why it prints nothing."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_ANSWERS_S, check=False
        )
    except subprocess.TimeoutExpired:
        return (f"not within {_ANSWERS_S:.0f} s",)
    except OSError as error:
        return (str(error.strerror),)
    if done.returncode == 0:
        return done.stdout
    return ((done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"])[-1],)


def _failure(words: Sequence[str]) -> str:
    said = _answer(words)
    return "" if isinstance(said, str) else said[0]


def _platform(platform: str | None) -> tuple[str, ...]:
    return ("--platform", platform) if platform else ()


def _platforms(machine: str, libc: str, version: str) -> tuple[str, ...]:
    """The platforms of wheels that a machine can load, the newest first.

    Source: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    major, minor = map(int, version.split(".")[:2])
    if libc == "musl":
        found = [f"musllinux_{major}_{n}_{machine}" for n in range(minor, -1, -1)]
        return (*found, f"linux_{machine}")
    oldest = 5 if machine in ("x86_64", "i686") else 17
    found = []
    for n in range(minor, oldest - 1, -1):
        found.append(f"manylinux_2_{n}_{machine}")
        if n in _NAMED_AFTER_YEARS:
            found.append(f"manylinux{_NAMED_AFTER_YEARS[n]}_{machine}")
    return (*found, f"linux_{machine}")


_NAMED_AFTER_YEARS = {17: "2014", 12: "2010", 5: "1"}
