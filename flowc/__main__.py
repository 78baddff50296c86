"""`python -m flowc`: the command line."""

from flowc.cli import main

main()
