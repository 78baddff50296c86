"""What steps ask of machines: `@resources`, and what the decorators of single schedulers have in common."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from flowc.frontend.constants import Constant, NotConstant
from flowc.frontend.decorators import Arguments
from flowc.frontend.forms import MOUNT, Form
from flowc.ir.compute import Pairs, Tmpfs
from flowc.ir.steps import Policy, Requests

MAX_CPU = 1024
MAX_MEMORY_MIB = 64 * 1024 * 1024
MAX_GPU = 64
MAX_DISK_MIB = 64 * 1024 * 1024
"""More than any machine has that a scheduler could find."""

ASKED = ("cpu", "memory", "gpu", "disk", "shared_memory")
"""What every one of these decorators can ask for."""

TMPFS = ("use_tmpfs", "tmpfs_tempdir", "tmpfs_size", "tmpfs_path")


class Values:
    """The arguments of a decorator, those that are None left out.

    Each method gives an argument's value; None or nothing, where it is not given or was reported.
    Emits: FC107.
    """

    def __init__(self, arguments: Arguments, *names: str) -> None:
        self.arguments = arguments
        given = arguments.keywords(*names).items()
        self._nodes = {name: node for name, node in given if arguments.constants.evaluate(node) is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def number(self, name: str, limit: int, least: float, example: str) -> float | None:
        """A number."""
        node = self._nodes.get(name)
        return (
            None if node is None else self.arguments.number(name, node, limit, least=least, texts=True, example=example)
        )

    def whole(self, name: str, limit: int, least: int = 1, example: str = "1") -> int | None:
        """A whole number."""
        node = self._nodes.get(name)
        if node is None:
            return None
        number = self.arguments.number(name, node, limit, least=least, whole=True, texts=True, example=example)
        return None if number is None else int(number)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or False."""
        value = self._value(name, "True or False")
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self._wrong(name, f"`{name}` must be True or False, not {value!r}", f"write `{name}=True`")
        return default

    def choice(self, name: str, *choices: str) -> str | None:
        """One of several words, in whatever case."""
        value = self._value(name, "one word in quotes")
        if value is None:
            return None
        found = {choice.lower(): choice for choice in choices}.get(value.lower() if isinstance(value, str) else "")
        if found is None:
            self._wrong(name, f"`{name}` cannot be {value!r}", f"write one of {', '.join(choices)}")
        return found

    def text(self, name: str, form: Form) -> str | None:
        """A text of a certain form."""
        value = self._value(name, "a text in quotes")
        if value is None or (isinstance(value, str) and form.fits(value)):
            return value
        help = f'{form.rule}: write `{name}="{form.example}"`, say'
        self._wrong(name, f"`{name}` is {value!r}, which is not {form.what}", help)
        return None

    def texts(self, name: str, form: Form) -> tuple[str, ...]:
        """A list of texts of a certain form, no two alike, or one."""
        value = self._value(name, "a list of texts")
        found = [value] if isinstance(value, str) else value
        if found is None:
            return ()
        example = f'write `{name}=["{form.example}"]`, say'
        if not isinstance(found, list | tuple):
            self._wrong(name, f"`{name}` must be a list of texts, not {value!r}", example)
            return ()
        wrong = [item for item in found if not form.fits(item)]
        for item in wrong:
            self._wrong(name, f"`{name}` has {item!r}, which is not {form.what}", f"{form.rule}: {example}")
        texts = tuple(item for item in found if isinstance(item, str))
        for text in dict.fromkeys(texts):
            if texts.count(text) > 1:
                self._wrong(name, f"`{name}` has {text!r} twice", "leave one of the two out")
        return () if wrong else tuple(dict.fromkeys(texts))

    def pairs(self, name: str, key: Form, value: Form) -> Pairs:
        """A dict of texts of certain forms."""
        given = self._value(name, "a dict of texts")
        if given is None:
            return ()
        if not isinstance(given, dict):
            help = f'write `{name}={{"{key.example}": "{value.example}"}}`, say'
            self._wrong(name, f"`{name}` must be a dict of texts, not {given!r}", help)
            return ()
        return self.fitting(name, tuple(given.items()), key, value)

    def fitting(self, name: str, given: Iterable[tuple[object, object]], key: Form, value: Form) -> Pairs:
        """Names and values that an argument has given, if all of them are of certain forms."""
        found: list[tuple[str, str]] = []
        is_good = True
        example = f'`{name}={{"{key.example}": "{value.example}"}}`'
        for k, v in given:
            if isinstance(k, str) and isinstance(v, str) and key.fits(k) and value.fits(v):
                found.append((k, v))
                continue
            is_good = False
            if not key.fits(k):
                self._wrong(name, f"`{name}` has {k!r}, which is not {key.what}", f"{key.rule}: write {example}, say")
            else:
                message = f"`{name}` has {v!r} for `{k}`, which is not {value.what}"
                self._wrong(name, message, f"{value.rule}: write {example}, say")
        return tuple(found) if is_good else ()

    def any(self, name: str, kind: str) -> Constant:
        """Whatever it is."""
        return self._value(name, kind)

    def wrong(self, name: str, message: str, help: str) -> None:
        """Report an argument that is given."""
        self._wrong(name, message, help)

    def _value(self, name: str, kind: str) -> Constant:
        node = self._nodes.get(name)
        if node is None:
            return None
        value = self.arguments.constant(name, node, kind)
        return None if isinstance(value, NotConstant) else value

    def _wrong(self, name: str, message: str, help: str) -> None:
        self.arguments.error(self.node(name), message, help)

    def node(self, name: str) -> ast.expr:
        """Where an argument stands that is given."""
        return self._nodes[name]


def read_resources(arguments: Arguments, policy: Policy) -> Policy:
    """What `@resources` asks for: what it does not name, it asks for in the usual size.

    Emits: FC107.
    """
    asked = read_requests(Values(arguments, *ASKED))
    usual = Policy()
    if asked.cpu is None:
        asked = asked._replace(cpu=usual.cpu)
    if asked.memory_mib is None:
        asked = asked._replace(memory_mib=usual.memory_mib)
    return with_requests(policy, asked)


def read_requests(values: Values) -> Requests:
    """What a decorator asks for.

    Emits: FC107.
    """
    cpu = values.number("cpu", MAX_CPU, 0.001, "2")
    return Requests(
        cpu=None if cpu is None else round(cpu, 3),
        memory_mib=values.whole("memory", MAX_MEMORY_MIB, least=4, example="4096"),
        gpu=values.whole("gpu", MAX_GPU, least=0),
        disk_mib=values.whole("disk", MAX_DISK_MIB, example="10240"),
        shared_memory_mib=values.whole("shared_memory", MAX_MEMORY_MIB, example="1024"),
    )


def with_requests(policy: Policy, own: Requests) -> Policy:
    """A policy with what a further decorator asks for: of each resource, the most that any of them does.

    Metaflow, too, takes the larger value where `@resources` stands beside `@kubernetes` or `@batch`.
    Source: https://docs.metaflow.org/api/step-decorators/resources
    """
    requests = (*policy.requests, own)
    most = Requests(
        *(max((v for v in column if v is not None), default=None) for column in zip(*requests, strict=True))
    )
    usual = Policy()
    return replace(
        policy,
        requests=requests,
        cpu=usual.cpu if most.cpu is None else most.cpu,
        memory_mib=usual.memory_mib if most.memory_mib is None else most.memory_mib,
        gpu=most.gpu or 0,
        disk_mib=most.disk_mib,
        shared_memory_mib=most.shared_memory_mib,
    )


def read_tmpfs(values: Values, options: tuple[str, ...] = ()) -> Tmpfs | None:
    """A file system in memory; None without one.

    Emits: FC107.
    """
    size = values.whole("tmpfs_size", MAX_MEMORY_MIB, example="1024")
    path = values.text("tmpfs_path", MOUNT) or "/metaflow_temp"
    is_temporary = values.flag("tmpfs_tempdir", default=True)
    if not (values.flag("use_tmpfs") or size):
        return None
    return Tmpfs(path=path, size_mib=size, is_temporary=is_temporary, options=options)
