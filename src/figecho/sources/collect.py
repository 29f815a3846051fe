"""From paths to figures: read every file once and say what could not be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.model import Figure, Held, Input, NotScanned
from figecho.sources.archive import Budget, members, package_kind
from figecho.sources.guard import read_guarded
from figecho.sources.images import read_image
from figecho.sources.kinds import DOCUMENTS, HEAD_BYTES, kind_of, refusal
from figecho.sources.parts import Asked, LeftOut, Note, Picture, decoding, merged
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
    sha256 : str
        Digest of the last file's bytes.
    """

    figures: tuple[Figure, ...]
    inputs: tuple[Input, ...]
    not_scanned: tuple[NotScanned, ...]
    misused: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A file that was read to its end, and how many of its pictures are no figures."""

    source: str
    sha256: str
    left_out: int = 0


def collect(
    paths: Sequence[Path],
    limits: Limits,
    *,
    password: str | None = None,
    originals: bool = False,
) -> Collected:
    """Read every picture under ``paths``: files, and folders with all that is below them.

    Never raises for bad input: what cannot be read is listed with its reason.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders, as the user named them.
    limits : Limits
        What one file may cost.
    password : str, optional
        Opens encrypted documents.
    originals : bool
        Keep the embedded files of documents beside their pixels.
    """
    entries, misused = walk(paths)
    asked = Asked(limits=limits, password=password, originals=originals)
    found = gathered(part for entry in entries for part in read(entry, asked))
    return replace(found, misused=tuple(misused))


def gathered(parts: Iterable[Figure | NotScanned | Whole | str]) -> Collected:
    """Sort what :func:`read` yields."""
    figures: list[Figure] = []
    inputs: list[Input] = []
    not_scanned: list[NotScanned] = []
    held: list[Figure] = []
    sha256 = ""
    for part in parts:
        if isinstance(part, NotScanned):
            not_scanned.append(part)
        elif isinstance(part, Figure):
            held.append(part)
        elif isinstance(part, str):
            sha256 = part
        else:
            inputs.append(_input(part, held))
            figures += held
            held = []
    return Collected(
        figures=tuple(figures),
        inputs=tuple(inputs),
        not_scanned=tuple(not_scanned),
        sha256=sha256,
    )


def read(entry: Entry, asked: Asked) -> Iterator[Figure | NotScanned | Whole | str]:
    """Read one file: its digest first, then its figures and what of it could not be read.

    After the figures of a file, or of each file in an archive, comes what it is as a whole.
    """
    try:
        data = _bytes_of(entry, asked.limits)
    except SourceError as error:
        yield NotScanned(source=entry.source, reason=str(error))
        return
    yield hashlib.sha256(data).hexdigest()
    yield from read_bytes(data, entry.source, asked)


def read_bytes(
    data: bytes, source: str, asked: Asked, budget: Budget | None = None
) -> Iterator[Figure | NotScanned | Whole]:
    """Read a file that lies in memory; ``budget`` is what archives around it have left to spend."""
    digest = hashlib.sha256(data).hexdigest()
    suffix = PurePosixPath(source).suffix.lower()
    kind = kind_of(data[:HEAD_BYTES])
    if kind == ".zip":
        kind = package_kind(data, suffix)
    if kind == ".zip":
        inside = budget.inside() if budget else Budget.of(asked.limits)
        for member in members(data, inside):
            if isinstance(member, Note):
                yield NotScanned(source=source, reason=member.reason)
            else:
                yield from read_bytes(member.data, f"{source}/{member.name}", asked, inside)
        return
    seen, left_out = False, 0
    notes: list[Note] = []
    try:
        for part in _parts(kind, data, suffix, asked):
            if isinstance(part, Note):
                notes.append(part)
            elif isinstance(part, LeftOut):
                left_out += part.count
            else:
                seen = True
                yield Figure(
                    source=source,
                    page=part.page,
                    number=part.number,
                    pixels=part.pixels,
                    sha256=digest,
                    origin=part.origin,
                    original=part.original,
                )
    except SourceError as error:
        notes.append(Note(reason=str(error)))
    for line in merged(notes):
        yield NotScanned(source=source, reason=line)
    if seen or not notes:
        yield Whole(source=source, sha256=digest, left_out=left_out)


def _parts(kind: str, data: bytes, suffix: str, asked: Asked) -> Iterator[Picture | Note | LeftOut]:
    if kind in DOCUMENTS:
        yield from read_guarded(kind, data, asked)
        return
    if kind not in READERS:
        raise SourceError(refusal(kind, suffix))
    with decoding():
        for part in READERS[kind](data, asked.limits):
            if asked.originals and isinstance(part, Picture):
                part = replace(part, original=data)
            yield part


def _input(whole: Whole, figures: Sequence[Figure]) -> Input:
    return Input(
        source=whole.source,
        sha256=whole.sha256,
        figures=len(figures),
        panels=0,
        held=tuple(
            Held(page=f.page, figure=f.number, origin=f.origin) for f in figures if f.origin
        ),
        left_out=whole.left_out,
    )


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
