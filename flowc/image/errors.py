"""What keeps an image from being built."""

from __future__ import annotations

from flowc.errors import FlowcError


class ImageError(FlowcError):
    """An engine, a base or a package could not be used.

    Attributes:
        code: The diagnostic's code; empty where the engine has failed at what it was told rightly.
        help: What to do about it.
    """

    def __init__(self, message: str, *, code: str = "", help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.help = help
