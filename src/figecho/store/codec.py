"""Values of the pipeline as bytes and back, without pickle: reading them can run no code.

A record is a magic word, a checksum over the rest, a JSON header and the raw samples of its arrays.
Only the dataclasses of :data:`KNOWN` come back, field by field, and exactly as they were: floats
keep every bit, arrays their type.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import struct
import zlib
from typing import Any

import numpy as np

MAGIC = b"figecho\x01"
_HEAD = struct.Struct("<8sII")
_ALIGN = 64

#: Name of a dataclass that may be written to the module it lives in.
KNOWN = {
    **dict.fromkeys(
        (
            *("Box", "Figure", "Panel", "Region", "Transform", "Evidence", "Finding", "Place"),
            *("Template", "Input", "NotScanned", "Screened", "Coverage", "Report"),
            *("Origin", "Held"),
        ),
        "figecho.model",
    ),
    **dict.fromkeys(("Card", "FileRead", "FigureRead", "FigureCut"), "figecho.store.cards"),
    "Features": "figecho.describe.features",
    "Form": "figecho.describe.forms",
    "Proposal": "figecho.match.propose",
    "Echo": "figecho.echo",
    "Sketch": "figecho.retrieve.sketch",
    "Shelved": "figecho.retrieve.votes",
}


class Damaged(Exception):
    """A record is missing or is not what was written; ``key`` names it where that is known."""

    def __init__(self, key: str = "") -> None:
        super().__init__(key)
        self.key = key


def encode(value: Any) -> bytes:
    """Return a value as a record.

    Parameters
    ----------
    value
        None, bool, int, float, str, numpy scalars and arrays, dataclasses of :data:`KNOWN`, and
        lists, tuples and dicts of them.

    Raises
    ------
    TypeError
        A part of the value is of another type.
    """
    arrays: list[bytes] = []
    at = 0

    def array(a: np.ndarray[Any, Any]) -> dict[str, Any]:
        nonlocal at
        if a.dtype.hasobject:
            raise TypeError("arrays of objects are not kept")
        raw = np.ascontiguousarray(a).tobytes()
        arrays.append(raw + b"\0" * (-len(raw) % _ALIGN))
        place = at
        at += len(arrays[-1])
        return {"a": [a.dtype.str, list(a.shape), place]}

    def plain(v: Any) -> Any:
        if v is None or isinstance(v, (bool, str)) or type(v) in (int, float):
            return v
        if isinstance(v, np.ndarray):
            return array(v)
        if isinstance(v, np.generic):
            return {"n": [v.dtype.str, v.item()]}
        if isinstance(v, tuple):
            return {"t": [plain(x) for x in v]}
        if isinstance(v, list):
            return [plain(x) for x in v]
        if isinstance(v, dict):
            return {"d": [[plain(k), plain(x)] for k, x in v.items()]}
        if dataclasses.is_dataclass(v) and type(v).__name__ in KNOWN:
            return {type(v).__name__: {n: plain(getattr(v, n)) for n in _names(type(v))}}
        raise TypeError(f"a {type(v).__name__} is not kept")

    header = json.dumps(plain(value), ensure_ascii=True, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + _HEAD.size) % _ALIGN)
    body = b"".join((header, *arrays))
    check = zlib.crc32(body, zlib.crc32(len(header).to_bytes(4, "little")))
    return _HEAD.pack(MAGIC, check, len(header)) + body


def decode(record: bytes) -> Any:
    """Return the value of a record; arrays are copies of their own.

    Raises
    ------
    Damaged
        The bytes are not a whole record.
    """
    if len(record) < _HEAD.size:
        raise Damaged
    magic, check, length = _HEAD.unpack_from(record)
    body = memoryview(record)[_HEAD.size :]
    if magic != MAGIC or zlib.crc32(body, zlib.crc32(length.to_bytes(4, "little"))) != check:
        raise Damaged
    samples = body[length:]

    def value(v: Any) -> Any:
        if isinstance(v, list):
            return [value(x) for x in v]
        if not isinstance(v, dict):
            return v
        ((tag, held),) = v.items()
        if tag == "t":
            return tuple(value(x) for x in held)
        if tag == "d":
            return {value(k): value(x) for k, x in held}
        if tag == "n":
            return np.dtype(held[0]).type(held[1])
        if tag == "a":
            kind, shape, place = held
            count = int(np.prod(shape, dtype=np.int64))
            flat = np.frombuffer(samples, np.dtype(kind), count, place) if count else ()
            return np.array(flat, np.dtype(kind)).reshape(shape)
        made = getattr(importlib.import_module(KNOWN[tag]), tag)
        return made(**{name: value(x) for name, x in held.items()})

    try:
        return value(json.loads(bytes(body[:length])))
    # A record of an older layout passes the checksum and fails anywhere in here.
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged from error


def _names(kind: type[Any]) -> list[str]:
    return [f.name for f in dataclasses.fields(kind)]
