"""Values as bytes, and back: pickle protocol 5 with large buffers beside the stream.

An array is so written as it lies in memory, and comes back without a copy.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any, NamedTuple

from blake3 import blake3

from flowc.store.objects import Data

PROTOCOL = 5
OUT_OF_BAND = 1 << 16
"""Buffers of at least this many bytes lie beside the stream; smaller ones within."""

_DOMAIN = b"flowc value 1\0"
_PARALLEL_HASH = 1 << 20  # bytes from which several cores hash one buffer


class Encoded(NamedTuple):
    """A value as bytes.

    Attributes:
        stream: The pickle.
        buffers: What the stream refers to, in order; views of the value's own memory.
        digests: BLAKE3 of the stream and of each buffer, 64 hexadecimal digits.
        digest: The value's identity: BLAKE3 over `digests`; equal for values that were pickled equally.
        type: The qualified name of the value's type.
    """

    stream: bytes
    buffers: tuple[memoryview, ...]
    digests: tuple[str, ...]
    digest: str
    type: str


def encode(value: Any) -> Encoded:
    """A value as bytes.

    Raises:
        Exception: Whatever the value's own pickling raises.
    """
    buffers: list[memoryview] = []

    def beside(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes < OUT_OF_BAND:
            return True
        buffers.append(view)
        return False

    stream = _dumps(value, buffers, beside)
    digests = (hash_of(stream), *map(hash_of, buffers))
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return Encoded(stream, tuple(buffers), digests, combine(digests), name)


def decode(stream: Data, buffers: Sequence[Data]) -> Any:
    """The value of a stream and its buffers, which it keeps and may write to."""
    return pickle.loads(stream, buffers=buffers)


def digest_of(stream: Data, buffers: Sequence[Data]) -> str:
    """The digest that `encode` gave these bytes."""
    return combine((hash_of(stream), *map(hash_of, buffers)))


def _dumps(value: Any, buffers: list[memoryview], beside: Any) -> bytes:
    try:
        return pickle.dumps(value, PROTOCOL, buffer_callback=beside)
    except (pickle.PicklingError, AttributeError, TypeError):
        # lambdas, local classes and the like; importing cloudpickle takes longer than saving most tasks' artifacts
        import cloudpickle

        buffers.clear()
        out = io.BytesIO()
        cloudpickle.Pickler(out, protocol=PROTOCOL, buffer_callback=beside).dump(value)
        return out.getvalue()


def hash_of(data: Data) -> str:
    """BLAKE3 of a stream or a buffer, 64 hexadecimal digits."""
    threads = blake3.AUTO if len(data) >= _PARALLEL_HASH else 1
    return blake3(data, max_threads=threads).hexdigest()


def combine(digests: tuple[str, ...]) -> str:
    """The digest of a value, of those of its stream and of each buffer."""
    return blake3(_DOMAIN + "".join(digests).encode()).hexdigest()
