"""`python -m flowc.runner`: one task, described by `FLOWC_*` environment variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from flowc.errors import FlowcError
from flowc.runner.code import open_code
from flowc.runner.request import Request, read_request
from flowc.runner.supervise import exit_code, supervise
from flowc.runner.task import Code, Failure, catch_death, perform
from flowc.runner.words import Teller
from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store


def main(environment: Mapping[str, str] = os.environ, open_store: Callable[[str], ObjectStore] = open_store) -> int:
    """Run the task that the environment describes; an exit code of `flowc.contract`."""
    try:
        request = read_request(environment)

        def body(teller: Teller) -> int:
            return _perform(request, open_store(request.store), environment, teller)

        def catch(store: ObjectStore, started_ns: int, failure: Failure) -> bool:
            _, plan = open_code(store, request.task.flow, request.code, environment)
            return catch_death(request, store, plan, started_ns, failure)

        return supervise(request, lambda: open_store(request.store), body, catch)
    except FlowcError as error:
        sys.stderr.write(f"flowc: {error}\n")
        return exit_code(error)


def _perform(request: Request, store: ObjectStore, environment: Mapping[str, str], teller: Teller) -> int:
    from functools import partial

    from flowc.runner.loader import load_flow

    folder, plan = open_code(store, request.task.flow, request.code, environment)
    return perform(request, store, Code(plan, partial(load_flow, folder, plan.module, plan.flow)), teller)


if __name__ == "__main__":
    sys.exit(main())
