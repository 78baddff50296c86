"""What `flowc check` has found, for programs: JSON, SARIF, and the notes of GitHub Actions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from flowc._version import __version__
from flowc.diagnostics import CODES, Diagnostic, Label, Severity
from flowc.ir.flow import Flow
from flowc.source import SourceFile, Span

VERSION = 1
"""Of the JSON report: it changes when something that was there is gone or means something else."""

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"


class Checked(NamedTuple):
    """One file, and what was found in it.

    Attributes:
        file: As the user gave it.
        flow: None if there is an error.
        diagnostics: In order.
        sources: What their places refer to.
    """

    file: str
    flow: Flow | None
    diagnostics: Sequence[Diagnostic]
    sources: Mapping[str, SourceFile]

    def count(self, severity: Severity) -> int:
        """How many diagnostics of a severity there are."""
        return sum(d.severity is severity for d in self.diagnostics)


class _Range(NamedTuple):
    """A place as editors count: lines and columns from 1, columns in characters, the end after the last one."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


def _range(span: Span, sources: Mapping[str, SourceFile]) -> _Range | None:
    source = sources.get(span.file)
    if source is None:
        return None
    return _Range(span.file, *source.position(span.start), *source.position(span.end))


# --- JSON ------------------------------------------------------------------------------------------------------------


def as_json(checked: Sequence[Checked]) -> str:
    """See docs/commands.md."""
    report = {
        "version": VERSION,
        "flowc": __version__,
        "errors": sum(c.count(Severity.ERROR) for c in checked),
        "warnings": sum(c.count(Severity.WARNING) for c in checked),
        "files": [
            {
                "file": c.file,
                "flow": None if c.flow is None else c.flow.name,
                "steps": None if c.flow is None else len(c.flow.steps),
                "diagnostics": [_diagnostic_json(d, c.sources) for d in c.diagnostics],
            }
            for c in checked
        ],
    }
    return json.dumps(report, indent=2)


def _diagnostic_json(diagnostic: Diagnostic, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
    primary = diagnostic.primary
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "place": None if primary is None else _place_json(primary, sources),
        "related": [_place_json(label, sources) for label in diagnostic.secondary],
    }


def _place_json(label: Label, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
    at = _range(label.span, sources)
    return {
        "file": label.span.file,
        "start": None if at is None else {"line": at.line, "column": at.column},
        "end": None if at is None else {"line": at.end_line, "column": at.end_column},
        "text": label.text,
    }


# --- SARIF -----------------------------------------------------------------------------------------------------------


def as_sarif(checked: Sequence[Checked]) -> str:
    """A log of one run, with a rule for each code that was found.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
    """
    severities = {d.code: d.severity for c in checked for d in c.diagnostics}
    codes = sorted(severities)
    log = {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "flowc",
                        "version": __version__,
                        "rules": [_rule(code, severities[code]) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "artifacts": [{"location": _artifact(c.file)} for c in checked],
                "results": [_result(d, c, codes) for c in checked for d in c.diagnostics],
            }
        ],
    }
    return json.dumps(log, indent=2)


def _rule(code: str, severity: Severity) -> dict[str, Any]:
    meaning = CODES[code][:1].upper() + CODES[code][1:]
    return {
        "id": code,
        "shortDescription": {"text": f"{meaning}."},
        "help": {
            "text": f"{meaning}. Each result tells what to do about it; see {code} among flowc's diagnostics.",
            "markdown": f"**{code}**: {meaning}. Each result tells what to do about it.",
        },
        "defaultConfiguration": {"level": severity.value},
    }


def _result(diagnostic: Diagnostic, checked: Checked, codes: Sequence[str]) -> dict[str, Any]:
    primary = diagnostic.primary
    # a result without a place is shown nowhere
    where = {"physicalLocation": {"artifactLocation": _artifact(checked.file)}}
    related = [
        {"id": number, **_location(label, checked.sources)} for number, label in enumerate(diagnostic.secondary, 1)
    ]
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity.value,
        "message": {"text": f"{diagnostic.message}\nHelp: {diagnostic.help}"},
        "locations": [where if primary is None else _location(primary, checked.sources)],
        **({"relatedLocations": related} if related else {}),
    }


def _location(label: Label, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
    at = _range(label.span, sources)
    physical: dict[str, Any] = {"artifactLocation": _artifact(label.span.file)}
    if at is not None:
        physical["region"] = {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        }
    return {"physicalLocation": physical, **({"message": {"text": label.text}} if label.text else {})}


def _artifact(file: str) -> dict[str, str]:
    """A file, relative to the working directory where it lies below that: code scanning wants paths of a checkout."""
    relative = _below(file)
    if relative is None:
        return {"uri": f"file://{quote(os.path.abspath(file))}"}
    return {"uri": quote(relative), "uriBaseId": _ROOT}


def _below(file: str) -> str | None:
    relative = os.path.relpath(file)
    return None if relative == os.pardir or relative.startswith(os.pardir + os.sep) else relative.replace(os.sep, "/")


# --- GitHub Actions --------------------------------------------------------------------------------------------------


def as_github(checked: Sequence[Checked]) -> str:
    """A workflow command for each diagnostic, which GitHub shows at its line.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    return "\n".join(line for c in checked for line in _commands(c))


def _commands(checked: Checked) -> Iterator[str]:
    for diagnostic in checked.diagnostics:
        at = None if diagnostic.primary is None else _range(diagnostic.primary.span, checked.sources)
        file = checked.file if diagnostic.primary is None else diagnostic.primary.span.file
        properties = {"title": diagnostic.code, "file": _below(file) or file}
        if at is not None:
            properties |= {"line": str(at.line), "col": str(at.column)}
            properties |= {"endLine": str(at.end_line), "endColumn": str(at.end_column)}
        shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        text = f"{diagnostic.message}\nhelp: {diagnostic.help}"
        yield f"::{diagnostic.severity.value} {shown}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


REPORTS: Mapping[str, Callable[[Sequence[Checked]], str]] = {
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
"""Every format but the one for people, by its name on the command line."""
