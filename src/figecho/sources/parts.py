"""What a reader hands out: pictures, and notes on what it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from figecho.errors import SourceError
from figecho.sources.pixels import Pixels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One decoded picture; the fields mean what they mean in :class:`figecho.model.Figure`."""

    pixels: Pixels
    page: int | None = None
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Part of a file that was not read, and why in one line."""

    reason: str


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
