"""The command line; the only place that prints or exits."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str] | None = None) -> None:
    """The console script `flowc`.

    Exit codes: 0 all is well, 1 diagnostics or a failed run, 2 wrong usage, 70 flowc itself failed, 130 interrupted.
    """
    from flowc.cli.commands import cli
    from flowc.cli.output import EXIT_DIAGNOSTICS, EXIT_INTERNAL, fail, internal_error
    from flowc.errors import FlowcError

    try:
        cli.main(arguments, prog_name="flowc", standalone_mode=True)
    except FlowcError as error:
        fail(str(error))
        sys.exit(EXIT_DIAGNOSTICS)
    except BrokenPipeError:
        # whoever read the output has had enough; nothing more can be said on it
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(EXIT_DIAGNOSTICS)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        sys.exit(EXIT_DIAGNOSTICS)
    except Exception:  # noqa: BLE001 - the last resort of a program for people
        internal_error()
        sys.exit(EXIT_INTERNAL)
