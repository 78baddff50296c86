"""Options whose value is a setting's when they are not given."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from flowc.settings.declared import named

if TYPE_CHECKING:
    from flowc.settings import Settings
    from flowc.targets.base import Target

_META = "flowc.settings"


def settings_here(context: click.Context | None = None) -> Settings:
    """The settings for the working directory; ends the command where they, or those of a target, cannot be used.

    What is set about AWS goes into this process's environment, where the store, botocore and the tasks of local runs
    find it, as if it had been exported.
    """
    from flowc.diagnostics import has_errors, in_order
    from flowc.settings import aws_variables, load_settings

    root = (context or click.get_current_context()).find_root()
    settings: Settings | None = root.meta.get(_META)
    if settings is not None:
        return settings
    settings = root.meta[_META] = load_settings()
    if not root.resilient_parsing and (found := (*settings.problems, *settings.problems_of_targets())):
        from flowc.cli.output import show, stop

        problems = in_order(found)
        if has_errors(problems):
            stop(problems, settings.sources)
        show(problems, settings.sources)
    os.environ.update(aws_variables(settings))
    return settings


def configured(
    name: str, *words: str, required: bool = False, default: bool = True, **attributes: Any
) -> Callable[[Any], Any]:
    """A click option.

    Args:
        name: The setting that counts when the option is not given.
        words: As for `click.option`.
        required: There has to be a value, of one or the other.
        default: The setting's default counts too.
        attributes: As for `click.option`; the help is the setting's if there is none.
    """
    declared = named(name)

    def value(context: click.Context, option: click.Parameter, given: Any) -> Any:
        from flowc.settings import Origin

        settings = settings_here(context)
        if option.name and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            return given
        setting = settings.values[name]
        found = setting.data if default or setting.origin is not Origin.DEFAULT else None
        if found is None and required and not context.resilient_parsing:
            hint = f"It can also be set, as `{name}` in pyproject.toml or flowc.toml, or as {declared.variable}."
            raise click.MissingParameter(hint, context, option)
        return () if found is None and option.multiple else found

    note = f"  [default: {declared.default}]" if default and declared.default else ""
    attributes.setdefault("help", f"{declared.help} (or {declared.variable}).{note}")
    return click.option(*words, callback=value, **attributes)


def settings_of_target(target: Target[Any]) -> dict[str, str]:
    """A target's own settings, as far as they are set."""
    from flowc.settings import Origin

    values, _ = settings_here().of_target(target)  # what is wrong with them has ended the command already
    return {n: v.data for n, v in values.items() if v.origin is not Origin.DEFAULT and isinstance(v.data, str)}
