"""`flowc image`: the step-runner image, as a text and built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import click

from flowc._version import __version__
from flowc.cli import completion
from flowc.cli.configured import configured
from flowc.cli.finding import JSON
from flowc.cli.group import Commands
from flowc.cli.options import CONFIG, CONFIG_VALUE, WITH
from flowc.cli.output import show, stop
from flowc.cli.packing import package_of
from flowc.cli.values import dumps
from flowc.contract import PLAN
from flowc.settings import without_password
from flowc.settings.declared import IMAGE, PLATFORM, Form

if TYPE_CHECKING:
    from flowc.compiler import Program
    from flowc.frontend import Choices
    from flowc.image.build import Built, Recipe
    from flowc.image.errors import ImageError
    from flowc.image.requirements import Requirements

_BASE = configured("image_base", "--base", metavar="IMAGE")
_FOR = click.option(
    "--for",
    "flow_file",
    metavar="FLOW.py",
    type=click.Path(),
    shell_complete=completion.flow_files,
    help="Add what this flow requires: by requirements.txt beside it, or else by pyproject.toml.",
)
_REQUIREMENTS = configured(
    "image_requirements",
    "--requirements",
    metavar="FILE",
    type=click.Path(),
    help="Add what this file requires instead (or FLOWC_IMAGE_REQUIREMENTS).",
)


@click.group(cls=Commands, elsewhere={})
def image() -> None:
    """Build the image that tasks run in, or show what goes into it."""


@image.command(name="show")
@_BASE
@_FOR
@_REQUIREMENTS
@JSON
def show_image(base: str, flow_file: str | None, requirements: str | None, as_json: bool) -> None:
    """Print the Dockerfile, and what goes into the image.

    Neither an engine nor a network is needed.
    """
    from flowc.image.build import dockerfile
    from flowc.image.runner_wheel import VERSION, runner_modules
    from flowc.image.wheels import locked

    _check_name("--base", base, IMAGE)
    recipe = _recipe(base, flow_file, requirements, None)
    text = dockerfile(recipe)
    wanted = recipe.requirements
    pins = [re.sub(r"\s*;\s*", " ; ", pin.requirement) for pin in locked() if pin.name != "pip"]
    if as_json:
        found = {
            "flowc": VERSION,
            "plan": PLAN,
            "base": base,
            "dockerfile": text,
            "modules": list(runner_modules()),
            "packages": pins,
            "requirements": None if wanted is None else {"place": wanted.place, "lines": _named(wanted)},
        }
        click.echo(dumps(found))
        return
    click.echo(text)
    click.echo(f"flowc {VERSION}, {len(runner_modules())} modules, for plans of versions up to {PLAN}")
    _list("with", pins)
    if wanted is not None:
        _list(f"and by {wanted.place}", _named(wanted))


@image.command()
@configured(
    "image",
    "--tag",
    "tag",
    metavar="NAME",
    help=f"The image's name (or FLOWC_IMAGE).  [default: flowc-runner:{__version__}]",
)
@_BASE
@_FOR
@_REQUIREMENTS
@click.option("--with-code", is_flag=True, help="Also put the code package of the flow into the image.")
@configured("image_engine", "--engine", metavar="NAME")
@configured("image_platform", "--platform", metavar="OS/ARCHITECTURE")
@click.option("--branch", metavar="NAME", help="With --with-code, as for `compile`.")
@click.option("--production", is_flag=True, help="With --with-code, as for `compile`.")
@WITH
@CONFIG
@CONFIG_VALUE
@JSON
def build(
    tag: str,
    base: str,
    flow_file: str | None,
    requirements: str | None,
    with_code: bool,
    engine: str | None,
    platform: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Build the image, with Docker or Podman.

    What is installed is fetched by pip, here and with its settings here; the engine needs no network but for the base.
    """
    from flowc.image.build import build_image
    from flowc.image.engine import find_engine
    from flowc.image.errors import ImageError

    _check_name("--tag", tag, IMAGE)
    _check_name("--base", base, IMAGE)
    if platform:
        _check_name("--platform", platform, PLATFORM)
    if with_code and not flow_file:
        raise click.UsageError("--with-code needs a flow: --for FLOW.py")
    recipe = _recipe(base, flow_file, requirements, _choices(**chosen), with_code=with_code)
    try:
        built = build_image(find_engine(engine), recipe, tag, platform)
    except ImageError as error:
        _stop(error)
    if as_json:
        click.echo(dumps(_as_json(tag, base, built, recipe)))
        return
    size, added = (f"{bytes / 1e6:,.1f} MB" for bytes in (built.image.size, built.added))
    click.echo(f"{tag}  {built.image.id}")
    click.echo(f"flowc {__version__}, Python {built.python}, {len(built.packages)} packages, for plans up to {PLAN}")
    click.echo(f"{size}, {added} over {base}")
    if recipe.code:
        click.echo(f"with the code package {recipe.code}")


def _as_json(tag: str, base: str, built: Built, recipe: Recipe) -> dict[str, Any]:
    return {
        "image": tag,
        "id": built.image.id,
        "size": built.image.size,
        "layers": list(built.image.layers),
        "base": {"image": base, "id": built.base.id, "size": built.base.size},
        "flowc": __version__,
        "plan": PLAN,
        "python": built.python,
        "code": recipe.code or None,
        "packages": [package._asdict() for package in built.packages],
    }


def _recipe(
    base: str,
    flow_file: str | None,
    requirements: str | None,
    choices: Choices | None,
    *,
    with_code: bool = False,
) -> Recipe:
    """What the image is made of; ends the command where the flow or its requirements cannot be used."""
    from flowc.image.build import Recipe

    program = _program(flow_file, choices) if flow_file else None
    wanted = _requirements(flow_file, requirements)
    if program is None or not with_code:
        return Recipe(base=base, requirements=wanted)
    from flowc.image.code import Code

    package = package_of(program)
    return Recipe(base=base, requirements=wanted, code=package.code, write_code=Code(package).write)


def _program(flow_file: str, choices: Choices | None) -> Program:
    from flowc.cli.flows import read_flow
    from flowc.frontend import Choices

    return read_flow(flow_file, choices or Choices())


def _requirements(flow_file: str | None, chosen: str | None) -> Requirements | None:
    from flowc.diagnostics import has_errors
    from flowc.image.requirements import read_requirements

    if not flow_file and not chosen:
        return None
    wanted, found, sources = read_requirements(flow_file, chosen)
    if has_errors(found):
        stop(found, sources)
    show(found, sources)
    if wanted is None:
        click.echo(f"neither requirements.txt nor pyproject.toml says what {flow_file} requires", err=True)
    return wanted


def _choices(
    branch: str | None,
    production: bool,
    decorators: tuple[str, ...],
    config_files: tuple[tuple[str, str], ...],
    config_values: tuple[tuple[str, str], ...],
) -> Choices:
    from flowc.cli.marks import user_name
    from flowc.frontend import Choices

    return Choices(
        branch=branch,
        production=production,
        user=user_name(),
        decorators=decorators,
        config_files=config_files,
        config_values=config_values,
    )


def _check_name(option: str, text: str, form: Form) -> None:
    from flowc.diagnostics import Diagnostic

    if not form.fits(text):
        wrong = Diagnostic(code="FC001", message=f"`{option} {text}` cannot be used", help=f"it should be {form.meant}")
        stop([wrong], {})


def _stop(error: ImageError) -> NoReturn:
    from flowc.diagnostics import Diagnostic

    if not error.code:
        raise error
    stop([Diagnostic(code=error.code, message=str(error), help=error.help)], {})


def _named(wanted: Requirements) -> list[str]:
    return [without_password(line) for line in wanted.named]


def _list(title: str, lines: list[str]) -> None:
    click.echo(f"{title}:")
    for line in lines:
        click.echo(f"  {line}")
