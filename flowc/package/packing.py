"""A flow's code package, from its folder to its bytes, or what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flowc.contract import PLAN_NAME, Plan
from flowc.diagnostics import Diagnostic, Severity, has_errors
from flowc.errors import FlowcError
from flowc.package.archive import CodePackage, File, pack_files, plan_bytes
from flowc.package.contents import NO_RULES, Entry, Rules, Source, Unreadable, find_contents
from flowc.store.archive import MAX_BYTES, MAX_MEMBERS, Names

LARGE_BYTES = 10 << 20
"""From here on a package is worth a warning: every machine fetches and unpacks it before its first task."""

_BLOCK = 512
_NAMED = 3


class PackageError(FlowcError):
    """A flow's folder cannot be packed."""


def build_package(plan: Plan, folder: str, rules: Rules = NO_RULES) -> CodePackage:
    """Like `pack`, for callers who tell nobody what was found.

    Raises:
        PackageError: The folder cannot be packed.
    """
    package, found = pack(plan, folder, rules)
    if package is None:
        raise PackageError("; ".join(d.message for d in found if d.severity is Severity.ERROR))
    return package


def pack(plan: Plan, folder: str, rules: Rules = NO_RULES) -> tuple[CodePackage | None, tuple[Diagnostic, ...]]:
    """Pack what belongs to a flow.

    Args:
        plan: The flow's plan.
        folder: The folder of the flow's file; its modules are imported relative to it.
        rules: What goes in beside Python files, and what does not.

    Returns:
        The package, None if there is an error; and what was found.

    Emits: FC004 if it is large, FC005 for a file that cannot go in.
    """
    return pack_entries(plan, find_contents(folder, plan.module, rules))


def pack_entries(plan: Plan, entries: Iterable[Entry]) -> tuple[CodePackage | None, tuple[Diagnostic, ...]]:
    """Like `pack`, of what `find_contents` has found."""
    entries = tuple(entries)
    sources = [entry for entry in entries if isinstance(entry, Source)]
    unreadable = [_unreadable(entry) for entry in entries if isinstance(entry, Unreadable)]
    found = [*unreadable, *_wrong_names(sources), *_too_large(plan, sources)]
    if has_errors(found):
        return None, tuple(found)
    try:
        return pack_files(plan_bytes(plan), _read(sources)), tuple(found)
    except OSError as error:
        why = error.strerror or str(error)
        return None, (*found, _unreadable(Unreadable(str(error.filename), why)))


def _read(sources: Iterable[Source]) -> Iterator[File]:
    for source in sources:
        with open(source.path, "rb") as file:
            yield File(source.name, file.read(), source.executable)


def _unreadable(entry: Unreadable) -> Diagnostic:
    return Diagnostic(
        code="FC005",
        message=f"`{_shown(entry.path)}` cannot be read: {entry.why}",
        help="make it readable, or leave it out: name it in `package_exclude` or .gitignore",
    )


def _wrong_names(sources: Iterable[Source]) -> Iterator[Diagnostic]:
    names = Names()
    names.problem(PLAN_NAME)
    for source in sources:
        if problem := names.problem(source.name):
            yield Diagnostic(
                code="FC005",
                message=f"`{_shown(source.name)}` cannot go into the code package: it {problem}",
                help="rename it, or leave it out: name it in `package_exclude` or .gitignore",
            )


def _too_large(plan: Plan, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    size = sum(_BLOCK + -(-count // _BLOCK) * _BLOCK for count in (len(plan_bytes(plan)), *(s.size for s in sources)))
    less = "leave files out by `package_exclude` or .gitignore, or have them from elsewhere"
    largest = f"{less}; the largest: {_largest(sources)}"
    if len(sources) >= MAX_MEMBERS:
        message = f"the code package would have {len(sources):,} files, more than {MAX_MEMBERS - 1:,}"
        yield Diagnostic(code="FC004", message=message, help=f"{less}; `flowc package list` shows them")
    # what else an archive has for a long name, and at its end, is far less than a percent
    if size > MAX_BYTES - (MAX_BYTES >> 6):
        message = f"the code package would have {megabytes(size)}, more than {megabytes(MAX_BYTES)}"
        yield Diagnostic(code="FC004", message=message, help=largest)
    elif size > LARGE_BYTES:
        message = f"the code package has {megabytes(size)}, which each machine fetches before its first task"
        yield Diagnostic(code="FC004", message=message, help=largest, severity=Severity.WARNING)


def _largest(sources: Sequence[Source]) -> str:
    large = sum(source.size for source in sources) // 100
    by_size = sorted((s for s in sources if s.size >= large), key=lambda s: (-s.size, s.name))[:_NAMED]
    return ", ".join(f"`{_shown(source.name)}` ({megabytes(source.size)})" for source in by_size)


def megabytes(size: int) -> str:
    """A number of bytes for a person."""
    return f"{size / 1e6:,.1f} MB"


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
