"""Values as bytes, and back."""

from __future__ import annotations

import collections
import pickle
import subprocess
import sys
from typing import Any

import numpy
import pytest

from flowc.store import codec

ARRAY = numpy.arange(60_000, dtype="float64").reshape(300, 200)  # 480 kB: beside the stream


def round_trip(value: Any) -> Any:
    found = codec.encode(value)
    return codec.decode(found.stream, [bytearray(b) for b in found.buffers])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(10**30),
        1.5,
        "text ü \ud800",
        b"bytes" * 100_000,
        bytearray(b"x" * 100_000),
        [1, [2, {"a": (3, None)}]],
        {1, 2},
        range(3),
        collections.OrderedDict(a=1),
        ValueError("x", 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back(value: Any) -> None:
    found = round_trip(value)
    assert type(found) is type(value)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("array", "buffers"),
    [
        (ARRAY, 1),
        (numpy.asfortranarray(ARRAY), 1),
        (ARRAY[::2, ::-3], 0),  # numpy itself copies it into the stream
        (ARRAY.T, 1),
        (numpy.zeros((0, 5)), 0),
        (numpy.array(7.5), 0),
        (numpy.arange(10), 0),
        (numpy.array(["a", None, 3], dtype=object), 0),
        (ARRAY.astype(">i4"), 1),
    ],
    ids=["c", "fortran", "strided", "transposed", "empty", "scalar", "small", "objects", "big-endian"],
)
def test_an_array_comes_back(array: Any, buffers: int) -> None:
    encoded = codec.encode(array)
    assert len(encoded.buffers) == buffers
    found = codec.decode(encoded.stream, [bytearray(b) for b in encoded.buffers])
    assert found.dtype == array.dtype
    assert numpy.array_equal(found, array)
    assert found.flags.f_contiguous == array.flags.f_contiguous
    found[...] = 0  # writable


def test_a_large_array_lies_beside_the_stream_as_it_is_in_memory() -> None:
    encoded = codec.encode({"x": ARRAY, "y": 1})
    (buffer,) = encoded.buffers
    assert numpy.shares_memory(numpy.frombuffer(buffer, dtype="float64"), ARRAY)
    assert len(encoded.stream) < 500


def test_an_array_is_decoded_onto_the_bytes_it_is_given() -> None:
    encoded = codec.encode(ARRAY)
    given = bytearray(encoded.buffers[0])
    found = codec.decode(encoded.stream, [given])
    found[0, 0] = -1.0
    assert numpy.frombuffer(given, dtype="float64")[0] == -1.0


def test_an_array_that_is_not_writable_stays_so() -> None:
    for array in (ARRAY.copy(), numpy.arange(3)):
        array.flags.writeable = False
        assert not round_trip(array).flags.writeable


def test_functions_and_classes_without_a_module_name_come_back() -> None:
    factor = 3

    class Local:
        def __init__(self, value: int) -> None:
            self.value = value

        def times(self) -> int:
            return self.value * factor

    assert round_trip(lambda x: x * factor)(2) == 6
    assert round_trip(Local(5)).times() == 15
    assert round_trip({"f": [lambda: ARRAY]})["f"][0]().shape == (300, 200)


def test_importing_cloudpickle_is_left_to_those_who_need_it() -> None:
    script = "from flowc.store import codec; import sys; codec.encode([1, 'a']); print('cloudpickle' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"


def test_what_cannot_be_pickled_raises_its_own_error() -> None:
    with pytest.raises(TypeError, match="cannot pickle 'generator' object"):
        codec.encode(x for x in "ab")


@pytest.mark.parametrize(
    ("value", "digest"),
    [
        (None, "97d425de904dbc2d2d1ed5b96bbef6bf546e04226ceec6a4ef32a1fec0622f19"),
        (1, "63d01a9cbd78334a06b843abde1234a85513c8b5eb3836aa5d02cf981f4bb498"),
        ("text", "b274878515f05711b4eda2e108f03b1c789a67e57a684361da81dd6c6d7f0560"),
        ([1.5, {"a": (True, b"x")}], "b54a3003cc3ed979aaf40050bcc0c1a4a696df1987ea43d11d38568a7a59a8b9"),
        (b"x" * 100_000, "32aef33739176c8e19ff8c9c4144b043207ad41c96814f0a97c2628fae4b78da"),
        (bytearray(b"x" * 100_000), "20fef1de3bf458be77eb020cea469d1730d3d023928cd0d009618ed07f38da2f"),
    ],
    ids=["none", "int", "str", "nested", "bytes", "bytearray"],
)
def test_digests_are_these(value: object, digest: str) -> None:
    # they stand in every record, and say which artifacts are equal
    assert codec.encode(value).digest == digest


def test_the_digest_is_that_of_the_bytes() -> None:
    encoded = codec.encode([ARRAY, b"x"])
    assert codec.digest_of(encoded.stream, encoded.buffers) == encoded.digest
    assert codec.digest_of(encoded.stream + b"x", encoded.buffers) != encoded.digest
    changed = bytearray(encoded.buffers[0])
    changed[100] ^= 1
    assert codec.digest_of(encoded.stream, [changed]) != encoded.digest
    assert codec.digest_of(encoded.stream, []) != encoded.digest


@pytest.mark.parametrize(
    ("value", "name"), [(1, "int"), (ARRAY, "numpy.ndarray"), (pickle.PickleError(), "_pickle.PickleError")]
)
def test_the_type_has_its_full_name(value: object, name: str) -> None:
    assert codec.encode(value).type == name
