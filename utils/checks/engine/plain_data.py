"""Plain data: the only values that a student's process and the judge exchange.

Tensors, numbers, strings, lists, tuples and dicts. `pack` serialises them to bytes. `unpack` reads untrusted
bytes: it never unpickles, and it checks every size before it allocates memory.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

MAX_BYTES = 256 * 2**20
"""The largest message, and the largest sum of tensors, in bytes: GPT-2's embedding matrix (154 MB) fits.

Read it as `plain_data.MAX_BYTES`, since `set_max_bytes` lowers it in a process that grades.
"""
MAX_HEADER = 16 * 2**20
"""The largest header, in bytes: once parsed, lists and dicts take up to fifty times as much memory."""
MAX_ITEMS = 1_000_000
"""How many values lists and dicts may hold in all: a vocabulary of 50,257 entries is far below."""
MAX_DEPTH = 20
"""How deep lists and dicts may be nested; no exercise's answer is nested deeper."""
MAX_AXES = 32
"""How many axes a tensor may have."""

_LENGTH = 8  # bytes of the header's length, little-endian
_ENVELOPE = 4  # levels of nesting that a message may add around a value of MAX_DEPTH
_ENVELOPE_ITEMS = 1000  # values that a message may add
_MAX_INT_BITS = 4096  # Python refuses to write or read integers of more than 4,300 digits
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
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
    )
}


no_tensor_overrides = torch._C.DisableTorchFunctionSubclass
"""A context in which a subclass's `__torch_function__` is bypassed. torch's notes on extending torch use this
private name; there is no public one."""


def set_max_bytes(number: int) -> None:
    """Sets the size of the largest message that this process reads or writes, in bytes."""
    global MAX_BYTES
    MAX_BYTES = number


class PlainDataError(ValueError):
    """Bytes that are not plain data, or data that exceeds a limit."""


@dataclass(frozen=True)
class NotPlain:
    """Takes the place of a value that is not plain data. It keeps only the name of the value's type."""

    type_name: str


def as_plain_data(value: Any) -> Any:
    """Returns a copy of `value` as plain data.

    Tensors are detached, on the CPU and contiguous. What is not plain data is replaced by `NotPlain`.
    Instances of subclasses of tensors, numbers and strings become instances of the base class, so that no
    method of the student's can misreport the value.

    Raises:
        PlainDataError: the value is nested deeper than `MAX_DEPTH`, or larger than a message may be.
    """
    return _Copier(MAX_DEPTH).copy(value)


class _Copier:
    """Copies a value to plain data and counts what it copies, since `[[[x] * 100] * 100] * 100` is large."""

    def __init__(self, max_depth: int):
        self.max_depth = max_depth
        self.items = 0
        self.bytes = 0

    def copy(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > MAX_ITEMS:
            raise PlainDataError(f"The value holds more than {MAX_ITEMS:,} numbers, strings and lists.")
        if depth > self.max_depth:
            raise PlainDataError(f"The value is nested more than {MAX_DEPTH} deep.")
        if isinstance(value, Tensor):
            return self.tensor(value)
        if isinstance(value, torch.Size):
            return tuple(value)
        if isinstance(value, list | tuple):
            items = [self.copy(item, depth + 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return self.dict(value, depth)
        return _plain_scalar(value)

    def dict(self, value: Mapping[Any, Any], depth: int) -> Any:
        if not all(isinstance(key, str) for key in value):
            return NotPlain("a dict with keys that are not strings")
        return {str.__str__(key): self.copy(item, depth + 1) for key, item in value.items()}

    def tensor(self, tensor: Tensor) -> Any:
        with no_tensor_overrides():  # a subclass could misreport its numbers
            tensor = Tensor.detach(tensor)
            known = str(tensor.dtype).removeprefix("torch.") in _DTYPES
            dense = tensor.layout is torch.strided and tensor.device.type != "meta" and not tensor.is_nested
            if not (known and dense):
                return NotPlain(f"a {tensor.dtype} tensor on {tensor.device} without dense values")
            self.bytes += tensor.numel() * tensor.element_size()
            if self.bytes > MAX_BYTES or tensor.dim() > MAX_AXES:
                shape = str(tuple(tensor.shape))[:80]
                raise PlainDataError(f"A tensor of shape {shape} is larger than any answer here.")
            return tensor.cpu().clone(memory_format=torch.contiguous_format)


def _plain_scalar(value: Any) -> Any:
    """Returns a number or a string as Python's own type; numpy's scalars are converted."""
    if value is None or isinstance(value, bool | NotPlain):
        return value
    if isinstance(value, np.bool):
        return bool(value)
    if isinstance(value, int | np.integer):
        number = int.__index__(value) if isinstance(value, int) else int(value)
        return number if number.bit_length() <= _MAX_INT_BITS else NotPlain("an int of over 1,000 digits")
    if isinstance(value, float | np.floating):
        return float.__float__(value) if isinstance(value, float) else float(value)
    if isinstance(value, str):
        return str.__str__(value)
    return NotPlain(f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins."))


def pack(value: Any) -> bytes:
    """Serialises `value`: the header's length, a JSON header, then the tensors' raw bytes.

    Raises:
        PlainDataError: the value exceeds a limit.
    """
    buffers: list[bytes] = []
    copied = _Copier(MAX_DEPTH + _ENVELOPE).copy(value)
    header = json.dumps(_describe(copied, buffers)).encode()
    if len(header) > MAX_HEADER:
        raise PlainDataError(f"Its description takes {len(header):,} bytes; at most {MAX_HEADER:,} are read.")
    message = len(header).to_bytes(_LENGTH, "little") + header + b"".join(buffers)
    if len(message) > MAX_BYTES:
        raise PlainDataError(f"The value takes {len(message):,} bytes; at most {MAX_BYTES:,} are read.")
    return message


def _describe(value: Any, buffers: list[bytes]) -> Any:
    if isinstance(value, Tensor):
        raw = value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
        buffers.append(raw)
        dtype = str(value.dtype).removeprefix("torch.")
        return {"tensor": dtype, "shape": list(value.shape), "bytes": len(raw)}
    if isinstance(value, NotPlain):
        return {"not plain": value.type_name}
    if isinstance(value, list):
        return [_describe(item, buffers) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_describe(item, buffers) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[key, _describe(item, buffers)] for key, item in value.items()]}
    return value


def unpack(message: bytes) -> Any:
    """Returns the value that `pack` serialised to `message`.

    Raises:
        PlainDataError: the message is not what `pack` writes, or exceeds a limit.
    """
    if len(message) > MAX_BYTES:
        raise PlainDataError(f"The message has {len(message):,} bytes; at most {MAX_BYTES:,} are read.")
    header_length = int.from_bytes(message[:_LENGTH], "little")
    if header_length > MAX_HEADER:
        raise PlainDataError(f"A header of {header_length:,} bytes: at most {MAX_HEADER:,} are read.")
    start = _LENGTH + header_length
    if len(message) < start:
        raise PlainDataError("The message ends before its header does.")
    try:
        header = json.loads(message[_LENGTH:start])
    except (ValueError, RecursionError) as error:
        raise PlainDataError(f"The header is not JSON: {error}") from None
    reader = _Reader(memoryview(message)[start:])
    value = reader.read(header)
    reader.finish()
    return value


class _Reader:
    """Builds the value that a header describes, taking the tensors' bytes in order."""

    def __init__(self, buffers: memoryview):
        self.buffers = buffers
        self.position = 0
        self.items = 0

    def read(self, described: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > MAX_ITEMS + _ENVELOPE_ITEMS:
            raise PlainDataError(f"The value holds more than {MAX_ITEMS:,} numbers, strings and lists.")
        if depth > MAX_DEPTH + _ENVELOPE:
            raise PlainDataError(f"The value is nested more than {MAX_DEPTH} deep.")
        if isinstance(described, list):
            return [self.read(item, depth + 1) for item in described]
        if not isinstance(described, dict):
            return described
        match described:
            case {"tensor": str(dtype), "shape": list(shape), "bytes": int(size)}:
                return self.tensor(dtype, shape, size)
            case {"not plain": str(type_name)}:
                return NotPlain(type_name[:200])
            case {"tuple": list(items)}:
                return tuple(self.read(item, depth + 1) for item in items)
            case {"dict": list(pairs)}:
                return {_key(pair): self.read(pair[1], depth + 1) for pair in pairs}
        raise PlainDataError(f"The header names no kind of plain data: {str(described)[:80]}")

    def tensor(self, dtype_name: str, shape: list[Any], size: int) -> Tensor:
        dtype = _DTYPES.get(dtype_name)
        fits = len(shape) <= MAX_AXES and all(type(axis) is int and 0 <= axis <= MAX_BYTES for axis in shape)
        if dtype is None or not fits:
            raise PlainDataError(f"No tensor has dtype {dtype_name[:40]!r} and shape {str(shape)[:80]}.")
        if size != math.prod(shape) * dtype.itemsize or self.position + size > len(self.buffers):
            raise PlainDataError(f"A {dtype_name} tensor of shape {shape} does not have {size} bytes.")
        raw = bytearray(self.buffers[self.position : self.position + size])
        self.position += size
        if not size:
            return self.empty(shape, dtype)
        if dtype is torch.bool and raw.translate(None, b"\x00\x01"):
            raise PlainDataError("A bool tensor holds bytes other than 0 and 1.")
        return torch.frombuffer(raw, dtype=dtype).reshape(shape)

    def empty(self, shape: list[int], dtype: torch.dtype) -> Tensor:
        try:
            return torch.empty(shape, dtype=dtype, device="cpu")
        except RuntimeError:  # the strides of (0, 2**27, 2**27, 2**27) overflow although it has no numbers
            raise PlainDataError(f"No tensor has shape {str(shape)[:80]}.") from None

    def finish(self) -> None:
        if self.position != len(self.buffers):
            raise PlainDataError(f"{len(self.buffers) - self.position} bytes follow the last tensor.")


def _key(pair: Any) -> str:
    match pair:
        case [str(key), _]:
            return key
    raise PlainDataError(f"A dict entry is a key and a value, not {str(pair)[:80]}.")
