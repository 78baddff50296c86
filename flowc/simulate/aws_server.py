"""A server of Step Functions, Batch, ECS, Lambda and S3 on this machine: `python -m flowc.simulate.aws_server`.

Talks to the process that started it in lines of JSON:

* The first line on standard input is the settings: `python` (the interpreter of jobs), `containers` (whether jobs are
  containers), `max_jobs`, `folder` (for the jobs' logs), `s3_environment` (`AWS_*` variables of the store, or null for
  the server's own S3), `job_environment` and `max_retry_delay_s`.
* Standard output: `{"event": "ready", "port": ...}` when it listens; `job_started` and `job_ended` for each job.
* The line `stop ID REASON` ends a job, a task of ECS or an invocation of Lambda.
* Any other line on standard input is echoed as `{"event": "echo", "line": ...}`, after all events that came before.

The server ends, with all of its jobs, when its standard input closes.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from flowc.simulate import batch_jobs, ecs_tasks, lambda_functions, moto_repairs
from flowc.simulate.containers import Engine
from flowc.simulate.stepfunctions import own_environment

INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
"""Variables of the operating system that jobs have beside those that Batch would give them."""


class _Output:
    """Standard output, a line at a time from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def emit(self, event: Mapping[str, object]) -> None:
        with self._lock:
            self._stream.write(json.dumps(event) + "\n")
            self._stream.flush()


class _QuietHandler(MotoRequestHandler):
    """moto's own handler, without a line in the log for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def _listen() -> BaseWSGIServer:
    app = DomainDispatcherApplication(create_backend_app)
    return make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler)


def _prepare(settings: Mapping[str, Any], port: int, output: _Output) -> batch_jobs.Compute:
    endpoint = f"http://127.0.0.1:{port}"
    os.environ["MOTO_PORT"] = str(port)
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    moto_repairs.apply(endpoint, settings["s3_environment"])
    moto_repairs.limit_retry_delays(settings["max_retry_delay_s"])
    inherited = () if settings["containers"] else INHERITED
    compute = batch_jobs.Compute(
        python=settings["python"],
        engine=Engine() if settings["containers"] else None,
        environment={
            **{name: os.environ[name] for name in inherited if name in os.environ},
            **(settings["s3_environment"] or own_environment(endpoint)),
            **settings["job_environment"],
        },
        folder=Path(settings["folder"]),
        slots=threading.BoundedSemaphore(settings["max_jobs"]),
        emit=output.emit,
    )
    batch_jobs.install(compute)
    ecs_tasks.install(compute)
    lambda_functions.install(compute)
    return compute


def main() -> None:
    """Serves until standard input closes."""
    # the interruption of a terminal goes to all processes in its foreground; the parent decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    output = _Output(sys.stdout)
    settings = json.loads(sys.stdin.readline())
    server = _listen()
    compute = _prepare(settings, server.server_port, output)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    output.emit({"event": "ready", "port": server.server_port})
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        if command == "stop":
            identity, _, reason = rest.partition(" ")
            compute.jobs[identity].terminate(reason)
        else:
            output.emit({"event": "echo", "line": line.rstrip("\n")})
    compute.stop()
    # threads of the interpreter may wait for ever; nothing here has to be written before the end
    os._exit(0)


if __name__ == "__main__":
    main()
