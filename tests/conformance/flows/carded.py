"""Cards: several of a step, filled in every way, in a foreach, of a step that fails, and in steps that have none."""

from metaflow import FlowSpec, card, catch, current, retry, step
from metaflow.cards import Artifact, Error, Image, Markdown, MetaflowCardComponent, ProgressBar, Table, VegaChart

PIXEL = b"\x89PNG\r\n\x1a\n..."


class Shouted(MetaflowCardComponent):
    def __init__(self, text):
        self.text = text

    def render(self):
        return self.text.upper() + "<b>"


class Unshowable:
    def __repr__(self):
        raise ZeroDivisionError


class Carded(FlowSpec):
    @card(type="blank", id="data", options={"level": [1, 2]})
    @card
    @card(id="quiet", save_errors=False)
    @step
    def start(self):
        current.card.append(Markdown("# Title <script>"))
        current.card.extend([Artifact({"a": 1}, "what"), "any value", Unshowable(), Shouted("own ")])
        current.card["data"].append(
            Table([[1, 2.5, None], [Markdown("*x*"), (1,), float("nan")]], headers=["a", "b", 3])
        )
        current.card["data"].append(Image(PIXEL, label="pixel"))
        current.card["data"].append(Image(b"no picture"))
        current.card["quiet"].append(Image(b"no picture"))
        current.card["quiet"].append(VegaChart({"mark": "bar"}, data=[{"x": 1}]))
        current.card["nowhere"].append(Markdown("lost"))
        self.numbers = [1, 2]
        self.next(self.each, foreach="numbers")

    @card(customize=True, id="mine", refresh_interval=0)
    @card(id="other")
    @step
    def each(self):
        current.card.append(ProgressBar(max=2, label="all", unit="steps"), id="bar")
        current.card.refresh({"now": self.index})
        current.card.components["bar"].update(self.input, metadata="soon")
        current.card["other"].append(Markdown("gone"))
        current.card["other"].clear()
        self.count = (len(current.card.components), len(current.card.get("default")))
        self.next(self.join)

    @step
    def join(self, inputs):
        current.card.append(Markdown("there is no card"))
        self.counts = [i.count for i in inputs]
        self.none = [len(current.card.components), "card" in current]
        self.next(self.fail)

    @catch(var="failure", print_exception=False)
    @retry(times=1, minutes_between_retries=0)
    @card
    @step
    def fail(self):
        current.card.append(Markdown(f"attempt {current.retry_count}"))
        try:
            self.nothing = {}["missing"]
        except KeyError as error:
            current.card.append(Error(error, title="no key"))
            raise
        self.next(self.end)

    @card(type="html", id="none", options={"attribute": "nothing_at_all"})
    @card(type="html", id="inherited", options={"attribute": "counts"})
    @card(type="html")
    @step
    def end(self):
        del self.failure
        current.card["none"].append(Markdown("beside"))
        self.html = "<h1>done</h1>"


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "each": ["0", "1"], "join": ["_"], "fail": ["_"], "end": ["_"]},
    "attempts": {"fail/_": 2},
    "cards": {
        "start/_": [
            [
                "blank",
                "data",
                {"level": [1, 2]},
                [
                    {
                        "kind": "table",
                        "headers": ["a", "b", "3"],
                        "rows": [[1, 2.5, None], [{"kind": "markdown", "text": "*x*"}, "(1,)", "nan"]],
                    },
                    {
                        "kind": "image",
                        "label": "pixel",
                        "type": "image/png",
                        "data": "iVBORw0KGgouLi4=",
                    },
                    {
                        "kind": "error",
                        "title": "Image cannot be shown",
                        "text": "ValueError('the picture is no PNG, JPEG, GIF or WebP')",
                    },
                ],
                None,
            ],
            [
                "default",
                None,
                {},
                [
                    {"kind": "markdown", "text": "# Title <script>"},
                    {"kind": "artifact", "name": "what", "type": "dict", "text": "{'a': 1}"},
                    {"kind": "artifact", "name": None, "type": "str", "text": "'any value'"},
                    {
                        "kind": "artifact",
                        "name": None,
                        "type": "carded.Unshowable",
                        "text": "its text cannot be shown: ZeroDivisionError",
                    },
                    {"kind": "text", "text": "OWN <b>"},
                ],
                None,
            ],
            [
                "default",
                "quiet",
                {},
                [{"kind": "vega", "spec": {"mark": "bar", "data": {"values": [{"x": 1}]}}, "controls": False}],
                None,
            ],
        ],
        "each/0": [
            [
                "default",
                "mine",
                {},
                [{"kind": "progress", "max": 2, "value": 1, "label": "all", "unit": "steps", "metadata": "soon"}],
                {"now": 0},
            ],
            ["default", "other", {}, [], None],
        ],
        "each/1": [
            [
                "default",
                "mine",
                {},
                [{"kind": "progress", "max": 2, "value": 2, "label": "all", "unit": "steps", "metadata": "soon"}],
                {"now": 1},
            ],
            ["default", "other", {}, [], None],
        ],
        "fail/_": [
            [
                "default",
                None,
                {},
                [
                    {"kind": "markdown", "text": "attempt 1"},
                    {"kind": "error", "title": "no key", "text": "KeyError('missing')"},
                ],
                None,
            ]
        ],
        "end/_": [
            ["html", "none", {"attribute": "nothing_at_all"}, [{"kind": "markdown", "text": "beside"}], None],
            ["html", "inherited", {"attribute": "counts"}, [{"kind": "html", "text": "[(1, 1), (1, 1)]"}], None],
            ["html", None, {}, [{"kind": "html", "text": "<h1>done</h1>"}], None],
        ],
    },
    "artifacts": {
        "start/_": {"numbers": [1, 2]},
        "each/0": {"count": (1, 1), "numbers": [1, 2]},
        "each/1": {"count": (1, 1), "numbers": [1, 2]},
        "join/_": {"counts": [(1, 1), (1, 1)], "none": [0, False]},
        "fail/_": {"counts": [(1, 1), (1, 1)], "failure": {"object": "flowc.spec.CaughtError"}, "none": [0, False]},
        "end/_": {"counts": [(1, 1), (1, 1)], "html": "<h1>done</h1>", "none": [0, False]},
    },
}
