"""A flow made of classes from modules beside it: bases, mixins, overridden steps, `super()`, constants, identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shop.catalog as goods
from shop import Stages as Base
from shop.catalog import ITEMS_OF, Article, Size
from shop.common import Parameter as Setting
from shop.common import retry as again
from shop.common import stage

if TYPE_CHECKING:
    from nowhere import Nothing


class Inheritance(Base):
    """Most of it is inherited."""

    discount = Setting("discount", default=goods.WIDTH + 2)
    kind = "of the flow"

    @again(times=goods.ATTEMPTS, minutes_between_retries=0)
    @stage
    def start(self: Inheritance | Nothing):
        self.orders = list(range(self.width))
        self.load()
        self.next(self.price, foreach=ITEMS_OF)

    def load(self):
        super().load()
        super(Inheritance, self).load()  # noqa: UP008
        self.loaded.append("flow")

    @stage
    def end(self):
        super().end()
        self.same = all(
            type(a) is Article and a.size is (Size.SMALL, Size.LARGE)[i > 0] for i, a in enumerate(self.articles)
        )
        self.size_of_last = goods.Size.LARGE
        self.modules = sorted({type(value).__module__ for value in (*self.articles, *self.sizes)})
        self.found = (self.kind, self.label, hasattr(self, "never"))


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "price": ["0", "1", "2"], "summed": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {
            "discount": 5,
            "label": "inherited",
            "loaded": ["priced", "counted", "priced", "counted", "flow"],
            "orders": [0, 1, 2],
            "width": 3,
        },
        "price/0": {
            "discount": 5,
            "kept": {"object": "shop.catalog.Article"},
            "label": "inherited",
            "loaded": ["priced", "counted", "priced", "counted", "flow"],
            "orders": [0, 1, 2],
            "total": 3.0,
            "width": 3,
        },
        "price/1": {
            "discount": 5,
            "kept": {"object": "shop.catalog.Article"},
            "label": "inherited",
            "loaded": ["priced", "counted", "priced", "counted", "flow"],
            "orders": [0, 1, 2],
            "total": 6.0,
            "width": 3,
        },
        "price/2": {
            "discount": 5,
            "kept": {"object": "shop.catalog.Article"},
            "label": "inherited",
            "loaded": ["priced", "counted", "priced", "counted", "flow"],
            "orders": [0, 1, 2],
            "total": 9.0,
            "width": 3,
        },
        "summed/_": {
            "articles": [{"object": "shop.catalog.Article"}] * 3,
            "discount": 5,
            "label": "inherited",
            "loaded": ["priced", "counted", "priced", "counted", "flow"],
            "orders": [0, 1, 2],
            "totals": [3.0, 6.0, 9.0],
            "width": 3,
        },
        "end/_": {
            "articles": [{"object": "shop.catalog.Article"}] * 3,
            "discount": 5,
            "found": ("of the flow", "inherited", False),
            "label": "inherited",
            "loaded": ["priced", "counted", "priced", "counted", "flow"] * 2,
            "modules": ["shop.catalog"],
            "orders": [0, 1, 2],
            "same": True,
            "size_of_last": {"object": "shop.catalog.Size"},
            "sizes": [{"object": "shop.catalog.Size"}] * 3,
            "total": 18.0,
            "totals": [3.0, 6.0, 9.0],
            "width": 3,
        },
    },
}


if __name__ == "__main__":
    Inheritance()
