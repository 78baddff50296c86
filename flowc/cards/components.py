"""The parts of a card. Each gives a dict that can be JSON; nothing is imported that the step has not imported itself.

Source: https://docs.metaflow.org/api/cards
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

_TEXT = 1000
_LONG_TEXT = 100_000
"""Characters of a value's text."""
_ROWS = 1000
"""Rows that a table takes of a data frame."""
_FORMATS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_WEBP = (b"RIFF", b"WEBP")


HTML_CARD = "html"
"""The type of cards whose content is the HTML in an artifact."""


def html_attribute(options: Mapping[str, Any]) -> str:
    """The artifact that such a card shows; what is given need not be a name."""
    name: str = options.get("attribute", HTML_CARD)
    return name


class MetaflowCardComponent:
    """The base of components; those of users return a text or a dict from `render`."""

    def render(self) -> dict[str, Any] | str:
        """What the component is made of, for JSON."""
        raise NotImplementedError


class Markdown(MetaflowCardComponent):
    """Text with headings, lists, emphasis, code and links.

    Args:
        text: In Markdown.
    """

    def __init__(self, text: str | None = None) -> None:
        self.text = text

    def update(self, text: str | None) -> None:
        """Change the text."""
        self.text = text

    def render(self) -> dict[str, Any]:
        return {"kind": "markdown", "text": "" if self.text is None else str(self.text)}


class Artifact(MetaflowCardComponent):
    """Any value, as the text that Python shows of it.

    Args:
        artifact: The value.
        name: What it is called.
        compressed: A long text is cut.
    """

    def __init__(self, artifact: Any, name: str | None = None, compressed: bool = True) -> None:
        self.artifact = artifact
        self.name = name
        self.compressed = compressed

    def update(self, artifact: Any) -> None:
        """Show another value."""
        self.artifact = artifact

    def render(self) -> dict[str, Any]:
        text = shown(self.artifact, _TEXT if self.compressed else _LONG_TEXT)
        return {"kind": "artifact", "name": self.name, "type": type_name(self.artifact), "text": text}


class Table(MetaflowCardComponent):
    """Rows of values and of components.

    Args:
        data: The rows.
        headers: Of the columns.
        disable_updates: Accepted for Metaflow's sake: a table has no updates.
    """

    def __init__(
        self,
        data: Iterable[Sequence[Any]] | None = None,
        headers: Iterable[str] | None = None,
        disable_updates: bool = False,
    ) -> None:
        self.data = [] if data is None else [list(row) for row in data]
        self.headers = [] if headers is None else [str(header) for header in headers]

    @classmethod
    def from_dataframe(cls, dataframe: Any = None, truncate: bool = True) -> Table:
        """The table of a data frame of pandas, with its index.

        Args:
            dataframe: The data frame.
            truncate: Take the first rows of a long one only.
        """
        rows = dataframe.head(_ROWS) if truncate else dataframe
        headers = [dataframe.index.name or "", *dataframe.columns]
        return cls(data=rows.itertuples(index=True, name=None), headers=headers)

    def render(self) -> dict[str, Any]:
        return {"kind": "table", "headers": self.headers, "rows": [[_cell(cell) for cell in row] for row in self.data]}


class Image(MetaflowCardComponent):
    """A picture: PNG, JPEG, GIF or WebP.

    Args:
        src: Its bytes, or a `data:` URL of them.
        label: What stands below it.
        disable_updates: Accepted for Metaflow's sake.
    """

    def __init__(self, src: bytes | str | None = None, label: str | None = None, disable_updates: bool = True) -> None:
        self.data = _bytes_of(src)
        self.label = label

    @classmethod
    def from_pil_image(cls, pilimage: Any, label: str | None = None, disable_updates: bool = False) -> Image:
        """A picture of Pillow's."""
        return cls(_saved(lambda file: pilimage.save(file, format="PNG")), label)

    @classmethod
    def from_matplotlib(cls, plot: Any, label: str | None = None, disable_updates: bool = False) -> Image:
        """A figure of matplotlib's, or the one that a plot belongs to."""
        figure = plot.get_figure() if hasattr(plot, "get_figure") else plot
        return cls(_saved(lambda file: figure.savefig(file, format="png")), label)

    from_matplotlib_plot = from_matplotlib

    @classmethod
    def from_bytes(cls, bytes_arr: bytes, label: str | None = None) -> Image:
        """A picture in one of the formats."""
        return cls(bytes_arr, label)

    def update(self, image: Any, label: str | None = None) -> None:
        """Show another picture: bytes, one of Pillow's, or a plot."""
        if hasattr(image, "savefig") or hasattr(image, "get_figure"):
            self.data = Image.from_matplotlib(image).data
        elif hasattr(image, "save"):
            self.data = Image.from_pil_image(image).data
        else:
            self.data = _bytes_of(image)
        self.label = self.label if label is None else label

    def render(self) -> dict[str, Any]:
        if self.data is None:
            raise ValueError("the picture has no source")
        return {
            "kind": "image",
            "label": self.label,
            "type": _format(self.data),
            "data": base64.b64encode(self.data).decode(),
        }


class Error(MetaflowCardComponent):
    """An exception.

    Args:
        exception: The exception.
        title: What stands above it.
    """

    def __init__(self, exception: BaseException | str, title: str | None = None) -> None:
        self.exception = exception
        self.title = title

    def render(self) -> dict[str, Any]:
        text = self.exception if isinstance(self.exception, str) else shown(self.exception, _LONG_TEXT)
        return {"kind": "error", "title": self.title, "text": text}


class PythonCode(MetaflowCardComponent):
    """Source text of Python's.

    Args:
        code_func: A function, whose source is shown.
        code_string: The source itself.
    """

    def __init__(self, code_func: Callable[..., Any] | None = None, code_string: str | None = None) -> None:
        self.code_func = code_func
        self.code_string = code_string

    def render(self) -> dict[str, Any]:
        text = self.code_string or ""
        if self.code_func is not None:
            from inspect import getsource

            text = getsource(self.code_func)
        return {"kind": "code", "text": text}


class VegaChart(MetaflowCardComponent):
    """A chart of Vega-Lite's.

    Args:
        spec: Its specification.
        data: Takes the place of the specification's data.
        show_controls: The chart has the menu of Vega's.
    """

    def __init__(self, spec: dict[str, Any], data: Any = None, show_controls: bool = False) -> None:
        self.spec = dict(spec)
        self.show_controls = show_controls
        self.update(data=data)

    @classmethod
    def from_altair_chart(cls, altair_chart: Any) -> VegaChart:
        """A chart of Altair's."""
        return cls(altair_chart.to_dict())

    def update(self, spec: dict[str, Any] | None = None, data: Any = None) -> None:
        """Change the specification, or the data."""
        if spec is not None:
            self.spec = dict(spec)
        if data is not None:
            self.spec["data"] = {"values": data}

    def render(self) -> dict[str, Any]:
        return {"kind": "vega", "spec": self.spec, "controls": self.show_controls}


class ProgressBar(MetaflowCardComponent):
    """How far something has come.

    Args:
        max: The value of the end.
        label: What it is of.
        value: The value now.
        unit: What is counted.
        metadata: A remark.
    """

    def __init__(
        self,
        max: float = 100,
        label: str | None = None,
        value: float = 0,
        unit: str | None = None,
        metadata: str | None = None,
    ) -> None:
        self.max = max
        self.label = label
        self.value = value
        self.unit = unit
        self.metadata = metadata

    def update(self, new_value: float, metadata: str | None = None) -> None:
        """Go on."""
        self.value = new_value
        self.metadata = self.metadata if metadata is None else metadata

    def render(self) -> dict[str, Any]:
        return {
            "kind": "progress",
            "max": self.max,
            "value": self.value,
            "label": self.label,
            "unit": self.unit,
            "metadata": self.metadata,
        }


class Html(MetaflowCardComponent):
    """A page, or a piece of one, in HTML.

    Args:
        text: The HTML.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def render(self) -> dict[str, Any]:
        return {"kind": "html", "text": self.text}


def rendered(component: Any, *, save_errors: bool = True) -> dict[str, Any] | None:
    """A component as a dict that can be JSON.

    Args:
        component: Any value; one that is no component is shown as an artifact.
        save_errors: One that fails leaves its error; otherwise nothing, which is None.
    """
    if not isinstance(component, MetaflowCardComponent):
        component = Artifact(component)
    try:
        made = component.render()
        fields = {"kind": "text", "text": made} if isinstance(made, str) else {"kind": "other", **made}
        found: dict[str, Any] = plain(fields)
    except Exception as error:  # noqa: BLE001 - the user's own code, which a card is no reason to stop for
        return Error(error, f"{type(component).__name__} cannot be shown").render() if save_errors else None
    return found


def plain(value: Any) -> Any:
    """A value that can be JSON; what is none is there by its text.

    Raises:
        ValueError: It contains itself, or a number that is not finite.
    """
    return json.loads(json.dumps(value, default=_foreign, allow_nan=False))


def shown(value: Any, limit: int) -> str:
    """The text of a value, cut."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - the user's own method
        return f"its text cannot be shown: {type(error).__name__}"
    return text if len(text) <= limit else f"{text[:limit]}..."


def type_name(value: Any) -> str:
    """The name of a value's type, with its module."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _cell(value: Any) -> Any:
    if isinstance(value, MetaflowCardComponent):
        return rendered(value)
    return _plain_cell(value)


def _plain_cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and value - value == 0:  # finite
        return value
    item = getattr(value, "item", None)  # of numpy's numbers
    if callable(item) and getattr(value, "ndim", None) == 0:
        return _plain_cell(item())
    return str(value) if isinstance(value, float) else shown(value, _TEXT)


def _foreign(value: Any) -> Any:
    return rendered(value) if isinstance(value, MetaflowCardComponent) else _plain_cell(value)


def _bytes_of(source: bytes | str | None) -> bytes | None:
    if isinstance(source, str):
        head, comma, data = source.partition(",")
        if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
            raise ValueError("a picture is bytes, or a text like `data:image/png;base64,...`")
        return base64.b64decode(data)
    if source is None or isinstance(source, bytes | bytearray | memoryview):
        return None if source is None else bytes(source)
    raise TypeError(f"a picture is bytes, not {type_name(source)}")


def _format(data: bytes) -> str:
    for beginning, name in _FORMATS:
        if data.startswith(beginning):
            return name
    if data.startswith(_WEBP[0]) and data[8:12] == _WEBP[1]:
        return "image/webp"
    raise ValueError("the picture is no PNG, JPEG, GIF or WebP")


def _saved(save: Callable[[BytesIO], Any]) -> bytes:
    file = BytesIO()
    save(file)
    return file.getvalue()
