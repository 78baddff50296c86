"""Prints a run's artifacts as a conformance flow's expectations write them, for an author to check line by line.

python -m tests.conformance.record Flow/run_id STORE
"""

from __future__ import annotations

import sys
from pprint import pformat

from flowc import Run
from tests.conformance.expectations import shown_artifacts


def main(pathspec: str, store: str) -> None:
    """Print the value of `artifacts`."""
    run = Run(pathspec, store)
    print('    "artifacts": {')
    for step in run:
        for task in step:
            if task.successful:
                text = pformat(shown_artifacts(task), width=112, sort_dicts=False).replace("\n", "\n        ")
                print(f'        "{step.id}/{task.id}": {text},')
    print("    },")


if __name__ == "__main__":
    main(*sys.argv[1:])
