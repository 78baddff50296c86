from shop.catalog import Article, Size

from .common import stage


class Priced:
    """No flow by itself: a helper and a step."""

    def load(self):
        self.loaded = [*getattr(self, "loaded", []), "priced"]

    def article(self, number):
        return Article(f"article {number}", Size.LARGE if number else Size.SMALL, 1.5 * (number + 1))

    @stage
    def price(self):
        self.total = self.article(self.input).times(2)
        self.kept = self.article(self.input)
        self.next(self.summed)


class Counted:
    def load(self):
        super().load()
        self.loaded.append("counted")
