"""Names in the characters and lengths that AWS takes."""

from __future__ import annotations

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def safe(name: str) -> str:
    """A name in the characters that Batch and labels take."""
    return _UNSAFE.sub("-", name)


def shortened(name: str, length: int) -> str:
    """The name, or as much of it as fits with 8 digits of its hash."""
    if len(name) <= length:
        return name
    return f"{name[: length - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
