"""A flow to start from: it counts the words of some texts, each in a task of its own."""

from flowc import FlowSpec, Parameter, step


class WordCount(FlowSpec):
    """Counts words."""

    shortest = Parameter("shortest", default=1, help="letters that a word must have to count")

    @step
    def start(self):
        """Find the texts."""
        self.texts = ["the quick brown fox", "jumps over", "the lazy dog"]
        self.next(self.count, foreach="texts")

    @step
    def count(self):
        """Count the words of one text."""
        self.words = sum(len(word) >= self.shortest for word in self.input.split())
        print(f"{self.input!r} has {self.words}")
        self.next(self.add)

    @step
    def add(self, inputs):
        """Add up."""
        self.total = sum(counted.words for counted in inputs)
        self.next(self.end)

    @step
    def end(self):
        """Tell."""
        print(f"{self.total} words")
