"""`python -m flowc.runner`: one task, described by `FLOWC_*` environment variables."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping

from flowc import contract
from flowc.errors import ContractError, FlowcError
from flowc.runner.code import open_code
from flowc.runner.output import say
from flowc.runner.request import Request, read_request
from flowc.runner.supervise import GRACE_S, exit_code, open_standard_streams, supervise
from flowc.runner.task import Code, Failure, catch_death, perform
from flowc.runner.termination import SIGNALS, end_at_once
from flowc.runner.words import Teller
from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store


def main(environment: Mapping[str, str] = os.environ, open_store: Callable[[str], ObjectStore] = open_store) -> int:
    """Run the task that the environment describes; an exit code of `flowc.contract`."""
    for number in SIGNALS:
        signal.signal(number, end_at_once)  # there is no task yet that could be told
    open_standard_streams()
    try:
        request = read_request(environment)
        grace_s = _grace_s(environment)

        def body(teller: Teller) -> int:
            return _perform(request, open_store(request.store), environment, teller)

        def catch(store: ObjectStore, started_ns: int, failure: Failure) -> bool:
            _, plan = open_code(store, request.task.flow, request.code, environment)
            return catch_death(request, store, plan, started_ns, failure)

        return supervise(request, lambda: open_store(request.store), body, catch, grace_s)
    except FlowcError as error:
        say(f"flowc: {error}\n", 2)
        return exit_code(error)


def _grace_s(environment: Mapping[str, str]) -> float:
    text = environment.get(contract.ENV_GRACE) or str(GRACE_S)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ContractError(f"{contract.ENV_GRACE} is `{text}`, not a number of seconds")
    return seconds


def _perform(request: Request, store: ObjectStore, environment: Mapping[str, str], teller: Teller) -> int:
    from functools import partial

    from flowc.runner.loader import load_flow

    folder, plan = open_code(store, request.task.flow, request.code, environment)
    return perform(request, store, Code(plan, partial(load_flow, folder, plan.module, plan.flow)), teller)


if __name__ == "__main__":
    sys.exit(main())
