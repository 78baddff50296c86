"""The libraries that simulating Step Functions needs, looked for without importing them."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from flowc.simulate.errors import SimulateError

NEEDED = ("boto3", "moto", "flask", "flask_cors")

MOTO_VERSION = "5.2.5"
"""The version that `flowc.simulate.moto_repairs` was written for; flowc's `simulate` extra pins it."""


def require_libraries() -> None:
    """Looks for all of them.

    Raises:
        SimulateError: One is missing, or moto is another version.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise SimulateError(f"{name} is not installed: pip install 'flowc[simulate]'")
    require_version(importlib.metadata.version("moto"))


def require_version(installed: str) -> None:
    """Refuses a moto that the repairs do not fit.

    Raises:
        SimulateError: It is another version.
    """
    if installed != MOTO_VERSION:
        raise SimulateError(
            f"Step Functions are simulated with moto {MOTO_VERSION}, and moto {installed} is installed: "
            "pip install 'flowc[simulate]'"
        )
