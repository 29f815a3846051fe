"""What a worker process and its parent say to each other: a line of JSON, then raw bytes.

No pickle: a worker that a hostile document has taken over could make its parent run anything.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, Any

import numpy as np

from figecho.errors import SourceError
from figecho.model import Origin
from figecho.sources.parts import At, LeftOut, Note, Part, Picture
from figecho.sources.pixels import Pixels

_TYPES = {"uint8": np.uint8, "uint16": np.uint16}
_MAX_LINE = 1_000_000


def send(stream: IO[bytes], head: dict[str, Any], *bodies: bytes) -> None:
    """Write one message and flush it."""
    stream.write(json.dumps({**head, "sizes": [len(b) for b in bodies]}).encode() + b"\n")
    for body in bodies:
        stream.write(body)
    stream.flush()


def receive(stream: IO[bytes], limit: int) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read one message; None at the end of the stream.

    Raises
    ------
    SourceError
        It is cut short, or longer than ``limit`` bytes.
    """
    line = stream.readline(_MAX_LINE)
    if not line:
        return None
    try:
        head = json.loads(line)
        sizes = [int(size) for size in head["sizes"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError("its reader sent what cannot be understood") from error
    if min(sizes, default=0) < 0 or sum(sizes) > limit:
        raise SourceError(f"too large: {sum(sizes)} bytes of pixels, limit {limit} bytes")
    bodies = [stream.read(size) for size in sizes]
    if any(len(body) != size for body, size in zip(bodies, sizes, strict=True)):
        return None
    return head, bodies


def send_part(stream: IO[bytes], part: Part) -> None:
    """Write one part of a document."""
    if isinstance(part, Picture):
        pixels = np.ascontiguousarray(part.pixels)
        head = {
            "is": "picture",
            "shape": pixels.shape,
            "type": str(pixels.dtype),
            "page": part.page,
            "number": part.number,
            "origin": None if part.origin is None else asdict(part.origin),
            "original": part.original is not None,
        }
        send(stream, head, pixels.tobytes(), part.original or b"")
    elif isinstance(part, Note):
        send(stream, {"is": "note", "reason": part.reason, "where": part.where})
    elif isinstance(part, At):
        send(stream, {"is": "at", "where": part.where})
    else:
        send(stream, {"is": "left out", "count": part.count})


def part_of(head: dict[str, Any], bodies: list[bytes]) -> Part:
    """Return the part that a message holds.

    Raises
    ------
    SourceError
        The message does not have the form of a part.
    """
    try:
        match head["is"]:
            case "picture":
                return Picture(
                    pixels=_pixels(head, bodies[0]),
                    page=None if head["page"] is None else int(head["page"]),
                    number=int(head["number"]),
                    origin=None if head["origin"] is None else origin_of(head["origin"]),
                    original=bodies[1] if head["original"] else None,
                )
            case "note":
                return Note(reason=str(head["reason"]), where=str(head["where"]))
            case "at":
                return At(where=str(head["where"]))
            case "left out":
                return LeftOut(count=int(head["count"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SourceError("its reader sent what cannot be understood") from error
    raise SourceError("its reader sent what cannot be understood")


def origin_of(data: dict[str, Any]) -> Origin:
    """Return an origin from plain data; unlike a class, plain data has lists for tuples."""
    box = data.get("box_pt")
    left, top, width, height = box if box is not None else (0, 0, 0, 0)
    return Origin(
        where=str(data["where"]),
        media=str(data.get("media", "")),
        media_sha256=data.get("media_sha256"),
        box_pt=None if box is None else (left, top, width, height),
        made=data.get("made", "embedded"),
        changes=tuple(data.get("changes", ())),
    )


def _pixels(head: dict[str, Any], body: bytes) -> Pixels:
    shape = tuple(int(side) for side in head["shape"])
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3) or min(shape) < 1:
        raise ValueError(f"samples of shape {shape}")
    return np.frombuffer(body, _TYPES[head["type"]]).reshape(shape)
