"""Three branches that run side by side and meet in a join."""

from metaflow import FlowSpec, step

TEXT = "the quick brown fox jumps over the lazy dog"


class ThreeBranches(FlowSpec):
    """Counts letters, words and vowels of one text in parallel."""

    @step
    def start(self):
        self.text = TEXT
        self.next(self.letters, self.words, self.vowels)

    @step
    def letters(self):
        self.count = sum(c.isalpha() for c in self.text)
        self.next(self.join)

    @step
    def words(self):
        self.count = len(self.text.split())
        self.next(self.join)

    @step
    def vowels(self):
        self.count = sum(c in "aeiou" for c in self.text)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.counts = [branch.count for branch in inputs]
        self.letters_a_word = inputs.letters.count / inputs.words.count
        self.merge_artifacts(inputs, exclude=["count"])
        self.next(self.end)

    @step
    def end(self):
        letters, words, vowels = self.counts
        print(f"{letters} letters, {words} words, {vowels} vowels")
