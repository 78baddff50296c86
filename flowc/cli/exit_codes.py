"""What the command line tells the shell."""

EXIT_DIAGNOSTICS = 1
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
"""As a shell reports a process that SIGINT has ended: 128 + 2."""
