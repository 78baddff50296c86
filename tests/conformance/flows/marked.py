"""A first and a last step with names of their own; what is called `start` and `end` elsewhere are parameters here."""

from metaflow import FlowSpec, Parameter, retry, step


class Marked(FlowSpec):
    suffix = Parameter("suffix", default="!")

    @step(start=True, end=False)
    def begin(self):
        self.words = ["a", "b"]
        self.next(self.shout, self.whisper)

    @step()
    def shout(self):
        self.said = [word.upper() + self.suffix for word in self.words]
        self.next(self.together)

    @step
    def whisper(self):
        self.said = [word + self.suffix for word in self.words]
        self.next(self.together)

    @step
    def together(self, inputs):
        self.said = inputs.shout.said + inputs.whisper.said
        self.next(self.finish)

    @retry(times=1, minutes_between_retries=0)
    @step(end=True)
    def finish(self):
        self.count = len(self.said)


EXPECTED = {
    "state": "succeeded",
    "parameters": {"suffix": "?"},
    "tasks": {
        "begin": ["_"],
        "shout": ["_"],
        "whisper": ["_"],
        "together": ["_"],
        "finish": ["_"],
    },
    "artifacts": {
        "begin/_": {"suffix": "?", "words": ["a", "b"]},
        "shout/_": {"suffix": "?", "words": ["a", "b"], "said": ["A?", "B?"]},
        "whisper/_": {"suffix": "?", "words": ["a", "b"], "said": ["a?", "b?"]},
        "together/_": {"suffix": "?", "said": ["A?", "B?", "a?", "b?"]},
        "finish/_": {"suffix": "?", "said": ["A?", "B?", "a?", "b?"], "count": 4},
    },
}
