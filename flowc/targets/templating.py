"""The layout of text outputs: Jinja templates, which hold no logic."""

from __future__ import annotations

from pathlib import Path

import jinja2

_PACKAGE = Path(__file__).resolve().parent.parent

TEMPLATES = jinja2.Environment(
    # In a wheel the templates are in the package; in a checkout they are beside it.
    loader=jinja2.FileSystemLoader([_PACKAGE / "templates", _PACKAGE.parent / "templates"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,
)
"""All of flowc's templates, by file name."""
