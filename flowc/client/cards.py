"""Reading cards, with Metaflow's name for it."""

from __future__ import annotations

from flowc.cards.stored import CardContainer, selected
from flowc.client.objects import Task


def get_cards(task: Task | str, id: str | None = None, type: str | None = None) -> CardContainer:
    """The cards of a task: of the attempt that counts, or else of one that runs, or else of the last one.

    Args:
        task: The task, or its pathspec.
        id: Only of this id.
        type: Only of this type.
    """
    found = Task(task) if isinstance(task, str) else task
    return selected(found.cards, id, type)
