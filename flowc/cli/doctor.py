"""`flowc doctor`: what is installed, reachable and configured here, and what to do about what is not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import click

from flowc._version import __version__
from flowc.cli.config import all_values, shown
from flowc.cli.exit_codes import EXIT_DIAGNOSTICS
from flowc.cli.finding import JSON
from flowc.cli.output import in_colour, place
from flowc.cli.tables import printable
from flowc.cli.values import dumps
from flowc.diagnostics import Severity
from flowc.errors import FlowcError, StoreError
from flowc.settings import (
    DECLARED,
    DEFAULT_STORE,
    Origin,
    Settings,
    aws_variables,
    load_settings,
    without_password,
)
from flowc.simulate.airflow import INSTALL, find_airflow
from flowc.simulate.errors import SimulateError
from flowc.simulate.libraries import MOTO_VERSION
from flowc.store.local import LocalStore
from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store, to_url

_OLDEST_PYTHON = (3, 11)
_PROBE = "flowc-doctor.json"
_ASK_AIRFLOW_S = 30.0
_AIRFLOW_PACKAGES = (
    "apache-airflow",
    "apache-airflow-providers-cncf-kubernetes",
    "apache-airflow-providers-amazon",
)
_SHOWN = frozenset(
    {
        "AWS_CONFIG_FILE",
        "AWS_ROLE_ARN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "FLOWC_CACHE",
        *(variable for declared in DECLARED for variable in (declared.variable, *declared.own)),
    }
)


class Verdict(Enum):
    """What is to be thought of a finding."""

    OK = "ok"
    NOTE = "note"
    """Not needed by what most people do; its absence has consequences that the hint tells."""
    BROKEN = "broken"
    """Needed, or asked for, and not working."""


_COLOURS = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.BROKEN: "red"}


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        section: `installed`, `reachable` or `configured`.
        name: What was looked at.
        verdict: What is to be thought of it.
        found: What there is: a version, a place, what was tried.
        hint: What to do about it; empty where there is nothing to do.
    """

    section: str
    name: str
    verdict: Verdict
    found: str
    hint: str = ""


@click.command()
@click.option("--store", help="Where artifacts are, instead of where the settings say.")
@click.option("--write", is_flag=True, help=f"Also try to write to the store: the object {_PROBE}, which stays there.")
@JSON
def doctor(store: str | None, write: bool, as_json: bool) -> None:
    """Look at what is installed, reachable and configured here.

    Of the store, names are listed; nothing is written unless --write says so.
    """
    settings = load_settings()
    given = sorted(name for name in os.environ if name.startswith(("FLOWC_", "AWS_")))
    os.environ.update(aws_variables(settings))
    root = store or settings.text("store") or DEFAULT_STORE
    python = settings.text("airflow_python")
    found = [*_installed(python), *_reachable(root, write), *_configured(settings, given)]
    if as_json:
        click.echo(dumps({"findings": [{**f._asdict(), "verdict": f.verdict.value} for f in found]}))
    else:
        _print(found)
    sys.exit(EXIT_DIAGNOSTICS if any(f.verdict is Verdict.BROKEN for f in found) else 0)


def _print(found: list[Finding]) -> None:
    section = ""
    width = max(len(f.name) for f in found)
    for finding in found:
        if finding.section != section:
            click.echo(f"{finding.section}:" if not section else f"\n{finding.section}:")
            section = finding.section
        mark = click.style(f"{finding.verdict.value:<6}", fg=_COLOURS[finding.verdict])
        text = f"  {mark}  {finding.name:<{width}}  {printable(finding.found)}"
        click.echo(text, color=in_colour(sys.stdout))
        if finding.hint:
            click.echo(f"{'':<10}{'':<{width}}  {finding.hint}")


# --- installed -------------------------------------------------------------------------------------------------------


def _installed(airflow_python: str | None) -> Iterator[Finding]:
    yield Finding("installed", "flowc", Verdict.OK, f"{__version__}, {Path(__file__).parents[1]}")
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _OLDEST_PYTHON:
        yield Finding("installed", "Python", Verdict.OK, f"{python}, {sys.executable}")
    else:
        oldest = ".".join(map(str, _OLDEST_PYTHON))
        yield Finding("installed", "Python", Verdict.BROKEN, python, f"flowc needs {oldest} or newer")
    yield from map(_package, _required())
    yield _simulator()
    yield _airflow(airflow_python)


def _required() -> list[str]:
    """The distributions that flowc always needs, by its own metadata."""
    try:
        wanted = metadata.requires("flowc") or []
    except metadata.PackageNotFoundError:
        return []
    names = []
    for requirement in wanted:
        name, _, marker = requirement.partition(";")
        old = 'python_version < "3.14"' in marker or "python_version < '3.14'" in marker
        if not marker or (old and sys.version_info < (3, 14) and "extra" not in marker):
            names.append(re.match(r"[\w.-]+", name)[0])  # type: ignore[index]
    return names


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _package(name: str) -> Finding:
    version = _version(name)
    if version is None:
        return Finding("installed", name, Verdict.BROKEN, "missing", f"pip install {name}")
    return Finding("installed", name, Verdict.OK, version)


def _simulator() -> Finding:
    name, missing = "moto", [n for n in ("boto3", "moto", "flask", "flask-cors") if _version(n) is None]
    hint = "for `flowc simulate --target stepfunctions`: pip install 'flowc[simulate]'"
    if missing:
        return Finding("installed", name, Verdict.NOTE, f"{', '.join(missing)} missing", hint)
    version = _version("moto") or ""
    if version != MOTO_VERSION:
        return Finding("installed", name, Verdict.NOTE, f"{version}, and {MOTO_VERSION} is needed", hint)
    return Finding("installed", name, Verdict.OK, version)


def _airflow(named: str | None) -> Finding:
    # what was named is asked for
    bad = Verdict.BROKEN if named else Verdict.NOTE
    hint = f"for `flowc simulate --target airflow`: {INSTALL}"
    try:
        python = find_airflow(named)
    except SimulateError:
        return Finding("installed", "Airflow", bad, f"no interpreter {named}" if named else "not found", hint)
    versions = _ask_versions(python)
    if isinstance(versions, str):
        return Finding("installed", "Airflow", bad, f"{python} does not work: {versions}", hint)
    missing = [name for name in _AIRFLOW_PACKAGES if versions[name] is None]
    if missing:
        return Finding("installed", "Airflow", bad, f"{python} lacks {', '.join(missing)}", hint)
    airflow, kubernetes, amazon = (versions[name] for name in _AIRFLOW_PACKAGES)
    found = f"{airflow} with cncf-kubernetes {kubernetes} and amazon {amazon}, {python}"
    return Finding("installed", "Airflow", Verdict.OK, f"{found}{' (airflow_python)' if named else ''}")


_ASK = """
import json, sys
from importlib import metadata
found = dict.fromkeys(sys.argv[1:])
for name in found:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def _ask_versions(python: Path) -> dict[str, str | None] | str:
    """The versions that an interpreter has, or why it cannot tell."""
    command = [str(python), "-I", "-c", _ASK, *_AIRFLOW_PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_AIRFLOW_S, stdin=subprocess.DEVNULL)
        if done.returncode:
            return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        versions: dict[str, str | None] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return f"no answer after {_ASK_AIRFLOW_S:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:
        return "its answer makes no sense"
    return versions


# --- reachable -------------------------------------------------------------------------------------------------------


def _reachable(root: str, write: bool) -> Iterator[Finding]:
    try:
        store = open_store(root)
    except StoreError as error:
        yield Finding("reachable", "store", Verdict.BROKEN, str(error))
        return
    where = place(to_url(root))
    if isinstance(store, LocalStore) and not os.path.exists(store.root):
        yield Finding("reachable", "store", Verdict.NOTE, f"{where} does not exist", "the first run makes it")
    else:
        yield _attempt("list the store", where, lambda: _listed(store))
    if write:
        yield _attempt("write to the store", f"{where}/{_PROBE}".replace("//flowc", "/flowc"), lambda: _probe(store))


def _attempt(name: str, where: str, act: Callable[[], str]) -> Finding:
    try:
        return Finding("reachable", name, Verdict.OK, f"{where}: {act()}")
    except FlowcError as error:
        return Finding("reachable", name, Verdict.BROKEN, f"{where}: {error}", _store_hint(where))


def _listed(store: ObjectStore) -> str:
    if isinstance(store, LocalStore) and not os.path.isdir(store.root):
        raise StoreError("it is not a directory")
    return f"listed, with {len(store.folders(''))} folders of flows"


def _probe(store: ObjectStore) -> str:
    """Do with one object what a run does: create it on a condition, replace it, read it."""
    wanted = json.dumps({"flowc": __version__, "probe": os.urandom(8).hex()}).encode()
    seen: list[bytes | None] = []

    def change(present: bytes | None) -> bytes | None:
        seen.append(present)
        return wanted

    store.write(_PROBE, [b"{}"])
    store.update(_PROBE, change)
    if seen[-1] != b"{}":
        raise StoreError("it does not honour conditional writes (If-None-Match, If-Match), which commits need")
    if store.read(_PROBE) != wanted:
        raise StoreError("what was read is not what was written")
    return "written, replaced on a condition, and read"


def _store_hint(where: str) -> str:
    if not where.startswith("s3://"):
        return "choose another with --store, or see to its permissions"
    hint = "credentials, region and endpoint come from AWS_* variables, a profile, or the machine's role"
    if not os.environ.get("AWS_REGION") and not os.environ.get("AWS_DEFAULT_REGION"):
        hint += "; AWS_REGION is not set"
    return hint


# --- configured ------------------------------------------------------------------------------------------------------


def _configured(settings: Settings, variables: Sequence[str]) -> Iterator[Finding]:
    values = all_values(settings)
    for problem in (*settings.problems, *settings.problems_of_targets()):
        verdict = Verdict.BROKEN if problem.severity is Severity.ERROR else Verdict.NOTE
        where = problem.primary.span if problem.primary is not None else None
        line = f"{where.file}:{settings.sources[where.file].position(where.start)[0]}: " if where is not None else ""
        yield Finding("configured", problem.code, verdict, f"{line}{problem.message}", problem.help)
    for value in values:
        if value.origin is Origin.FILE:
            yield Finding("configured", value.declared.name, Verdict.OK, f"{shown(value)} ({value.place})")
    for name in variables:
        text = without_password(os.environ[name]) if name in _SHOWN else "set (not shown)"
        yield Finding("configured", name, Verdict.OK, text)
    if settings.values["store"].origin is Origin.DEFAULT:
        hint = "set it, or `store` in pyproject.toml or flowc.toml, for a store that others can reach"
        yield Finding("configured", "FLOWC_STORE", Verdict.NOTE, f"not set: {DEFAULT_STORE} is used", hint)
