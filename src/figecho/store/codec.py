"""Values of the pipeline as bytes and back, without pickle: reading them can run no code.

A record is a magic word, a checksum over the rest, a JSON header and the raw samples of its arrays.
Only the dataclasses of :data:`KNOWN` come back, field by field, and exactly as they were: floats
keep every bit, arrays their type.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import mmap
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
    arrays = _Arrays()
    header = json.dumps(_plain(value, arrays), ensure_ascii=True, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + _HEAD.size) % _ALIGN)
    check = zlib.crc32(len(header).to_bytes(4, "little"))
    for piece in (header, *arrays.pieces):
        check = zlib.crc32(piece, check)
    return b"".join((_HEAD.pack(MAGIC, check, len(header)), header, *arrays.pieces))


def decode(record: bytes | mmap.mmap, *, copies: bool = True) -> Any:
    """Return the value of a record.

    Parameters
    ----------
    record : bytes or mmap
    copies : bool
        Whether arrays are copies of their own, or lie in the record.

    Raises
    ------
    Damaged
        The bytes are not a whole record.
    """
    whole = memoryview(record)
    if len(whole) < _HEAD.size:
        raise Damaged
    magic, check, length = _HEAD.unpack_from(whole)
    body = whole[_HEAD.size :]
    if magic != MAGIC or zlib.crc32(body, zlib.crc32(length.to_bytes(4, "little"))) != check:
        raise Damaged
    samples = body[length:]
    try:
        return _value(json.loads(bytes(body[:length])), samples, copies)
    # A record of an older layout passes the checksum and fails anywhere in here.
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged from error


# Functions of the module, for one that calls itself from inside another is garbage that only a
# collection finds, and all that it saw with it: whole records.


class _Arrays:
    """The samples of arrays, one after the other."""

    def __init__(self) -> None:
        self.pieces: list[bytes | memoryview] = []
        self._size = 0

    def put(self, a: np.ndarray[Any, Any]) -> int:
        """Add an array; return where it begins."""
        place = self._size
        raw = np.ascontiguousarray(a).reshape(-1).view(np.uint8)
        empty = -raw.size % _ALIGN
        self.pieces += (raw.data, b"\0" * empty)
        self._size += raw.size + empty
        return place


def _plain(v: Any, arrays: _Arrays) -> Any:
    """Return what JSON can say of a value; its arrays are put beside."""
    if v is None or isinstance(v, (bool, str)) or type(v) in (int, float):
        return v
    if isinstance(v, np.ndarray):
        if v.dtype.hasobject:
            raise TypeError("arrays of objects are not kept")
        return {"a": [v.dtype.str, list(v.shape), arrays.put(v)]}
    if isinstance(v, np.generic):
        return {"n": [v.dtype.str, v.item()]}
    if isinstance(v, tuple):
        return {"t": [_plain(x, arrays) for x in v]}
    if isinstance(v, list):
        return [_plain(x, arrays) for x in v]
    if isinstance(v, dict):
        return {"d": [[_plain(k, arrays), _plain(x, arrays)] for k, x in v.items()]}
    if dataclasses.is_dataclass(v) and type(v).__name__ in KNOWN:
        return {type(v).__name__: {n: _plain(getattr(v, n), arrays) for n in _names(type(v))}}
    raise TypeError(f"a {type(v).__name__} is not kept")


def _value(v: Any, samples: memoryview, copies: bool) -> Any:
    """Return the value of which JSON says this."""
    if isinstance(v, list):
        return [_value(x, samples, copies) for x in v]
    if not isinstance(v, dict):
        return v
    ((tag, held),) = v.items()
    if tag == "t":
        return tuple(_value(x, samples, copies) for x in held)
    if tag == "d":
        return {_value(k, samples, copies): _value(x, samples, copies) for k, x in held}
    if tag == "n":
        return np.dtype(held[0]).type(held[1])
    if tag == "a":
        kind, shape, place = held
        count = int(np.prod(shape, dtype=np.int64))
        flat = np.frombuffer(samples, np.dtype(kind), count, place) if count else ()
        return (np.array if copies else np.asarray)(flat, np.dtype(kind)).reshape(shape)
    made = getattr(importlib.import_module(KNOWN[tag]), tag)
    return made(**{name: _value(x, samples, copies) for name, x in held.items()})


def _names(kind: type[Any]) -> list[str]:
    return [f.name for f in dataclasses.fields(kind)]
