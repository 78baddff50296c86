"""The group of all commands: it loads a command's module when that is asked for, and knows what was probably meant."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import click

from flowc.cli.exit_codes import EXIT_INTERRUPTED


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a message about a word that there is not."""
    near = difflib.get_close_matches(word, sorted(words), 1)
    return f"; did you mean `{near[0]}`?" if near else ""


class Commands(click.Group):
    """Commands, some of which lie in modules of their own.

    Args:
        elsewhere: The module of each of these, by the command's name. The module has a function of that name.
    """

    def __init__(self, *arguments: Any, elsewhere: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._elsewhere = elsewhere
        self.params.append(_no_color())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted({*self.commands, *self._elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command; None if there is none of that name."""
        if cmd_name in self._elsewhere and cmd_name not in self.commands:
            self.add_command(getattr(import_module(self._elsewhere[cmd_name]), cmd_name))
        return self.commands.get(cmd_name)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a command over, and let it take `--no-color` too: that is often thought of last."""
        if not isinstance(cmd, Commands):  # which has it already
            cmd.params.append(_no_color())
        super().add_command(cmd, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry a command out; Ctrl-C ends it without more words."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPTED)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name."""
        word = args[0]
        if not ctx.resilient_parsing and not word.startswith("-") and self.get_command(ctx, word) is None:
            meant = f"; did you mean `run {word}`?" if word.endswith(".py") else ""
            ctx.fail(f"there is no command `{word}`{meant or did_you_mean(word, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


def _no_color() -> click.Option:
    return click.Option(
        ["--no-color"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_forbid_colours,
        help="Print without colours; so does the variable NO_COLOR.",
    )


def _forbid_colours(ctx: click.Context, option: click.Parameter, value: bool) -> None:
    if value:  # the one place where all that prints looks, the tasks of a run as well
        os.environ["NO_COLOR"] = "1"
