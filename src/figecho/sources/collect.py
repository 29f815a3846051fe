"""From paths to figures: read every file once and say what could not be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.model import Figure, Input, NotScanned
from figecho.sources.images import read_image
from figecho.sources.kinds import HEAD_BYTES, kind_of, refusal
from figecho.sources.parts import Note, Picture, decoding
from figecho.sources.tiffs import read_tiff
from figecho.sources.walk import Entry, walk

Reader = Callable[[bytes, Limits], Iterator[Picture | Note]]

#: Kind of a file (see :func:`figecho.sources.kinds.kind_of`) to the function that reads it.
READERS: dict[str, Reader] = {
    "png": read_image,
    "jpeg": read_image,
    "webp": read_image,
    "bmp": read_image,
    "gif": read_image,
    "tiff": read_tiff,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collected:
    """All that the named paths hold.

    Attributes
    ----------
    figures : tuple of Figure
        In natural order of their sources, then by page and number.
    inputs : tuple of Input
        The files read, in the same order; ``panels`` is 0, for a later stage to fill in.
    not_scanned : tuple of NotScanned
        Files and parts of files that could not be read.
    misused : tuple of str
        One line for each named path that does not exist or is a folder without images: a call
        that asks for what is not there, as opposed to a file that turned out damaged.
    """

    figures: tuple[Figure, ...]
    inputs: tuple[Input, ...]
    not_scanned: tuple[NotScanned, ...]
    misused: tuple[str, ...]


def collect(paths: Sequence[Path], limits: Limits) -> Collected:
    """Read every picture under ``paths``: files, and folders with all that is below them.

    Never raises for bad input: what cannot be read is listed with its reason.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders, as the user named them.
    limits : Limits
        What one file may cost.
    """
    entries, misused = walk(paths)
    figures: list[Figure] = []
    inputs: list[Input] = []
    not_scanned: list[NotScanned] = []
    for entry in entries:
        held: list[Figure] = []
        for part in read(entry, limits):
            if isinstance(part, NotScanned):
                not_scanned.append(part)
            else:
                held.append(part)
        if held:
            figures += held
            inputs.append(
                Input(source=entry.source, sha256=held[0].sha256, figures=len(held), panels=0)
            )
    return Collected(
        figures=tuple(figures),
        inputs=tuple(inputs),
        not_scanned=tuple(not_scanned),
        misused=tuple(misused),
    )


def read(entry: Entry, limits: Limits) -> Iterator[Figure | NotScanned]:
    """Read one file: its figures, and what of it could not be read."""
    try:
        data = _bytes_of(entry, limits)
        digest = hashlib.sha256(data).hexdigest()
        kind = kind_of(data[:HEAD_BYTES])
        if kind not in READERS:
            raise SourceError(refusal(kind, entry.path.suffix.lower()))
        with decoding():
            for part in READERS[kind](data, limits):
                if isinstance(part, Note):
                    yield NotScanned(source=entry.source, reason=part.reason)
                else:
                    yield Figure(
                        source=entry.source,
                        page=part.page,
                        number=part.number,
                        pixels=part.pixels,
                        sha256=digest,
                    )
    except SourceError as error:
        yield NotScanned(source=entry.source, reason=str(error))


def _bytes_of(entry: Entry, limits: Limits) -> bytes:
    if entry.problem is not None:
        raise SourceError(entry.problem)
    try:
        size = entry.path.stat().st_size
        if size > limits.max_file_bytes:
            raise SourceError(f"too large: {size} bytes, limit {limits.max_file_bytes} bytes")
        return entry.path.read_bytes()
    except OSError as error:
        raise SourceError((error.strerror or type(error).__name__).lower()) from error
