"""The value of every setting, and where it comes from.

What counts, the first one that there is: an option of the command line, a `FLOWC_*` variable, AWS's own variable where
it has one, `flowc.toml`, `[tool.flowc]` of `pyproject.toml`, the default. Options are the command line's business.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from flowc import contract
from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.settings.declared import AWS, DECLARED, Declared, Kind, declared_by, variable_of
from flowc.settings.files import OWN_FILE, SettingsFile, find_files
from flowc.source import SourceFile

if TYPE_CHECKING:
    from flowc.targets.base import Target

Data = str | int | tuple[str, ...] | None

KNOWN_VARIABLES = frozenset(
    (
        *(declared.variable for declared in DECLARED),
        # a task's environment
        *(value for name, value in vars(contract).items() if name.startswith("ENV_")),
    )
)
"""All variables that mean something, but for those of targets."""


class Origin(Enum):
    """Where a value comes from."""

    VARIABLE = "variable"
    AWS_VARIABLE = "AWS's variable"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A setting's value.

    Attributes:
        declared: The setting.
        data: A string, a number from 1 on, or strings; None for none.
        origin: Where it comes from.
        place: The variable, or the file and the line; empty for a default.
    """

    declared: Declared
    data: Data
    origin: Origin = Origin.DEFAULT
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for a folder.

    Attributes:
        files: Those with settings, the one that counts for more first.
        environment: The variables.
        values: By name; what is wrong has its default.
        problems: What is wrong with files and variables, but for what is a target's.
        sources: Of the files, for `render`.
    """

    files: tuple[SettingsFile, ...]
    environment: Mapping[str, str] = field(repr=False)
    values: Mapping[str, Value]
    problems: tuple[Diagnostic, ...]
    sources: Mapping[str, SourceFile]

    def text(self, name: str) -> str | None:
        """The value of a setting that is a string."""
        data = self.values[name].data
        assert data is None or isinstance(data, str)
        return data

    def texts(self, name: str) -> tuple[str, ...]:
        """The value of a setting that is a list of strings; empty for none."""
        data = self.values[name].data or ()
        assert isinstance(data, tuple)
        return data

    def of_target(self, target: Target[Any]) -> tuple[dict[str, Value], tuple[Diagnostic, ...]]:
        """The values of a target's own settings, by their names there, and what is wrong with them."""
        declared = declared_by(target)
        problems: list[Diagnostic] = []
        for file in self.files:
            table = file.table.get(target.name, {})
            if isinstance(table, dict):
                problems += _unknown_keys(file, table, (target.name,), {d.path[-1] for d in declared})
        problems += _unknown_variables(
            (n for n in self.environment if n.startswith(f"{variable_of(target.name)}_")),
            known={*KNOWN_VARIABLES, *(d.variable for d in declared)},
            meant=(d.variable for d in declared),
        )
        found = _values(declared, self.files, self.environment, problems)
        return {v.declared.path[-1]: v for v in found.values()}, tuple(problems)

    def problems_of_targets(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the settings of all targets that files or variables say something of."""
        problems: list[Diagnostic] = []
        # a target takes longer to import than all settings to read
        for name in filter(self._has_settings_of, _targets()):
            from flowc.targets.registry import load_target

            problems += self.of_target(load_target(name))[1]
        return tuple(problems)

    def _has_settings_of(self, target: str) -> bool:
        prefix = f"{variable_of(target)}_"
        variables = (n for n in self.environment if n.startswith(prefix) and n not in KNOWN_VARIABLES)
        return any(target in file.table for file in self.files) or any(variables)


def load_settings(folder: str = ".", environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings for a folder; nothing is written, and nothing in the environment is changed.

    Args:
        folder: Files are looked for there, and above.
        environment: The variables.
    """
    files, found, sources = find_files(folder)
    problems = list(found)
    for file in files:
        problems += _unknown_keys(file, file.table, (), {d.path[0] for d in DECLARED})
        table = file.table.get(AWS, {})
        if isinstance(table, dict):
            problems += _unknown_keys(file, table, (AWS,), {d.path[-1] for d in DECLARED if d.path[0] == AWS})
    values = _values(DECLARED, files, environment, problems)
    problems += _unknown_variables(environment, KNOWN_VARIABLES, (d.variable for d in DECLARED))
    return Settings(
        files=files,
        environment=environment,
        values=values,
        problems=tuple(problems),
        sources=sources,
    )


def without_password(text: str) -> str:
    """A URL without who it is opened by."""
    scheme, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or "@" not in authority:
        return text
    return f"{scheme}://...@{authority.rpartition('@')[2]}{slash}{path}"


# --- values ----------------------------------------------------------------------------------------------------------


def _values(
    declared: Iterable[Declared],
    files: Iterable[SettingsFile],
    environment: Mapping[str, str],
    problems: list[Diagnostic],
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for one in declared:
        given = [*_in_variables(one, environment, problems), *_in_files(one, files, problems)]
        found[one.name] = next(iter(given), Value(declared=one, data=one.default))
    return found


def _in_variables(one: Declared, environment: Mapping[str, str], problems: list[Diagnostic]) -> Iterator[Value]:
    names = ((one.variable, Origin.VARIABLE), *((name, Origin.AWS_VARIABLE) for name in one.own))
    for name, origin in names:
        text = environment.get(name)
        if not text:  # an empty variable is as good as none
            continue
        try:
            # what AWS's own variables may be is AWS's business
            data = text if origin is Origin.AWS_VARIABLE else _checked(one, _parsed(one.kind, text))
        except ValueError as error:
            message = f"the variable {name} is `{text}`, and it should be {error}"
            problems.append(Diagnostic(code="FC503", message=message, help=f"set it anew, or unset {name}"))
        else:
            yield Value(declared=one, data=data, origin=origin, place=name)


def _parsed(kind: Kind, text: str) -> Data:
    match kind:
        case Kind.COUNT:
            return int(text) if text.isascii() and text.isdigit() else text
        case Kind.TEXTS if text.startswith("["):
            try:
                return tuple(json.loads(text))
            except ValueError:
                raise ValueError("words with blanks between them, or a list as JSON has it") from None
        case Kind.TEXTS:
            return tuple(text.split())
        case _:
            return text


def _in_files(one: Declared, files: Iterable[SettingsFile], problems: list[Diagnostic]) -> Iterator[Value]:
    for file in files:
        present: Any = file.table
        for depth, word in enumerate(one.path):
            if not isinstance(present, dict):
                wanted = f"`{'.'.join(one.path[:depth])}` should be a table"
                header = ".".join((*file.above, *one.path[:depth]))
                problem = _wrong(file, one.path[:depth], wanted, f"write `[{header}]`")
                if problem not in problems:
                    problems.append(problem)
                break
            if word not in present:
                break
            present = present[word]
        else:
            try:
                data = _checked(one, tuple(present) if isinstance(present, list) else present)
            except ValueError as error:
                help = f"write `{one.path[-1]} = {one.kind.example}`"
                problems.append(_wrong(file, one.path, f"`{one.name}` should be {error}", help))
            else:
                yield Value(declared=one, data=_from(file, one, data), origin=Origin.FILE, place=file.place(one.path))


def _from(file: SettingsFile, one: Declared, data: Data) -> Data:
    """A path as it is meant, from the file's folder on; absolute."""
    if one.kind not in (Kind.PATH, Kind.STORE) or not isinstance(data, str) or "://" in data:
        return data
    return os.path.normpath(os.path.join(file.folder, os.path.expanduser(data)))


def _checked(one: Declared, data: Any) -> Data:
    """The value, if it is one.

    Raises:
        ValueError: It is none; the text says what it should be.
    """
    match one.kind, data:
        case ((Kind.TEXT | Kind.PATH | Kind.STORE), str()) if data:
            if one.form is not None and not one.form.fits(data):
                raise ValueError(one.form.meant)
            return data
        case Kind.COUNT, int() if not isinstance(data, bool) and data > 0:
            return data
        case Kind.TEXTS, tuple() if all(isinstance(word, str) for word in data):
            if one.form is not None and not all(map(one.form.fits, data)):
                raise ValueError(one.form.meant)
            return data
        case _:
            raise ValueError(f"{one.kind.words}, and not empty" if data == "" else one.kind.words)


def _wrong(file: SettingsFile, path: tuple[str, ...], message: str, help: str) -> Diagnostic:
    return Diagnostic(code="FC503", message=message, help=help, primary=Label(span=file.span(path)))


# --- names -----------------------------------------------------------------------------------------------------------


def _unknown_keys(
    file: SettingsFile, table: Mapping[str, Any], within: tuple[str, ...], known: set[str]
) -> Iterator[Diagnostic]:
    for key, value in table.items():
        if key in known or (not within and _is_target(key, value)):
            continue
        what = "table" if isinstance(value, dict) else "setting"
        yield Diagnostic(
            code="FC502",
            message=f"there is no {what} `{'.'.join((*within, key))}`",
            help=_meant(file, key, within, known),
            primary=Label(span=file.span((*within, key))),
        )


def _meant(file: SettingsFile, key: str, within: tuple[str, ...], known: set[str]) -> str:
    if not within and key == "tool" and os.path.basename(file.source.file) == OWN_FILE:
        return f"in `{OWN_FILE}` settings stand at the top, without `[tool.flowc]`"
    elsewhere = [d.name for d in DECLARED if d.path[-1] == key.replace("-", "_")]
    near = elsewhere or _near(key.replace("-", "_"), known | (set() if within else set(_targets())))
    if near:
        return f"did you mean `{near[0] if elsewhere else '.'.join((*within, near[0]))}`?"
    return f"there are {', '.join(sorted(known))}; `flowc config` shows them all"


def _near(word: str, words: Iterable[str]) -> list[str]:
    whole = sorted(words)
    longer = [w for w in whole if w.endswith(f"_{word}")]  # as `queue` for `batch_queue`
    return difflib.get_close_matches(word, whole, 1, cutoff=0.7) or (longer if len(longer) == 1 else [])


def _targets() -> tuple[str, ...]:
    try:
        from flowc.targets.registry import target_names
    except ModuleNotFoundError:  # a step-runner image has no targets
        return ()
    return target_names()


def _is_target(name: str, value: Any) -> bool:
    try:
        from flowc.targets.registry import has_target
    except ModuleNotFoundError:  # in a step-runner image, where a table may be any target's
        return isinstance(value, dict)
    return has_target(name)


def _unknown_variables(names: Iterable[str], known: Iterable[str], meant: Iterable[str]) -> Iterator[Diagnostic]:
    """Variables that are nearly one of flowc's: whoever set them meant it. Others that begin so may be anybody's.

    Args:
        names: The variables.
        known: Those that mean something.
        meant: Those that one may have meant.
    """
    words = sorted(meant)
    for name in sorted({n for n in names if n.startswith("FLOWC_")} - {*known}):
        if near := difflib.get_close_matches(name, words, 1, cutoff=0.85):
            yield Diagnostic(
                code="FC504",
                message=f"the variable {name} means nothing to flowc",
                help=f"did you mean {near[0]}?",
                severity=Severity.WARNING,
            )
