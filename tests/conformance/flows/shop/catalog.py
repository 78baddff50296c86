from dataclasses import dataclass
from enum import Enum

WIDTH = 3
ATTEMPTS = WIDTH - 1
ITEMS_OF = "order" + "s"
DISCOUNT = {"percent": [5, 10]}


class Size(Enum):
    SMALL = 1
    LARGE = 2


@dataclass(frozen=True)
class Article:
    name: str
    size: Size
    price: float

    def times(self, count):
        return self.price * count
