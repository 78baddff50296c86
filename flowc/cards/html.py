"""Cards as HTML. All that comes from a run is escaped; the HTML of a card of that type is a page of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from itertools import takewhile
from typing import Any

_STYLE = "border:1px solid #ccc;border-radius:4px;padding:0.5em 1em;margin:0.5em 0;font-family:sans-serif"
_CELL = "border:1px solid #ccc;padding:0.2em 0.5em;text-align:left"
_FRAME = "border:0;width:100%;height:40em"
_CODE = "background:#f6f6f6;padding:0.5em;overflow:auto"
_PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
_BASE64 = re.compile(r"[A-Za-z0-9+/=]*")
_FENCE = "```"
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"\s*[-*+]\s+(.*)")
_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\*([^*]+)\*|\[([^\]]*)\]\((https?://[^)\s]+)\)")


def card(title: str, components: Iterable[Mapping[str, Any]]) -> str:
    """A card.

    Args:
        title: What stands above it.
        components: As they are kept.
    """
    body = "\n".join(map(component, components)) or "<p><i>empty</i></p>"
    return f'<section style="{_STYLE}">\n<h3>{escape(title)}</h3>\n{body}\n</section>'


def component(fields: Mapping[str, Any]) -> str:
    """One component, as it is kept; of a kind that is not known, its fields."""
    shape = _KINDS.get(fields.get("kind", ""), _other)
    return shape(fields)


def _markdown(fields: Mapping[str, Any]) -> str:
    return "\n".join(_blocks(iter(str(fields.get("text", "")).split("\n"))))


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    items: list[str] = []
    for line in lines:
        if item := _ITEM.fullmatch(line):
            items.append(f"<li>{_inline(item[1])}</li>")
            continue
        if items:
            yield f"<ul>{''.join(items)}</ul>"
            items = []
        if line.startswith(_FENCE):
            yield _code({"text": "\n".join(takewhile(lambda inner: not inner.startswith(_FENCE), lines))})
        elif heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            yield f"<h{level}>{_inline(heading[2])}</h{level}>"
        elif line.strip():
            yield f"<p>{_inline(line)}</p>"
    if items:
        yield f"<ul>{''.join(items)}</ul>"


def _inline(text: str) -> str:
    parts, at = [], 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[at : found.start()]))
        code, strong, emphasis, label, url = found.groups()
        if code is not None:
            parts.append(f"<code>{escape(code)}</code>")
        elif strong is not None:
            parts.append(f"<b>{escape(strong)}</b>")
        elif emphasis is not None:
            parts.append(f"<i>{escape(emphasis)}</i>")
        else:
            parts.append(f'<a href="{escape(url)}" rel="noopener">{escape(label)}</a>')
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _table(fields: Mapping[str, Any]) -> str:
    headers = "".join(f'<th style="{_CELL}">{escape(str(header))}</th>' for header in fields.get("headers", ()))
    rows = "\n".join(map(_row, fields.get("rows", ())))
    head = f"<thead><tr>{headers}</tr></thead>\n" if headers else ""
    return f'<table style="border-collapse:collapse">\n{head}<tbody>\n{rows}\n</tbody>\n</table>'


def _row(cells: Iterable[Any]) -> str:
    columns = "".join(f'<td style="{_CELL}">{_cell(cell)}</td>' for cell in cells)
    return f"<tr>{columns}</tr>"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return component(value)
    return "" if value is None else escape(str(value))


def _image(fields: Mapping[str, Any]) -> str:
    kind, data = fields.get("type"), str(fields.get("data", ""))
    if kind not in _PICTURES or not _BASE64.fullmatch(data):
        return _other(fields)
    label = fields.get("label")
    caption = f"<figcaption>{escape(str(label))}</figcaption>" if label else ""
    alt = escape(str(label or ""))
    return f'<figure><img src="data:{kind};base64,{data}" alt="{alt}" style="max-width:100%">{caption}</figure>'


def _artifact(fields: Mapping[str, Any]) -> str:
    name = fields.get("name")
    label = f"<b>{escape(str(name))}</b> " if name else ""
    return f"<p>{label}<i>{escape(str(fields.get('type', '')))}</i></p>{_code(fields)}"


def _error(fields: Mapping[str, Any]) -> str:
    title = fields.get("title") or "Error"
    return f'<div style="color:#b00020"><b>{escape(str(title))}</b>{_code(fields)}</div>'


def _code(fields: Mapping[str, Any]) -> str:
    return f'<pre style="{_CODE}">{escape(str(fields.get("text", "")))}</pre>'


def _text(fields: Mapping[str, Any]) -> str:
    return f"<p>{escape(str(fields.get('text', '')))}</p>"


def _progress(fields: Mapping[str, Any]) -> str:
    value, end = escape(str(fields.get("value"))), escape(str(fields.get("max")))
    notes = [str(fields[name]) for name in ("unit", "metadata") if fields.get(name)]
    label = f"{escape(str(fields['label']))} " if fields.get("label") else ""
    remark = escape(" ".join(notes))
    return f'<p>{label}<progress value="{value}" max="{end}"></progress> {value} / {end} {remark}</p>'


def _vega(fields: Mapping[str, Any]) -> str:
    text = json.dumps(fields.get("spec"), indent=2, ensure_ascii=False)
    return f"<details><summary>Vega-Lite chart</summary>{_code({'text': text})}</details>"


def _html(fields: Mapping[str, Any]) -> str:
    # charts are scripts: they may run, but as of no origin, so that they reach nothing of the page around
    text = escape(str(fields.get("text", "")))
    return f'<iframe sandbox="allow-scripts" srcdoc="{text}" style="{_FRAME}"></iframe>'


def _other(fields: Mapping[str, Any]) -> str:
    return _code({"text": json.dumps(fields, indent=2, ensure_ascii=False)})


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "artifact": _artifact,
    "code": _code,
    "error": _error,
    "html": _html,
    "image": _image,
    "markdown": _markdown,
    "progress": _progress,
    "table": _table,
    "text": _text,
    "vega": _vega,
}
