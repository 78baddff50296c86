"""The cards of a task: open while its step runs, kept when it ends, however that is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flowc.cards.collector import CardContent, Collector
from flowc.cards.stored import packed
from flowc.contract import PlanCard, PlanStep
from flowc.errors import FlowcError
from flowc.runner.output import say
from flowc.runner.request import Request
from flowc.spec import current
from flowc.store.objects import ObjectStore


@contextmanager
def collected(step: PlanStep, request: Request, store: ObjectStore) -> Iterator[None]:
    """Have `current.card` collect, and keep what it has in the end, also when the step fails.

    Args:
        step: Has at least one card.
        request: The attempt, under which the cards are kept.
        store: Where.
    """

    def save() -> None:
        try:
            store.write(request.task.cards_key(request.attempt), [packed(collector.fields())])
        except FlowcError as error:  # cards are no reason for a task to fail
            say(f"flowc: the cards of this task could not be kept: {error}\n")

    def content(card: PlanCard) -> CardContent:
        return CardContent(
            type=card.type,
            id=card.id,
            options=card.options,
            refresh_interval_s=card.refresh_interval_s,
            save_errors=card.save_errors,
            save=save,
        )

    cards = [content(card) for card in step.cards]
    customized = next((c for c, card in zip(cards, step.cards, strict=True) if card.customize), None)
    collector = Collector(cards, customized)
    current._card = collector
    try:
        yield
    finally:
        current._card = None
        save()
