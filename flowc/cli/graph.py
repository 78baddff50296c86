"""`flowc graph`: a drawing of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowc.cli.flows import read_flow
from flowc.cli.options import FLOW, choices

if TYPE_CHECKING:
    from flowc.frontend import Choices


@click.command()
@FLOW
@click.option("--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True)
@choices
def graph(file: str, form: str, choices: Choices) -> None:
    """Print a drawing of a flow, for Mermaid or Graphviz."""
    from flowc.passes import draw

    flow = read_flow(file, choices).flow
    click.echo(draw.mermaid(flow) if form == "mermaid" else draw.dot(flow), nl=False)
