"""The command line; the only place that prints or exits."""

from __future__ import annotations

import os
import sys

from flowc.cli.exit_codes import EXIT_DIAGNOSTICS, EXIT_INTERNAL, EXIT_INTERRUPTED


def main(arguments: list[str] | None = None) -> None:
    """The console script `flowc`.

    Exit codes: 0 all is well, 1 diagnostics or a failed run, 2 wrong usage, 70 flowc itself failed, 130 interrupted.
    """
    try:
        sys.exit(_run(arguments))
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(EXIT_INTERRUPTED)


def _run(arguments: list[str] | None) -> int:
    import click

    from flowc.cli.commands import cli
    from flowc.cli.output import fail, internal_error
    from flowc.errors import FlowcError

    try:
        # not click's own mode for scripts, in which Ctrl-C would be exit code 1
        code = cli.main(arguments, prog_name="flowc", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except FlowcError as error:
        fail(str(error))
        return EXIT_DIAGNOSTICS
    except BrokenPipeError:
        # whoever read the output has had enough; nothing more can be said on it
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_DIAGNOSTICS
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return EXIT_DIAGNOSTICS
    except Exception:  # noqa: BLE001 - the last resort of a program for people
        internal_error()
        return EXIT_INTERNAL
