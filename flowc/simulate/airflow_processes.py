"""What Airflow's operators start, as processes of this machine; `airflow_driver.py` loads this file from beside it.

For the interpreter that has Airflow, which has nothing of flowc. What stands in for a Docker daemon is `Daemon`, the
far end of `DockerOperator`'s client: it takes a container as the client would send it, refuses what a daemon would
refuse, and starts the command as a process. `BashOperator` starts a process by itself, which is only watched.
"""

from __future__ import annotations

import collections
import contextlib
import datetime
import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol, TypeAlias

Json: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[[Json], None]

TAIL_LINES = 60
"""Lines of a process's output that an answer holds."""

STOP_S = 10.0
"""Between SIGTERM and SIGKILL when a container is stopped, as Docker has it."""

MIN_MEMORY = 6 * 1024 * 1024
"""Bytes: Docker refuses a lower limit.

Source: https://docs.docker.com/engine/containers/resource_constraints/
"""

API_VERSION = "1.41"
"""Of Docker's API, whose forms are checked."""

INHERITED = re.compile(r"PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|SSL_CERT_.*|AWS_.*")
"""What a process gets of this process's environment: the machine's, and the cloud's credentials."""


class Asked(Protocol):
    """The part of a job that says how processes are started; see `airflow_driver.Job`."""

    @property
    def runner(self) -> list[str]: ...
    @property
    def env(self) -> dict[str, str]: ...
    @property
    def log_dir(self) -> str: ...


def now() -> datetime.datetime:
    """The time, in UTC."""
    return datetime.datetime.now(tz=datetime.UTC)


def exit_code(returncode: int) -> int:
    """A container's exit code: 128 and the signal's number for a process that a signal ended."""
    return returncode if returncode >= 0 else 128 - returncode


def surroundings(env: Mapping[str, str], job: Asked) -> dict[str, str]:
    """All variables of a process that has its own and what a simulation adds."""
    return {k: v for k, v in os.environ.items() if INHERITED.fullmatch(k)} | dict(env) | job.env


def stand_in(words: Sequence[str], job: Asked) -> list[str]:
    """The command of an image, for this machine.

    Raises:
        ValueError: It is not `python`.
    """
    if list(words[:1]) != ["python"]:
        raise ValueError(f"a simulation can run the command `python`, not {list(words)}")
    return [*job.runner, *words[1:]]


class Work(ABC):
    """A process, and what a message says of it.

    Attributes:
        name: Unique among those of a run.
        body: What was asked for.
        env: The environment that was asked for.
        log: The file with all of its output.
        tail: The last lines of it.
        finished: When it has ended; None while it runs.
    """

    labels: Mapping[str, str] = {}
    resources: Mapping[str, Mapping[str, str]] = {}

    def __init__(self, *, name: str, body: Json, env: dict[str, str], log_dir: str) -> None:
        self.name = name
        self.body = body
        self.env = env
        self.log = Path(log_dir, f"{name}.log")
        self.tail: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        self.started = now()
        self.finished: datetime.datetime | None = None

    @abstractmethod
    def code(self) -> int | None:
        """Its exit code; None while it runs."""

    @abstractmethod
    def kill(self) -> None:
        """End it, with all that it has started."""

    def keep(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Lines of its output as they come, which are written to its log too."""
        with self.log.open("ab") as log:
            for line in lines:
                log.write(line)
                log.flush()
                self.tail.append(line.decode(errors="backslashreplace").rstrip("\n"))
                yield line

    def report(self) -> Json:
        """What a message says of it."""
        return {
            "name": self.name,
            "labels": dict(self.labels),
            "resources": self.resources,
            "body": self.body,
            "env": self.env,
            "exit_code": self.code(),
            "seconds": ((self.finished or now()) - self.started).total_seconds(),
            "tail": list(self.tail),
            "log": str(self.log),
        }


class Local(Work):
    """A process of this machine, in a session of its own."""

    process: subprocess.Popen[bytes]

    def start(self, command: Sequence[str], env: Mapping[str, str], folder: str) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def output(self) -> Iterator[bytes]:
        """The output's lines as they appear; it has ended when they do."""
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            yield from self.keep(lines)
        self.process.wait()
        self.finished = now()

    def code(self) -> int | None:
        returncode = self.process.poll()
        return None if returncode is None else exit_code(returncode)

    def signal(self, number: int) -> None:
        """Send a signal to it and all that it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait()


class Works:
    """Everything that the DAG's operators have started, while a job runs.

    Attributes:
        job: What runs; see `airflow_driver.Job`.
        history: In the order in which they have started.
        starting: Is held by whoever starts something.
    """

    def __init__(self, send: Send) -> None:
        self.job: Any = None
        self.history: list[Work] = []
        self.starting = threading.Lock()
        self._send = send
        self._numbers = itertools.count(1)

    def begin(self, job: Asked) -> None:
        """Forget what there was."""
        self.job, self.history = job, []

    def end(self) -> None:
        """Kill what still runs."""
        for work in self.history:
            if work.code() is None:
                work.kill()

    def exit(self) -> None:
        """End all of it and this process; nothing starts in between."""
        with self.starting:
            self.end()
            os._exit(0)

    def name(self, env: Mapping[str, str]) -> str:
        """A name for a process with this environment."""
        path = env.get("FLOWC_PATH", "_")
        return f"{env.get('FLOWC_STEP', 'process')}-{path}-{next(self._numbers)}"

    def add(self, work: Work) -> None:
        """Note what has started; by now it may have ended, which is another message."""
        self.history.append(work)
        self._send({"pod": {**work.report(), "exit_code": None}})

    def tell(self, work: Work) -> None:
        """Send a message about it."""
        self._send({"pod": work.report()})


# --- Docker -------------------------------------------------------------------------------------------------


class Container(Local):
    """A container that is a process."""

    def __init__(self, name: str, config: Json, log_dir: str) -> None:
        env = dict(variable.split("=", 1) for variable in config.get("Env") or ())
        super().__init__(name=name, body=config, env=env, log_dir=log_dir)
        host = config["HostConfig"]
        self.resources = {"limits": {k: str(host[k]) for k in ("Memory", "CpuShares", "ShmSize") if host.get(k)}}
        self.is_started = False

    def code(self) -> int | None:
        return super().code() if self.is_started else None

    def kill(self) -> None:
        if self.is_started:
            super().kill()


class Daemon:
    """The calls of `docker.APIClient` that `DockerOperator` makes, answered by local processes.

    The operator follows a container's output to the end, and that is what drives the container.
    """

    def __init__(self, works: Works) -> None:
        self._works = works
        self._containers: dict[str, Container] = {}

    def images(self, *, name: str) -> list[Json]:
        """Every image is there."""
        return [{"RepoTags": [name]}]

    def create_host_config(self, **settings: Any) -> Json:
        """What the client makes of its arguments."""
        from docker.types import HostConfig

        config: Json = HostConfig(version=API_VERSION, **settings)
        return config

    def create_container(self, *, name: str | None, **settings: Any) -> Json:
        """Make a container; it is not started yet."""
        from docker.types import ContainerConfig

        command = settings.pop("command")
        config: Json = json.loads(json.dumps(ContainerConfig(API_VERSION, settings.pop("image"), command, **settings)))
        check_container(config)
        own = dict(variable.split("=", 1) for variable in config.get("Env") or ())
        container = Container(name or self._works.name(own), config, self._works.job.log_dir)
        self._containers[container.name] = container
        return {"Id": container.name, "Warnings": []}

    def attach(self, *, container: str, **_: object) -> Iterator[bytes]:
        """Its output, from its start to its end."""
        yield from self._containers[container].output()
        self._works.tell(self._containers[container])

    def start(self, container: str) -> None:
        """Start it."""
        found = self._containers[container]
        words = [*(found.body.get("Entrypoint") or ()), *(found.body.get("Cmd") or ())]
        job = self._works.job
        with self._works.starting:
            found.start(stand_in(words, job), surroundings(found.env, job), job.log_dir)
            found.is_started = True
            self._works.add(found)

    def wait(self, container: str) -> Json:
        """Its exit code, when it has ended."""
        found = self._containers[container]
        found.process.wait()
        return {"StatusCode": found.code()}

    def stop(self, container: str) -> None:
        """Ask it to end, and insist after a while."""
        found = self._containers[container]
        found.signal(signal.SIGTERM)
        try:
            found.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            found.kill()

    def remove_container(self, container: str, *, force: bool = False) -> None:
        """Forget it, and end it if it runs."""
        self._containers.pop(container).kill()


def check_container(config: Json) -> None:
    """Refuse what a daemon refuses, as far as a generated file could get it wrong.

    Args:
        config: The request's body.

    Raises:
        ValueError: It says what is wrong.
    """
    if not re.fullmatch(r"\S+", config.get("Image") or ""):
        raise ValueError(f"invalid reference format: {config.get('Image')!r}")
    host = config["HostConfig"]
    memory = host.get("Memory")
    if memory is not None and memory < MIN_MEMORY:
        raise ValueError(f"Minimum memory limit allowed is 6MB, and this is {memory} bytes")
    for mount in host.get("Mounts") or ():
        if not mount["Target"].startswith("/"):
            raise ValueError(f"invalid mount target, must be an absolute path: {mount['Target']!r}")
        if mount["Type"] == "bind" and not mount["Source"].startswith("/"):
            raise ValueError(f"invalid mount path, must be an absolute path: {mount['Source']!r}")


class Followed(Work):
    """A container of a real daemon."""

    status: int | None = None

    def code(self) -> int | None:
        return self.status

    def kill(self) -> None:
        pass  # the operator removes it


class RealDaemon:
    """A client of a real daemon, whose containers get what a simulation adds: variables, and this machine's network."""

    def __init__(self, client: Any, works: Works) -> None:
        self._client = client
        self._works = works
        self._containers: dict[str, Followed] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def create_host_config(self, **settings: Any) -> Any:
        """With this machine's network: servers that stand for a cloud listen on 127.0.0.1."""
        return self._client.create_host_config(**{**settings, "network_mode": "host"})

    def create_container(self, *, environment: dict[str, str], **settings: Any) -> Any:
        """Make a container."""
        job = self._works.job
        made = self._client.create_container(environment={**job.env, **environment}, **settings)
        body = {name: settings[name] for name in ("image", "command", "host_config")}
        self._containers[made["Id"]] = Followed(
            name=self._works.name(environment), body=body, env=environment, log_dir=job.log_dir
        )
        return made

    def attach(self, *, container: str, **settings: Any) -> Iterator[bytes]:
        """Its output."""
        pieces = self._client.attach(container=container, **settings)
        return self._containers[container].keep(pieces)

    def start(self, container: str) -> None:
        """Start it."""
        self._client.start(container)
        self._works.add(self._containers[container])

    def wait(self, container: str) -> Any:
        """Its exit code, when it has ended."""
        answer = self._client.wait(container)
        work = self._containers[container]
        work.status, work.finished = answer["StatusCode"], now()
        self._works.tell(work)
        return answer


def install_daemon(works: Works) -> None:
    """Put a daemon at the far end of the provider's client; nothing where the provider is not installed.

    In a job with containers, the daemon is the one that the DAG or DOCKER_HOST names.
    """
    try:
        from airflow.providers.docker.hooks.docker import DockerHook
    except ImportError:
        return
    original = DockerHook.api_client.func
    local = Daemon(works)

    def api_client(self: Any) -> Any:
        if not works.job.kubelet:
            return local
        if "_real_daemon" not in vars(self):
            self._real_daemon = RealDaemon(original(self), works)
        return self._real_daemon

    DockerHook.api_client = property(api_client)
    DockerHook.client_created = property(lambda _: True)


# --- processes of the worker --------------------------------------------------------------------------------


class Watched(Local):
    """A process that an operator has started by itself."""


def install_watch(works: Works, folder: Path) -> None:
    """Watch what `BashOperator` starts, and let `python` be the interpreter that the job says.

    Args:
        folder: For the command `python`.
    """
    from airflow.providers.standard.hooks import subprocess as hooks

    folder.mkdir(parents=True, exist_ok=True)
    original = subprocess.Popen

    def start(command: Sequence[str], *, env: Mapping[str, str], **settings: Any) -> Any:
        job = works.job
        own = {name: value for name, value in env.items() if name.startswith("FLOWC_")}
        python = folder / "python"
        python.write_text(f'#!/bin/sh\nexec {shlex.join(job.runner)} "$@"\n')
        python.chmod(0o755)
        search = {"PATH": f"{folder}{os.pathsep}{env.get('PATH', os.defpath)}"}
        with works.starting:
            process = original(command, env={**env, **job.env, **search}, **settings)
            work = Watched(name=works.name(own), body={"command": list(command)}, env=own, log_dir=job.log_dir)
            work.process = process
            works.add(work)
        process.stdout = _Tee(process.stdout, work, works)  # type: ignore[assignment]
        return process

    hooks.Popen = start


class _Tee:
    """The output of a process, whose reader is watched too."""

    def __init__(self, stream: IO[bytes] | None, work: Watched, works: Works) -> None:
        assert stream is not None
        self._stream = stream
        self._lines = work.keep(iter(stream))
        self._work = work
        self._works = works

    def readline(self) -> bytes:
        """The next line; empty at the end."""
        line = next(self._lines, b"")
        if not line and self._work.finished is None:
            self._work.process.wait()
            self._work.finished = now()
            self._works.tell(self._work)
        return line

    def close(self) -> None:
        """Close it."""
        self._stream.close()
