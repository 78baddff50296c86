"""A flow's code package by the rules that are set, and its way into a store."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from flowc.cli.configured import settings_here
from flowc.cli.output import show, stop
from flowc.contract import blob_key, code_key

if TYPE_CHECKING:
    from flowc.compiler import Program
    from flowc.frontend import Choices
    from flowc.package import CodePackage, Rules


def rules_here() -> Rules:
    """What the settings for the working directory say about packages."""
    from flowc.package import Rules

    settings = settings_here()
    return Rules(include=settings.texts("package_include"), exclude=settings.texts("package_exclude"))


def package_of(program: Program) -> CodePackage:
    """A flow's package; ends the command where its folder cannot be packed."""
    from flowc.package import pack

    package, found = pack(program.plan, program.folder, rules_here())
    if package is None:
        stop(found, {})
    show(found, {})
    return package


def tell_uploads(program: Program, package: CodePackage, url: str) -> None:
    """Put a package, and the files that its flow includes, into a store, and say where each is."""
    from flowc.package import has_file, has_package, repair_package, upload_files
    from flowc.store.files import digest_of
    from flowc.store.opening import open_store

    store, flow = open_store(url), program.flow.name
    is_there = has_package(store, flow, package)
    if not is_there:
        repair_package(store, flow, package)
    click.echo(f"{_told('the code package', is_there)} {url}/{code_key(flow, package.code)}")
    for parameter in program.flow.params:
        file = parameter.file
        if file is not None:
            is_there = has_file(store, flow, file)
            if not is_there:
                upload_files(store, flow, [file])
            where = f"{url}/{blob_key(flow, digest_of(dict(file.record)))}"
            click.echo(f"{_told(f'the file of `{parameter.name}`', is_there)} {where}")


def _told(what: str, is_there: bool) -> str:
    return f"{what} is at" if not is_there else f"{what} was there already:"


def upload_command(file: str, store: str, choices: Choices) -> str:
    """The command that puts the package of a flow into a store, as a shell takes it."""
    return shlex.join(["flowc", "package", "upload", file, "--store", store, *_words(choices)])


def _words(choices: Choices) -> Iterator[str]:
    """The options that a flow was read with, as far as they change its plan."""
    if choices.branch is not None:
        yield from ("--branch", choices.branch)
    if choices.production:
        yield "--production"
    for decorator in choices.decorators:
        yield from ("--with", decorator)
    for option, pairs in (("--config", choices.config_files), ("--config-value", choices.config_values)):
        for name, value in pairs:
            yield from (option, name, value)
