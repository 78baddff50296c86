"""The command line; the only place that prints or exits."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> None:
    """The console script `flowc`.

    Exit codes: 0 all is well, 1 diagnostics or a failed run, 2 wrong usage, 70 flowc itself failed, 130 interrupted.
    """
    from flowc.cli.commands import cli

    cli.main(arguments, prog_name="flowc", standalone_mode=True)
    sys.exit(0)
