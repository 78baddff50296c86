"""From what goes into an image to the image: the engine's folder, and what the engine makes of it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import NamedTuple

from flowc import contract
from flowc._version import __version__
from flowc.image import install
from flowc.image.engine import Engine, Stored
from flowc.image.requirements import Requirements
from flowc.image.runner_wheel import runner_wheel
from flowc.image.wheels import Package, Pin, fetch, locked
from flowc.targets.templating import TEMPLATES

_EPOCH = (0, 0)


class Home(NamedTuple):
    """Where things are in an image, and whose they are.

    Attributes:
        environment: The virtual environment.
        home: The user's home directory.
        cache: `FLOWC_CACHE`.
        uid: The user's number; the group is 0.
    """

    environment: str = "/opt/flowc"
    home: str = "/var/lib/flowc"
    cache: str = "/var/cache/flowc"
    uid: int = 10001


HOME = Home()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an image is made of.

    Attributes:
        base: The image that it is built on.
        requirements: What flows need beside the runner; None for nothing.
        code: The hash of the code package that goes in; empty for none, which the store has.
        write_code: Puts it, unpacked, into a folder for code packages; where there is one to go in.
    """

    base: str
    requirements: Requirements | None = None
    code: str = ""
    write_code: Callable[[Path], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An image that was built.

    Attributes:
        image: What the engine has.
        base: What it was built on.
        python: The version of its interpreter.
        packages: What was installed.
    """

    image: Stored
    base: Stored
    python: str
    packages: tuple[Package, ...]

    @property
    def added(self) -> int:
        """Bytes over the base."""
        return self.image.size - self.base.size


def dockerfile(recipe: Recipe, python: str = "python3") -> str:
    """The text of the `Dockerfile`.

    Args:
        recipe: What the image is made of.
        python: The command of the base's interpreter.
    """
    return TEMPLATES.get_template("Dockerfile.j2").render(
        version=__version__,
        plan=contract.PLAN,
        base=recipe.base,
        place=" ".join(recipe.requirements.place.split()) if recipe.requirements is not None else "",
        python=python,
        home=HOME,
        code=recipe.code,
        command=json.dumps(contract.RUNNER),
    )


def build_image(
    engine: Engine, recipe: Recipe, tag: str, platform: str | None, pins: Sequence[Pin] | None = None
) -> Built:
    """Build an image.

    The same wheels on the same base make the same layers.

    Args:
        engine: Who builds it.
        recipe: What it is made of.
        tag: Its name.
        platform: Such as `linux/arm64`; None: as the engine's own.
        pins: What the runner gets beside itself; None: what it is tested with.

    Raises:
        ImageError: The base, a package or the engine failed.
    """
    python = engine.ask_python(recipe.base, platform)
    with tempfile.TemporaryDirectory(prefix="flowc-image-") as name:
        folder = Path(name)
        packages = fetch(python, runner_wheel(), recipe.requirements, folder, pins or locked())
        copyfile(install.__file__, folder / "install.py")
        (folder / "Dockerfile").write_text(dockerfile(recipe, python.name), encoding="utf-8")
        if recipe.write_code is not None:
            recipe.write_code(folder / "code")
        _same_for_all(folder)
        engine.build(name, tag, platform)
    image, base = engine.inspect(tag), engine.inspect(recipe.base)
    return Built(image=image, base=base, python=python.version, packages=packages)


def _same_for_all(folder: Path) -> None:
    """Times and modes that do not depend on when and by whom the files were made: layers hold them."""
    for place, folders, files in os.walk(folder, topdown=False):
        for name in (*files, *folders):
            path = os.path.join(place, name)
            os.chmod(path, 0o755 if name in folders else 0o644)
            os.utime(path, _EPOCH)
