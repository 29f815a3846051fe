"""What a reader is asked for, and hands out: pictures, notes on what it could not read, counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.model import Origin
from figecho.sources.pixels import Pixels

#: How many places a line about what was not read names.
_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How files are to be read: what one may cost, and what opens it.

    ``originals`` asks for the embedded files beside their pixels.
    """

    limits: Limits
    password: str | None = field(default=None, repr=False)
    originals: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One decoded picture; the fields mean what they mean in :class:`figecho.model.Figure`."""

    pixels: Pixels
    page: int | None = None
    number: int = 1
    origin: Origin | None = None
    original: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Part of a file that was not read, and why in one line.

    ``where`` is set where the same may be true of many places: they then share one line.
    """

    reason: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A sign of life: the reader has come to this place."""

    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """So many pictures are too small to be figures, or shown nowhere."""

    count: int


Part = Picture | Note | At | LeftOut


def merged(notes: Sequence[Note]) -> list[str]:
    """Return one line a reason, in the order of their first places.

    As in ``"slides 2, 3 and 5: image1.emf: EMF drawings are not read"``.
    """
    places: dict[str, list[str]] = {}
    for note in notes:
        places.setdefault(note.reason, []).append(note.where)
    lines = []
    for reason, wheres in places.items():
        named = _listed([w for w in dict.fromkeys(wheres) if w])
        lines.append(f"{named}: {reason}" if named else reason)
    return lines


def _listed(wheres: Sequence[str]) -> str:
    """Join ``"slide 2"``, ``"slide 3"`` to ``"slides 2 and 3"``, and cut long lists short."""
    if len(wheres) < 2:
        return "".join(wheres)
    kinds = {where.rpartition(" ")[0] for where in wheres}
    names = list(wheres)
    if len(kinds) == 1 and "" not in kinds:
        names = [where.rpartition(" ")[2] for where in wheres]
    shown = names[:_NAMED] if len(names) > _NAMED + 1 else names
    rest = len(names) - len(shown)
    last = f"{rest} more" if rest else shown.pop()
    head = f"{kinds.pop()}s " if names is not wheres and names != list(wheres) else ""
    return f"{head}{', '.join(shown)} and {last}"


@contextmanager
def decoding() -> Iterator[None]:
    """Turn whatever a decoder raises on damaged bytes into a one-line :class:`SourceError`."""
    try:
        yield
    except SourceError:
        raise
    except MemoryError:
        raise SourceError("not enough memory to decode it") from None
    # Decoders meet hostile bytes with nearly any exception; none may end a scan.
    except Exception as error:
        raise SourceError(f"damaged or unsupported image: {one_line(error)}") from error


def one_line(error: BaseException) -> str:
    """Return the message of an error as one short line, the same in every run."""
    text = str(error).split("<_io.")[0]
    return " ".join(text.split())[:200] or type(error).__name__
