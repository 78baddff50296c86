"""Included files: text and bytes, by default and given, in tasks of every kind."""

from metaflow import FlowSpec, IncludeFile, step

FOLDER = "data/"


class Included(FlowSpec):
    words = IncludeFile("words", default=FOLDER + "words.txt", help="line ends of three kinds")
    latin = IncludeFile("latin", False, True, "latin-1", default=FOLDER + "latin.txt")
    logo = IncludeFile("logo", is_text=False, default=FOLDER + "logo.bin")
    empty = IncludeFile("empty", default=FOLDER + "empty.txt")
    absent = IncludeFile("absent")
    given_text = IncludeFile("given_text", required=True)
    given_bytes = IncludeFile("given_bytes", is_text=False, default=FOLDER + "logo.bin")

    @step
    def start(self):
        self.lines = self.words.splitlines()
        try:
            self.words = "other"
        except AttributeError:
            self.read_only = True
        self.next(self.each, foreach="lines")

    @step
    def each(self):
        self.found = self.input in self.words
        self.next(self.join)

    @step
    def join(self, inputs):
        self.found = [each.found and each.logo == self.logo for each in inputs]
        self.merge_artifacts(inputs, exclude=["lines"])
        self.next(self.end)

    @step
    def end(self):
        self.sizes = [len(self.given_text), len(self.given_bytes), len(self.empty)]


EXPECTED = {
    "state": "succeeded",
    "files": {"given_text": "data/given.txt", "given_bytes": "data/given.bin"},
    "tasks": {"start": ["_"], "each": ["0", "1", "2"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {
            "absent": None,
            "empty": "",
            "given_bytes": b"\x00given\xfe",
            "given_text": "given {{ run_id }} €\n",
            "latin": "grün\n",
            "lines": ["one", "two ünï", "three"],
            "logo": b"\x00\xff\r\n\x80",
            "read_only": True,
            "words": "one\ntwo ünï\nthree\n",
        },
        "each/0": {
            "absent": None,
            "empty": "",
            "found": True,
            "given_bytes": b"\x00given\xfe",
            "given_text": "given {{ run_id }} €\n",
            "latin": "grün\n",
            "lines": ["one", "two ünï", "three"],
            "logo": b"\x00\xff\r\n\x80",
            "read_only": True,
            "words": "one\ntwo ünï\nthree\n",
        },
        "each/1": {
            "absent": None,
            "empty": "",
            "found": True,
            "given_bytes": b"\x00given\xfe",
            "given_text": "given {{ run_id }} €\n",
            "latin": "grün\n",
            "lines": ["one", "two ünï", "three"],
            "logo": b"\x00\xff\r\n\x80",
            "read_only": True,
            "words": "one\ntwo ünï\nthree\n",
        },
        "each/2": {
            "absent": None,
            "empty": "",
            "found": True,
            "given_bytes": b"\x00given\xfe",
            "given_text": "given {{ run_id }} €\n",
            "latin": "grün\n",
            "lines": ["one", "two ünï", "three"],
            "logo": b"\x00\xff\r\n\x80",
            "read_only": True,
            "words": "one\ntwo ünï\nthree\n",
        },
        "join/_": {
            "absent": None,
            "empty": "",
            "found": [True, True, True],
            "given_bytes": b"\x00given\xfe",
            "given_text": "given {{ run_id }} €\n",
            "latin": "grün\n",
            "logo": b"\x00\xff\r\n\x80",
            "read_only": True,
            "words": "one\ntwo ünï\nthree\n",
        },
        "end/_": {
            "absent": None,
            "empty": "",
            "found": [True, True, True],
            "given_bytes": b"\x00given\xfe",
            "given_text": "given {{ run_id }} €\n",
            "latin": "grün\n",
            "logo": b"\x00\xff\r\n\x80",
            "read_only": True,
            "sizes": [21, 7, 0],
            "words": "one\ntwo ünï\nthree\n",
        },
    },
}
