"""What runs are marked with: who starts them, tags, the time that they are for."""

from __future__ import annotations

import os
from collections.abc import Iterable

from flowc.contract import ENV_USER

MAX_TAGS = 50
MAX_TAG = 500
"""Characters of a tag.

Source: https://github.com/Netflix/metaflow/blob/master/metaflow/tagging_util.py
"""

USER_VARIABLES = (ENV_USER, "METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")
"""Where the name of the user is looked for: flowc's own place, and then Metaflow's.

Source: `get_username` in https://github.com/Netflix/metaflow/blob/master/metaflow/util.py
"""


def user_name() -> str:
    """Who is at work here; empty if that is not known."""
    for variable in USER_VARIABLES:
        if name := os.environ.get(variable):
            return name
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user need not have an account
        return ""


def tags_of(given: Iterable[str]) -> tuple[str, ...]:
    """Tags from the command line, sorted; ends the command if they cannot be used."""
    from flowc.cli.output import stop
    from flowc.diagnostics import Diagnostic

    tags = sorted(set(given))
    wrong = [(tag, why) for tag in tags if (why := _problem(tag))]
    found = [
        Diagnostic(code="FC001", message=f"{tag!r} cannot be a tag: {why}", help="write --tag TEXT")
        for tag, why in wrong
    ]
    if len(tags) > MAX_TAGS:
        message = f"{len(tags)} tags are given, and a run has at most {MAX_TAGS}"
        found.append(Diagnostic(code="FC001", message=message, help="give fewer"))
    if found:
        stop(found, {})
    return tuple(tags)


def _problem(tag: str) -> str | None:
    if not tag:
        return "it is empty"
    if len(tag) > MAX_TAG:
        return f"it has {len(tag)} characters, and a tag has at most {MAX_TAG}"
    return None if tag.isprintable() else "it has characters that cannot be shown"


def logical_date_of(given: str | None) -> str | None:
    """A time from the command line, in UTC; ends the command if it is none."""
    if given is None:
        return None
    from flowc.runner.start import parse_time

    try:
        return parse_time(given)
    except ValueError as error:
        from flowc.cli.output import stop
        from flowc.diagnostics import Diagnostic

        stop([Diagnostic(code="FC001", message=str(error), help="write --logical-date 2026-12-01, say")], {})
