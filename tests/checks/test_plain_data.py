"""Serialisation: values survive a round trip unchanged, and no bytes do harm."""

import contextlib
import enum
import io
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from utils.checks.engine import plain_data as module
from utils.checks.engine.plain_data import (
    MAX_DEPTH,
    MAX_HEADER,
    NotPlain,
    PlainDataError,
    as_plain_data,
    pack,
    unpack,
)
from utils.checks.engine.protocol import ChannelClosed, receive, send

from .same import identical

many = settings(max_examples=150)

DTYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
    torch.complex128,
]


@st.composite
def tensors(draw):
    """Tensors of any dtype, shape and bits: NaN, infinities and empty ones among them."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    size = math.prod(shape) * dtype.itemsize
    if not size:
        return torch.empty(shape, dtype=dtype)
    raw = draw(st.binary(min_size=size, max_size=size))
    raw = bytes(byte % 2 for byte in raw) if dtype is torch.bool else raw
    return torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars | tensors() | st.builds(NotPlain, st.text(max_size=20)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@many
@given(values)
def test_what_is_packed_is_unpacked(value):
    assert identical(unpack(pack(value)), value)


@many
@given(values)
def test_plain_data_is_plain_already(value):
    assert identical(as_plain_data(value), value)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_kind_of_tensor_is_changed_by_its_layout(dtype):
    wide = torch.arange(24).reshape(2, 3, 4).to(dtype)
    views = [
        wide.mT,
        wide[:, ::2],
        wide[..., None].expand(2, 3, 4, 2),
        wide.sum(0, dtype=dtype),
        wide[0, 0, 0],
    ]
    for view in [*views, wide.conj()]:
        assert identical(unpack(pack(view)), view.resolve_conj().contiguous())


def test_a_view_of_a_conjugate_is_written_out():
    value = torch.tensor([1 + 2j, 3 - 1j])
    assert identical(unpack(pack(value.conj())), torch.tensor([1 - 2j, 3 + 1j]))
    assert identical(unpack(pack(value.conj().imag)), torch.tensor([-2.0, 1.0]))


def test_tensors_are_detached_and_copied():
    weight = nn.Parameter(torch.ones(2))
    kept = as_plain_data([weight, weight * 2])
    weight.data.zero_()
    assert identical(kept, [torch.ones(2), torch.full((2,), 2.0)])
    assert not any(tensor.requires_grad for tensor in kept)


class Colour(enum.IntEnum):
    """A subclass of int."""

    RED = 3


class Loud(str):
    """A subclass of str."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    ("value", "as_plain"),
    [
        (Colour.RED, 3),
        (Loud("no"), "no"),
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool(True), True),
        (np.str_("yes"), "yes"),
        (torch.Size([2, 3]), (2, 3)),
        ({Loud("a"): 1}, {"a": 1}),
    ],
    ids=repr,
)
def test_kinds_of_numbers_and_strings_become_pythons_own(value, as_plain):
    assert identical(as_plain_data(value), as_plain)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object"),
        (np.zeros(2), "numpy.ndarray"),
        (b"bytes", "bytes"),
        (1j, "complex"),
        ({1: 2}, "a dict with keys that are not strings"),
        (10**5000, "an int of over 1,000 digits"),
        (torch.zeros(2).to_sparse(), "a torch.float32 tensor on cpu without dense values"),
        (torch.zeros(2, device="meta"), "a torch.float32 tensor on meta without dense values"),
        (torch.zeros(2).to(torch.float8_e4m3fn), "a torch.float8_e4m3fn tensor on cpu without dense values"),
    ],
    ids=lambda value: str(type(value)) if not isinstance(value, str) else value,
)
def test_of_everything_else_only_the_kind_crosses(value, name):
    assert as_plain_data([value]) == [NotPlain(name)]
    assert unpack(pack([as_plain_data(value)])) == [NotPlain(name)]


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def test_the_deepest_value_fits_into_a_message():
    deepest = as_plain_data(nested(MAX_DEPTH))
    message = {"observation": {"output": deepest}}
    assert unpack(pack(message)) == message


def test_deeper_values_are_refused():
    with pytest.raises(PlainDataError, match=f"more than {MAX_DEPTH} deep"):
        as_plain_data(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_HEADER", "MAX_ITEMS"])
def test_larger_values_are_refused(monkeypatch, limit):
    value = [torch.zeros(100), *range(100)]
    message = pack(value)
    monkeypatch.setattr(module, limit, 100)
    with pytest.raises(PlainDataError):
        pack(value)
    if limit != "MAX_ITEMS":  # which nobody can exceed within a header's length
        with pytest.raises(PlainDataError):
            unpack(message)


def outcome_of(message: bytes):
    """Return what decoding a message gives: a value, or an expected error."""
    try:
        return unpack(message)
    except PlainDataError as problem:
        return str(problem)


@many
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(message):
    outcome_of(message)


@many
@given(
    values, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0)
)
def test_damaged_messages_are_read_or_refused(value, damages, end):
    message = bytearray(pack(value))
    for at, byte in damages:
        message[at % len(message)] = byte
    outcome_of(bytes(message))
    outcome_of(bytes(message[: end % len(message)]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["tensor", "shape", "bytes", "tuple", "dict", "not plain"]), inner)
    ),
    max_leaves=10,
)


@many
@given(json_values, st.binary(max_size=30))
def test_any_header_is_read_or_refused(described, buffers):
    outcome_of(with_header(json.dumps(described), buffers))


def with_header(header: str, buffers: bytes = b"") -> bytes:
    return len(header.encode()).to_bytes(8, "little") + header.encode() + buffers


def tensor_header(dtype="float32", shape=(1,), size=4):
    return json.dumps({"tensor": dtype, "shape": shape, "bytes": size})


HOSTILE = {
    "nothing": b"",
    "half a length": b"\x01\x00",
    "a header that is announced": (2**63).to_bytes(8, "little"),
    "a header beyond the limit": (MAX_HEADER + 1).to_bytes(8, "little"),
    "no JSON": with_header("{"),
    "no UTF-8": (1).to_bytes(8, "little") + b"\xff",
    "a deep header": with_header("[" * 100_000 + "]" * 100_000),
    "a deep value": with_header("[" * 30 + "]" * 30),
    "an endless number": with_header("9" * 5000),
    "no such kind": with_header('{"pickle": "gASV"}'),
    "no such dtype": with_header(tensor_header(dtype="object"), bytes(4)),
    "a negative size": with_header(tensor_header(shape=(-1,), size=-4)),
    "a size that is no number": with_header(tensor_header(shape=("1",)), bytes(4)),
    "a size that is true": with_header(tensor_header(shape=(True,)), bytes(4)),
    "empty and enormous": with_header(tensor_header(shape=(0, 10**30), size=0)),
    "empty and enormous together": with_header(tensor_header(shape=(0, *(2**28,) * 9), size=0)),
    "too many axes": with_header(tensor_header(shape=(1,) * 1000), bytes(4)),
    "fewer bytes than said": with_header(tensor_header(), bytes(3)),
    "more bytes than said": with_header(tensor_header(), bytes(5)),
    "another length than the shape's": with_header(tensor_header(size=8), bytes(8)),
    "booleans beyond 0 and 1": with_header(tensor_header(dtype="bool", size=1), b"\x02"),
    "an entry without a value": with_header('{"dict": [["key"]]}'),
    "an entry by number": with_header('{"dict": [[1, 2]]}'),
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
def test_what_pack_never_writes_is_refused(message):
    with pytest.raises(PlainDataError):
        unpack(message)


@many
@given(st.binary(max_size=60))
def test_any_bytes_on_a_channel_are_read_or_refused(received):
    with contextlib.suppress(PlainDataError, ChannelClosed):
        receive(io.BytesIO(received))


def test_a_message_beyond_the_limit_is_not_waited_for():
    with pytest.raises(PlainDataError, match="was announced"):
        receive(io.BytesIO((2**40).to_bytes(8, "little")))


class OneByteAtATime(io.BytesIO):
    """An unbuffered pipe that returns one byte for each read."""

    def read(self, size=-1):
        return super().read(min(size, 1))


def test_the_largest_message_of_a_process_holds_for_its_channels_too(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", module.MAX_BYTES)  # put back afterwards
    module.set_max_bytes(1000)
    with pytest.raises(PlainDataError, match="1,001 bytes was announced; at most 1,000 are read"):
        receive(io.BytesIO((1001).to_bytes(8, "little") + bytes(1001)))
    with pytest.raises(PlainDataError, match="larger than any answer"):
        send(io.BytesIO(), {"x": torch.ones(1000)})


def test_a_slow_channel_loses_nothing():
    stream = OneByteAtATime()
    send(stream, {"x": torch.ones(2)})
    stream.seek(0)
    assert identical(receive(stream), {"x": torch.ones(2)})


def test_a_channel_that_ends_within_a_message_is_closed():
    stream = io.BytesIO()
    send(stream, [1, 2, 3])
    with pytest.raises(ChannelClosed):
        receive(io.BytesIO(stream.getvalue()[:-1]))
