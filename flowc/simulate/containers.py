"""The containers of jobs, tasks of ECS and functions, in a container engine on this machine.

Docker's API says what is wanted; `DOCKER_HOST` names the engine, which may as well be podman's service. Beside the
image and the command, a container has what was asked for: processors, memory, shared memory, file systems in memory,
and folders of this machine. It shares this machine's network, since servers that stand for AWS listen on 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.types import Mount

from flowc.simulate.errors import SimulateError

MIB = 1024 * 1024
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
"""As Batch says it.

Source: https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html
"""


class CannotStart(Exception):
    """An engine has refused to start a container; the message is its own."""


class Container:
    """A container that was started; it is removed when `wait` has returned its exit code.

    Attributes:
        is_out_of_memory: Whether the kernel has killed one of its processes for want of memory; known after `wait`.
    """

    def __init__(self, container: Any, log: Path) -> None:
        self.is_out_of_memory = False
        self._container = container
        self._ended = threading.Event()
        self._exit_code = 0
        self._log = log
        threading.Thread(target=self._follow, daemon=True).start()

    def wait(self, timeout_s: float | None = None) -> int:
        """Its exit code.

        Raises:
            TimeoutError: It still runs.
        """
        if not self._ended.wait(timeout_s):
            raise TimeoutError
        return self._exit_code

    def terminate(self) -> None:
        """Asks it to end."""
        self._signal("SIGTERM")

    def kill(self) -> None:
        """Ends it at once."""
        self._signal("SIGKILL")

    def _signal(self, name: str) -> None:
        # it may have ended, or be gone, by now
        with contextlib.suppress(NotFound, APIError):
            self._container.kill(name)

    def _follow(self) -> None:
        try:
            with self._log.open("wb") as log:
                for piece in self._container.logs(stream=True, follow=True):
                    log.write(piece)
                    log.flush()
            self._exit_code = self._container.wait()["StatusCode"]
            self._container.reload()
            self.is_out_of_memory = bool(self._container.attrs["State"].get("OOMKilled"))
            self._container.remove()
        except (DockerException, OSError) as error:
            self._exit_code = self._exit_code or 1
            with contextlib.suppress(OSError), self._log.open("a") as log:
                log.write(f"{error}\n")
        finally:
            self._ended.set()


class Engine:
    """A container engine."""

    def __init__(self) -> None:
        try:
            self._client: Any = docker.from_env()
            self._client.ping()
        except DockerException as error:
            raise SimulateError(
                f"no container engine answers: {error}\n"
                "start Docker, or podman's service (`podman system service -t 0 unix:///tmp/podman.sock`), and name "
                "it in DOCKER_HOST"
            ) from None

    def start(self, name: str, properties: Mapping[str, Any], environment: Mapping[str, str], log: Path) -> Container:
        """Start a container.

        Args:
            name: Its name, in which no other one runs.
            properties: `image`, `command`, and what else a job definition of Batch says, overrides included.
            environment: All of its variables.
            log: The file for its output.

        Raises:
            CannotStart: The engine has refused, or lacks the image.
        """
        try:
            container = self._client.containers.create(
                properties["image"],
                list(properties["command"]),
                name=name,
                environment=dict(environment),
                network_mode="host",
                user=properties.get("user"),
                privileged=bool(properties.get("privileged")),
                read_only=bool(properties.get("readonlyRootFilesystem")),
                mounts=list(_mounts(properties)),
                **_limits(properties),
                **_linux(properties.get("linuxParameters") or {}),
            )
            container.start()
        except DockerException as error:
            raise CannotStart(str(error)) from None
        return Container(container, log)


def _limits(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A job's share of processors, and the memory beyond which it is killed."""
    asked = {r["type"]: r["value"] for r in properties.get("resourceRequirements") or ()}
    if "GPU" in asked:
        raise CannotStart(f"{asked['GPU']} GPUs are wanted, and jobs here have none")
    limits: dict[str, Any] = {}
    if "VCPU" in asked:
        # a share, as on EC2: idle processors are anybody's
        limits["cpu_shares"] = int(float(asked["VCPU"]) * 1024)
    if "MEMORY" in asked:
        memory = int(asked["MEMORY"])
        swap = int((properties.get("linuxParameters") or {}).get("maxSwap", 0))
        limits |= {"mem_limit": memory * MIB, "memswap_limit": (memory + swap) * MIB}
    return limits


def _linux(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Shared memory, file systems in memory, swap.

    Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html
    """
    if parameters.get("devices"):
        raise CannotStart("devices are wanted, and jobs here have none")
    given: dict[str, Any] = {}
    if "sharedMemorySize" in parameters:
        given["shm_size"] = parameters["sharedMemorySize"] * MIB
    if parameters.get("tmpfs"):
        given["tmpfs"] = {t["containerPath"]: _tmpfs_options(t) for t in parameters["tmpfs"]}
    if "swappiness" in parameters:
        given["mem_swappiness"] = parameters["swappiness"]
    return given


def _tmpfs_options(tmpfs: Mapping[str, Any]) -> str:
    return ",".join((f"size={tmpfs['size']}m", *tmpfs.get("mountOptions", ())))


def _mounts(properties: Mapping[str, Any]) -> list[Mount]:
    volumes = {v["name"]: v for v in properties.get("volumes") or ()}
    mounts = []
    for point in properties.get("mountPoints") or ():
        volume = volumes[point["sourceVolume"]]
        if "host" not in volume:
            raise CannotStart(f"the volume {point['sourceVolume']} is no folder of this machine")
        mounts.append(
            Mount(
                point["containerPath"],
                volume["host"]["sourcePath"],
                type="bind",
                read_only=bool(point.get("readOnly")),
            )
        )
    return mounts
