"""The cards of a task: open while its step runs, kept when it ends, however that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flowc.cards.collector import CardContent, Collector
from flowc.cards.components import HTML_CARD, Html, html_attribute
from flowc.cards.stored import packed
from flowc.contract import PlanCard, PlanStep
from flowc.errors import FlowcError
from flowc.runner.output import say
from flowc.runner.request import Request
from flowc.spec import FlowSpec, current
from flowc.store.objects import ObjectStore


@contextmanager
def collected(step: PlanStep, request: Request, store: ObjectStore) -> Iterator[Callable[[FlowSpec], None]]:
    """Have `current.card` collect, and keep what it has in the end, also when the step fails.

    Args:
        step: Has at least one card.
        request: The attempt, under which the cards are kept.
        store: Where.

    Yields:
        What adds the contents of cards that come from artifacts; to be called with the flow object after its step.
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

    def add_html(flow: FlowSpec) -> None:
        for card in cards:
            if card.type == HTML_CARD:
                _add_html(card, flow)

    current._card = collector
    try:
        yield add_html
    finally:
        current._card = None
        save()


def _add_html(card: CardContent, flow: FlowSpec) -> None:
    """Put the artifact that holds a card's HTML into it.

    Source: https://github.com/Netflix/metaflow/blob/master/metaflow/plugins/cards/card_modules/basic.py (`HtmlCard`)
    """
    name = html_attribute(card.options)
    try:
        text = str(getattr(flow, name))
    except AttributeError:
        say(f"flowc: a card of type {HTML_CARD} shows `self.{name}`, which no step has assigned\n")
    except Exception as error:  # noqa: BLE001 - the user's own value, which a card is no reason to fail for
        say(f"flowc: `self.{name}` cannot be shown in a card: {type(error).__name__}: {error}\n")
    else:
        card.append(Html(text))
