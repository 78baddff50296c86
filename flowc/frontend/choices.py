"""What is chosen beside a flow's source, on the command line, when it is compiled or run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line adds to a flow's source.

    Attributes:
        branch: The branch of the flow's project that is wanted; None for none.
        production: It is for production.
        user: Whose branch it is where no other is wanted.
        tags: What all runs are marked with, sorted.
        decorators: What is added to every step, each as `name:argument=value,...`.
        config_files: Names of configs, each with the path of the file that it is read from.
        config_values: Names of configs, each with the text that it is made of.
    """

    branch: str | None = None
    production: bool = False
    user: str = "unknown"
    tags: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    config_files: tuple[tuple[str, str], ...] = ()
    config_values: tuple[tuple[str, str], ...] = ()


NO_CHOICES = Choices()


class ConfigChoice(NamedTuple):
    """What the command line says of a config: one of the two.

    Attributes:
        name: As it was written.
        twice: It was said more than once.
    """

    name: str
    file: str | None = None
    text: str | None = None
    twice: bool = False


def chosen_configs(choices: Choices) -> dict[str, ConfigChoice]:
    """By the names in lower case, since Metaflow does not tell them apart either."""
    found: dict[str, ConfigChoice] = {}
    given = [ConfigChoice(name=name, file=file) for name, file in choices.config_files]
    given += [ConfigChoice(name=name, text=text) for name, text in choices.config_values]
    for choice in given:
        key = choice.name.lower()
        found[key] = found[key]._replace(twice=True) if key in found else choice
    return found
