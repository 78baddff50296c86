"""Containers of a Docker daemon, by `DockerOperator`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from urllib.parse import unquote, urlsplit

from flowc import contract
from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.ir.steps import Step
from flowc.targets import pysource as py
from flowc.targets.airflow.computes.base import Compute, Keywords
from flowc.targets.base import plain

MIB = 1024 * 1024

_URL = re.compile(r"(unix|tcp|http|https|ssh|npipe)://[^\s{]+")
_VOLUME = re.compile(r"(?P<source>[^:{]+):(?P<target>/[^:{]*)(:(?P<mode>ro|rw))?")
_TMPFS = re.compile(r"(?P<target>/[^:{]*):(?P<size>[1-9][0-9]*)")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")

TEMPLATE_FILES = (".sh", ".bash", ".env")
"""Airflow takes a value that ends so for the path of a template.

Source: `DockerOperator.template_ext`, `Templater.render_template`
"""


class Share(NamedTuple):
    """What a container gets of its machine.

    Attributes:
        cpu: Virtual CPUs; a share where others want them too.
        memory_mib: Beyond it, the container is killed.
    """

    cpu: float
    memory_mib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers(Compute):
    """Containers that a Docker daemon runs, or what has its API."""

    name: ClassVar[str] = "docker"
    operator: ClassVar[str] = "DockerOperator"
    module: ClassVar[str] = "airflow.providers.docker.operators.docker"
    one: ClassVar[str] = "container"
    many: ClassVar[str] = "containers"
    told: ClassVar[str] = "environment"
    path: ClassVar[str] = "{{ task.environment.FLOWC_PATH }}"
    names: ClassVar[frozenset[str]] = frozenset({"DockerOperator", "DeviceRequest", "Mount"})

    def imports(self) -> Mapping[str, tuple[str, ...]]:
        wanted = {"DeviceRequest": any(step.policy.gpu for step in self.steps), "Mount": bool(self._mounts())}
        types = tuple(name for name, is_wanted in wanted.items() if is_wanted)
        return {self.module: (self.operator,), **({"docker.types": types} if types else {})}

    def defaults(self) -> Keywords:
        settings = {
            "docker_url": self.options.docker_url,
            "docker_conn_id": self.options.docker_connection,
            "network_mode": self.options.docker_network,
        }
        mounts = self._mounts()
        return {
            "image": py.string(self.options.image),
            "command": py.listing(tuple(map(py.string, contract.RUNNER))),
            self.told: "ENV",
            **_share(_usual(self.steps)),
            **{key: py.string(value) for key, value in settings.items() if value is not None},
            **({"mounts": py.listing(mounts)} if mounts else {}),
            "mount_tmp_dir": "False",
            "auto_remove": '"force"',
            "do_xcom_push": "False",
        }

    def own(self, step: Step, *, mapped: bool) -> Keywords:
        policy = step.policy
        share = Share(policy.cpu, policy.memory_mib)
        keywords = _share(share) if share != _usual(self.steps) else {}
        if policy.gpu:
            keywords["device_requests"] = py.listing(
                (py.call("DeviceRequest", count=str(policy.gpu), capabilities='[["gpu"]]'),)
            )
        if policy.shared_memory_mib is not None:
            keywords["shm_size"] = str(policy.shared_memory_mib * MIB)
        return keywords

    def _mounts(self) -> tuple[py.Expression, ...]:
        """The store where it is a folder, at the same path; what the settings name; memory as files."""
        root = _folder(self.options.store)
        volumes = [] if root is None else [(root, root, "rw")]
        volumes += [(v["source"], v["target"], v["mode"]) for v in _matches(_VOLUME, self.options.docker_volumes)]
        found = [
            py.call(
                "Mount",
                py.string(target),
                py.string(source),
                type=py.string("bind" if source.startswith("/") else "volume"),
                read_only="True" if mode == "ro" else None,
            )
            for source, target, mode in volumes
        ]
        memory = [
            py.call("Mount", py.string(m["target"]), "None", type='"tmpfs"', tmpfs_size=str(int(m["size"]) * MIB))
            for m in _matches(_TMPFS, self.options.docker_tmpfs)
        ]
        return (*found, *memory)

    def check_options(self) -> Iterator[Diagnostic]:
        forms = (
            ("docker-url", self.options.docker_url, _URL, "the URL of a Docker daemon, as tcp://build-1:2376"),
            ("docker-connection", self.options.docker_connection, _WORD, "the id of a connection of Airflow's"),
            ("docker-network", self.options.docker_network, _WORD, "a network's name, or `host`"),
            *(
                ("docker-volumes", volume, _VOLUME, "SOURCE:TARGET or SOURCE:TARGET:ro, separated by commas")
                for volume in _words(self.options.docker_volumes)
            ),
            *(
                ("docker-tmpfs", tmpfs, _TMPFS, "PATH:MIB, separated by commas")
                for tmpfs in _words(self.options.docker_tmpfs)
            ),
        )
        for flag, value, pattern, meant in forms:
            if value is not None and (not pattern.fullmatch(value) or value.endswith(TEMPLATE_FILES)):
                yield Diagnostic(code="FC001", message=f"`{value}` is not what --{flag} takes", help=f"give {meant}")
        root = _folder(self.options.store)
        if root is not None and any(mark in root for mark in ("{{", "{%", "{#")):
            yield Diagnostic(
                code="FC402",
                message=f"Airflow would expand a part of the store's path `{root}`",
                help="choose a path without `{{`, `{%` and `{#`",
            )
        for what, text in (("store's URL", self.options.store), ("image", self.options.image)):
            if text.endswith(TEMPLATE_FILES):
                yield Diagnostic(
                    code="FC402" if text == self.options.store else "FC001",
                    message=f"Airflow would take the {what} `{text}` for the path of a template",
                    help=f"choose one that does not end with {', '.join(TEMPLATE_FILES)}",
                )

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        if step.policy.disk_mib is not None:
            yield Diagnostic(
                code="FC408",
                message=f"Docker gives containers no disk of their own: {step.policy.disk_mib} MiB are not asked for",
                help="see that the daemon's machine has them",
                primary=Label(span=step.span, text="this step"),
                severity=Severity.WARNING,
            )


def _usual(steps: tuple[Step, ...]) -> Share:
    """The share that most steps have, the first of those in source order."""
    counts = Counter(Share(step.policy.cpu, step.policy.memory_mib) for step in steps)
    return max(counts, key=counts.__getitem__)


def _share(share: Share) -> Keywords:
    return {"cpus": plain(share.cpu), "mem_limit": py.string(f"{share.memory_mib}m")}


def _folder(store: str) -> str | None:
    return unquote(urlsplit(store).path) if store.startswith("file:///") else None


def _words(listed: str | None) -> tuple[str, ...]:
    return () if listed is None else tuple(word.strip() for word in listed.split(","))


def _matches(pattern: re.Pattern[str], listed: str | None) -> Iterator[re.Match[str]]:
    return (match for word in _words(listed) if (match := pattern.fullmatch(word)))
