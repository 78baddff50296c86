"""Cards: what components are made of, what `current.card` does, and how it is shown."""

from __future__ import annotations

import base64
import io
import json
import re
from html import unescape
from typing import Any

import pytest

from flowc.cards import (
    Artifact,
    Error,
    Image,
    Markdown,
    MetaflowCardComponent,
    ProgressBar,
    PythonCode,
    Table,
    VegaChart,
    html,
)
from flowc.cards.collector import CardContent, Collector, NoCard
from flowc.cards.components import Html, rendered
from flowc.cards.stored import packed, read, selected
from flowc.errors import ContractError
from flowc.spec import current

PNG = b"\x89PNG\r\n\x1a\n..."


class Bad(MetaflowCardComponent):
    def render(self) -> dict[str, Any]:
        raise ValueError("cannot")


class Numpy:
    """Like a number of numpy's."""

    ndim = 0

    def item(self) -> int:
        return 7


class Frame:
    """Like a data frame of pandas."""

    class index:
        name = None

    columns = ("a", "b")

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def head(self, rows: int) -> Frame:
        return Frame(min(rows, self.rows))

    def itertuples(self, *, index: bool, name: None) -> Any:
        return ((number, number * 2, "x") for number in range(self.rows))


class Figure:
    """Like a figure of matplotlib's, a picture of Pillow's, and a plot."""

    def savefig(self, file: io.BytesIO, format: str) -> None:
        file.write(PNG + format.encode())

    def save(self, file: io.BytesIO, format: str) -> None:
        file.write(PNG + format.encode())

    def get_figure(self) -> Figure:
        return self


class Chart:
    def to_dict(self) -> dict[str, Any]:
        return {"mark": "point"}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def a_function() -> int:
    return 1


@pytest.mark.parametrize(
    ("component", "fields"),
    [
        (Markdown("*a*"), {"kind": "markdown", "text": "*a*"}),
        (Markdown(), {"kind": "markdown", "text": ""}),
        (Artifact([1], "n"), {"kind": "artifact", "name": "n", "type": "list", "text": "[1]"}),
        (Artifact("x" * 2000), {"kind": "artifact", "name": None, "type": "str", "text": "'" + "x" * 999 + "..."}),
        (Artifact("x" * 2000, compressed=False), {"kind": "artifact", "name": None, "type": "str", "text": ...}),
        (3, {"kind": "artifact", "name": None, "type": "int", "text": "3"}),
        (Table(), {"kind": "table", "headers": [], "rows": []}),
        (
            Table([[Numpy(), float("inf"), True], (None, {"a": 1}, Bad())], headers=[1, "b"]),  # type: ignore[list-item]
            {
                "kind": "table",
                "headers": ["1", "b"],
                "rows": [
                    [7, "inf", True],
                    [
                        None,
                        "{'a': 1}",
                        {"kind": "error", "title": "Bad cannot be shown", "text": "ValueError('cannot')"},
                    ],
                ],
            },
        ),
        (
            Table.from_dataframe(Frame(2)),
            {"kind": "table", "headers": ["", "a", "b"], "rows": [[0, 0, "x"], [1, 2, "x"]]},
        ),
        (Image(PNG, "p"), {"kind": "image", "label": "p", "type": "image/png", "data": encoded(PNG)}),
        (
            Image(f"data:image/gif;base64,{encoded(b'GIF89a')}"),
            {"kind": "image", "label": None, "type": "image/gif", "data": encoded(b"GIF89a")},
        ),
        (
            Image.from_bytes(b"\xff\xd8\xff."),
            {"kind": "image", "label": None, "type": "image/jpeg", "data": "/9j/Lg=="},
        ),
        (Image(b"RIFF....WEBP"), {"kind": "image", "label": None, "type": "image/webp", "data": ...}),
        (
            Image.from_matplotlib(Figure(), "f"),
            {"kind": "image", "label": "f", "type": "image/png", "data": encoded(PNG + b"png")},
        ),
        (Image.from_pil_image(Figure()), {"kind": "image", "label": None, "type": "image/png", "data": ...}),
        (Image(b"?"), {"kind": "error", "title": "Image cannot be shown", "text": ...}),
        (Image(), {"kind": "error", "title": "Image cannot be shown", "text": ...}),
        (Error(KeyError("a"), "t"), {"kind": "error", "title": "t", "text": "KeyError('a')"}),
        (Error("text"), {"kind": "error", "title": None, "text": "text"}),
        (PythonCode(code_string="x = 1"), {"kind": "code", "text": "x = 1"}),
        (PythonCode(a_function), {"kind": "code", "text": "def a_function() -> int:\n    return 1\n"}),
        (
            VegaChart({"mark": "bar", "data": {"url": "u"}}, data=[{"x": Numpy()}], show_controls=True),
            {"kind": "vega", "spec": {"mark": "bar", "data": {"values": [{"x": 7}]}}, "controls": True},
        ),
        (VegaChart.from_altair_chart(Chart()), {"kind": "vega", "spec": {"mark": "point"}, "controls": False}),
        (
            VegaChart({"mark": "bar"}, data=[float("nan")]),
            {"kind": "error", "title": "VegaChart cannot be shown", "text": ...},
        ),
        (
            ProgressBar(10, "l", 3, "u", "m"),
            {"kind": "progress", "max": 10, "value": 3, "label": "l", "unit": "u", "metadata": "m"},
        ),
        (Bad(), {"kind": "error", "title": "Bad cannot be shown", "text": "ValueError('cannot')"}),
    ],
)
def test_components_are_json(component: Any, fields: dict[str, Any]) -> None:
    found = rendered(component)
    assert found is not None
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert {name: ... if fields[name] is ... else value for name, value in found.items()} == fields
    assert isinstance(html.component(found), str)


def test_a_long_data_frame_is_cut() -> None:
    assert len(Table.from_dataframe(Frame(5000)).data) == 1000
    assert len(Table.from_dataframe(Frame(5000), truncate=False).data) == 5000


def test_what_fails_is_left_out_if_errors_are_not_wanted() -> None:
    assert rendered(Bad(), save_errors=False) is None
    assert rendered(Markdown("a"), save_errors=False) is not None


def test_updates() -> None:
    text, value, image, chart, bar = Markdown("a"), Artifact(1), Image(PNG), VegaChart({"mark": "a"}), ProgressBar()
    text.update("b")
    value.update(2)
    image.update(Figure(), label="new")
    chart.update({"mark": "b"}, data=[1])
    bar.update(5, metadata="m")
    assert (text.text, value.artifact, image.data, image.label) == ("b", 2, PNG + b"png", "new")
    assert (chart.spec, bar.value, bar.metadata) == ({"mark": "b", "data": {"values": [1]}}, 5, "m")


@pytest.mark.parametrize("source", [3, "picture.png", "data:text/html;base64,AA=="])
def test_other_sources_are_no_pictures(source: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="a picture is bytes"):
        Image(source)


class Watched:
    """Cards whose saving and clock are watched."""

    def __init__(self, *ids: str | None, interval_s: float = 5, customized: int | None = None) -> None:
        self.now = 0.0
        self.saved: list[list[dict[str, Any]]] = []
        contents = [
            CardContent(
                type="default" if id != "b" else "blank",
                id=id,
                options={},
                refresh_interval_s=interval_s,
                save_errors=True,
                save=lambda: self.saved.append(self.card.fields()),
                clock=lambda: self.now,
            )
            for id in ids
        ]
        self.card = Collector(contents, None if customized is None else contents[customized])

    def texts(self) -> list[list[str]]:
        return [[c["text"] for c in card["components"]] for card in self.card.fields()]


@pytest.mark.parametrize(
    ("ids", "customized", "chosen"),
    [
        ((None,), None, 0),
        (("a",), None, 0),
        (("a", None), None, 1),
        (("a", "b"), 1, 1),
        ((None, "b"), 1, 1),
        (("a", "b"), None, None),
        ((None, None), None, None),
    ],
)
def test_which_card_is_meant(
    ids: tuple[str | None, ...], customized: int | None, chosen: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(*ids, customized=customized)
    watched.card.append(Markdown("x"))
    watched.card.extend([Markdown("y")])
    assert watched.texts() == [["x", "y"] if number == chosen else [] for number in range(len(ids))]
    said = capsys.readouterr().err
    assert said.count("it is not clear which card `current.card` means") == (chosen is None)


def test_a_card_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched("a", "b")
    watched.card["a"].append(Markdown("1"), id="first")
    watched.card["a"].append(Markdown("2"))
    watched.card["a"].append(Markdown("3"), id="first")
    watched.card["b"] = [Markdown("4")]
    assert watched.texts() == [["3", "2"], ["4"]]
    components = watched.card["a"].components
    assert (components["first"].text, components[1].text, [c.text for c in components[:1]]) == ("3", "2", ["3"])
    assert [c.text for c in watched.card.get("blank")] == ["4"]
    assert len(watched.card.get()) == 3
    with pytest.raises(KeyError):
        components["other"]
    watched.card["a"].clear()
    watched.card["nowhere"].append(Markdown("5"))
    assert watched.texts() == [[], ["4"]]
    assert "the step has no card with the id `nowhere`" in capsys.readouterr().err


def test_refresh_keeps_what_is_there_now_and_then() -> None:
    watched = Watched(None)
    for now, data, force in [
        (0, {"a": 1}, False),
        (4, None, False),
        (4.5, None, True),
        (9, None, False),
        (9.5, 2, False),
    ]:
        watched.now = now
        watched.card.append(Markdown(str(now)))
        watched.card.refresh(data, force)
    assert [len(cards[0]["components"]) for cards in watched.saved] == [1, 3, 5]
    assert [cards[0]["data"] for cards in watched.saved] == [{"a": 1}, {"a": 1}, 2]


def test_without_a_card_everything_is_nothing_and_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    card = NoCard("nothing here")
    card.append(1)
    card.extend([1])
    card.clear()
    card.refresh()
    card["a"].append(1)
    card["a"] = [1]
    assert list(card.components) == []
    assert card.get() == []
    assert capsys.readouterr().err == "flowc: nothing here\n"


def test_outside_of_a_task_there_is_no_card() -> None:
    assert isinstance(current.card, NoCard)
    assert "card" not in current


EVIL = '<script>alert("x")</script>\'&'


@pytest.mark.parametrize(
    "component",
    [
        {"kind": "markdown", "text": f'# {EVIL}\n- {EVIL}\n`{EVIL}` **{EVIL}** *{EVIL}* [{EVIL}](https://a/"{EVIL})\n'},
        {"kind": "markdown", "text": f"```\n{EVIL}\n```\n[a](javascript:alert(1))\n```{EVIL}"},
        {"kind": "artifact", "name": EVIL, "type": EVIL, "text": EVIL},
        {"kind": "table", "headers": [EVIL], "rows": [[EVIL, {"kind": "text", "text": EVIL}]]},
        {"kind": "image", "label": EVIL, "type": "image/png", "data": "AAAA"},
        {"kind": "image", "label": None, "type": EVIL, "data": "AAAA"},
        {"kind": "image", "label": None, "type": "image/png", "data": f'"{EVIL}'},
        {"kind": "error", "title": EVIL, "text": EVIL},
        {"kind": "code", "text": EVIL},
        {"kind": "vega", "spec": {EVIL: EVIL}},
        {"kind": "progress", "max": EVIL, "value": EVIL, "label": EVIL, "unit": EVIL, "metadata": EVIL},
        {"kind": "html", "text": f'"{EVIL}'},
        {"kind": EVIL, EVIL: EVIL},
    ],
)
def test_nothing_of_a_run_becomes_a_part_of_the_page(component: dict[str, Any]) -> None:
    text = html.card(EVIL, [component])
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    tags = re.findall(r"<[^<>]*>", text)
    assert not any("alert" in tag for tag in tags if not tag.startswith(("<img", "<progress", "<a", "<iframe")))
    assert not re.search(r'(href|src)="(?!https?://|data:image/)', text)
    assert not any(re.search(r"\son\w+=", tag) for tag in tags)


def test_html_has_a_page_of_its_own() -> None:
    text = html.component(Html('<script>"a"</script>').render())
    frame = re.fullmatch(r'<iframe sandbox="allow-scripts" srcdoc="([^"]*)" style="[^"]*"></iframe>', text)
    assert frame is not None and unescape(frame[1]) == '<script>"a"</script>'


def test_markdown() -> None:
    text = "# A `b`\n\ntext **c** and *d*, [e](https://f/g)\n- h\n* i\n```python\nj < k\n```\nend"
    assert html.component({"kind": "markdown", "text": text}).split("\n") == [
        "<h1>A <code>b</code></h1>",
        '<p>text <b>c</b> and <i>d</i>, <a href="https://f/g" rel="noopener">e</a></p>',
        "<ul><li>h</li><li>i</li></ul>",
        f'<pre style="{html._CODE}">j &lt; k</pre>',
        "<p>end</p>",
    ]


def test_documents() -> None:
    fields = {"type": "default", "id": "a", "options": {}, "components": [{"kind": "text", "text": "x"}]}
    cards = read("F/1/s/_", packed([fields, {**fields, "id": None, "type": "blank", "data": [1]}]))
    assert [(c.type, c.id, c.get_data()) for c in cards] == [("default", "a", None), ("blank", None, [1])]
    assert selected(cards, "a", None) == cards[:1]
    assert selected(cards, None, "blank") == cards[1:]
    assert "<h3>F/1/s/_: a</h3>" in cards._repr_html_()
    assert cards._repr_html_().count("<section") == 2
    assert cards[0]._repr_html_() == cards[0].get()
    assert read("F/1/s/_", None) == ()
    with pytest.raises(ContractError):
        read("F/1/s/_", json.dumps({"contract": 2, "cards": []}).encode())
