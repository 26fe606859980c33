"""Plain data: the only thing that crosses between a student's code and the judge.

Tensors, numbers, strings, lists, tuples and dicts. `pack` turns them into bytes and `unpack` reads such
bytes without trusting them: nothing is ever unpickled, every size is checked before it is believed.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

MAX_BYTES = 256 * 2**20
"""The largest message that `unpack` reads, in bytes: GPT-2's embedding matrix (154 MB) fits."""
MAX_DEPTH = 20
"""How deep lists and dicts may be nested; deeper is no answer to any exercise."""

_LENGTH = 8  # bytes that hold the header's length, little-endian
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


class PlainDataError(ValueError):
    """Bytes that are no plain data, or data that is larger or deeper than the limits."""


@dataclass(frozen=True)
class NotPlain:
    """Stands for a value that may not cross, and remembers only what it was."""

    type_name: str


def plain(value: Any, depth: int = 0) -> Any:
    """`value` with tensors detached, on the CPU and copied, and everything that is not plain data replaced by
    `NotPlain`.

    Raises:
        PlainDataError: nested deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise PlainDataError(f"The value is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, Tensor):
        return _plain_tensor(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, list | tuple):
        items = [plain(item, depth + 1) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    return NotPlain(f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins."))


def _plain_tensor(tensor: Tensor) -> Any:
    known = str(tensor.dtype).removeprefix("torch.") in _DTYPES
    if tensor.device.type == "meta" or tensor.layout is not torch.strided or not known:
        return NotPlain(f"a {tensor.dtype} tensor on {tensor.device} without dense values")
    return tensor.detach().to("cpu", copy=True).contiguous()


def pack(value: Any) -> bytes:
    """`value` as bytes: the header's length, a JSON header, then the tensors' raw bytes."""
    buffers: list[bytes] = []
    header = json.dumps(_describe(plain(value), buffers)).encode()
    return len(header).to_bytes(_LENGTH, "little") + header + b"".join(buffers)


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
    """The value that `pack` turned into `message`.

    Raises:
        PlainDataError: the message is not what `pack` writes, or exceeds a limit.
    """
    if len(message) > MAX_BYTES:
        raise PlainDataError(f"The message has {len(message):,} bytes; at most {MAX_BYTES:,} are read.")
    start = _LENGTH + int.from_bytes(message[:_LENGTH], "little")
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
    """Reads a described value, taking the tensors' bytes in order."""

    def __init__(self, buffers: memoryview):
        self.buffers = buffers
        self.at = 0

    def read(self, described: Any, depth: int = 0) -> Any:
        if depth > 2 * MAX_DEPTH + 2:  # a dict or tuple takes two levels of JSON
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

    def tensor(self, dtype_name: str, shape: list, size: int) -> Tensor:
        dtype = _DTYPES.get(dtype_name)
        if dtype is None or not all(type(length) is int and length >= 0 for length in shape):
            raise PlainDataError(f"No tensor has dtype {dtype_name[:40]!r} and shape {str(shape)[:80]}.")
        if size != math.prod(shape) * dtype.itemsize or self.at + size > len(self.buffers):
            raise PlainDataError(f"A {dtype_name} tensor of shape {shape} does not have {size} bytes.")
        raw = bytearray(self.buffers[self.at : self.at + size])
        self.at += size
        if not size:
            return torch.empty(shape, dtype=dtype)
        if dtype is torch.bool and raw.translate(None, b"\x00\x01"):
            raise PlainDataError("A bool tensor holds bytes other than 0 and 1.")
        return torch.frombuffer(raw, dtype=dtype).reshape(shape)

    def finish(self) -> None:
        if self.at != len(self.buffers):
            raise PlainDataError(f"{len(self.buffers) - self.at} bytes follow the last tensor.")


def _key(pair: Any) -> str:
    match pair:
        case [str(key), _]:
            return key
    raise PlainDataError(f"A dict entry is a key and a value, not {str(pair)[:80]}.")
