"""The parts of figures as files: what they are called, and the manifest that lists them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.errors import ConfigError
from figecho.model import Figure, Input, NotScanned
from figecho.panels.chop import Grid, Part, chop
from figecho.panels.gutters import crop
from figecho.report.to_json import dump
from figecho.versions import versions

Pixels = NDArray[Any]

MANIFEST = "manifest.json"
#: What some file system refuses in a name, and what could steer a shell or a terminal.
_UNSAFE = re.compile(r"[^\w.()+,=@ -]")
_MAX_STEM_BYTES = 120


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartFile:
    """One part of a figure and the name of its file."""

    name: str
    figure: Figure
    part: Part

    def png(self) -> bytes:
        """Return the part's own pixels, at the depth of the source, as a PNG.

        Raises
        ------
        ConfigError
            The encoder fails.
        """
        return png_of(crop(self.figure.pixels, self.part.bbox), self.name)


def png_of(pixels: Pixels, name: str) -> bytes:
    """Return grey or RGB pixels of 8 or 16 bits as a PNG.

    Raises
    ------
    ConfigError
        The encoder fails.
    """
    planes = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., ::-1])
    done, data = cv2.imencode(".png", planes)
    if not done:
        raise ConfigError(f"'{name}' cannot be encoded")
    return bytes(data)


def part_files(figures: Sequence[Figure], grid: Grid) -> list[PartFile]:
    """Name every part: the source (folders joined by ``_``), page, figure, row and column.

    Names are unlike even where a file system takes no notice of case.
    """
    digits = len(str(max(grid.columns, grid.rows)))
    cut = []
    for figure in figures:
        height, width = figure.pixels.shape[:2]
        cut.append(chop(width, height, grid))
    ends = [[f"-r{p.row:0{digits}d}c{p.column:0{digits}d}.png" for p in parts] for parts in cut]
    return [
        PartFile(name=name, figure=figure, part=part)
        for figure, parts, names in zip(figures, cut, unlike_names(figures, ends), strict=True)
        for name, part in zip(names, parts, strict=True)
    ]


def unlike_names(figures: Sequence[Figure], ends: Sequence[Sequence[str]]) -> list[list[str]]:
    """Name the files of each figure: source, page and figure, then each of its ``ends``.

    No two names differ only by case, and none is that of the manifest.
    """
    several = _several(figures)
    taken = {MANIFEST.casefold()}
    named = []
    for figure, own in zip(figures, ends, strict=True):
        stem, count = _stem(figure, several), 1
        while True:
            start = stem if count == 1 else f"{stem}~{count}"
            names = [start + end for end in own]
            if taken.isdisjoint(name.casefold() for name in names):
                break
            count += 1
        taken |= {name.casefold() for name in names}
        named.append(names)
    return named


def manifest(
    files: Sequence[PartFile],
    digests: Sequence[str],
    grid: Grid,
    inputs: Sequence[Input],
    not_scanned: Sequence[NotScanned],
) -> str:
    """Return which file holds which part of what, as JSON text.

    Parameters
    ----------
    files : sequence of PartFile
    digests : sequence of str
        SHA-256 of the bytes of each file.
    grid : Grid
    inputs, not_scanned : sequence
        What was read, and what was not.
    """
    return dump(
        {
            "schema_version": "parts-1.0",
            "tool": dict(sorted(versions().items())),
            "grid": str(grid),
            "inputs": [
                {"source": i.source, "sha256": i.sha256, "figures": i.figures} for i in inputs
            ],
            "not_scanned": [{"source": n.source, "reason": n.reason} for n in not_scanned],
            "parts": [_row(f, digest) for f, digest in zip(files, digests, strict=True)],
        }
    )


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def _row(file: PartFile, digest: str) -> dict[str, Any]:
    return {
        "file": file.name,
        "sha256": digest,
        "source": file.figure.source,
        "page": file.figure.page,
        "figure": file.figure.number,
        "row": file.part.row,
        "column": file.part.column,
        "bbox": file.part.bbox.as_list(),
    }


def _several(figures: Sequence[Figure]) -> frozenset[tuple[str, int]]:
    """Return the pages that hold more than one figure."""
    return frozenset((f.source, f.page or 0) for f in figures if f.number > 1)


def _stem(figure: Figure, several: frozenset[tuple[str, int]]) -> str:
    path = PurePosixPath(figure.source)
    plain = _UNSAFE.sub("_", "_".join(p for p in path.parts if p != "/"))
    if plain.startswith((".", "-")):
        plain = "_" + plain[1:]
    if len(plain.encode()) > _MAX_STEM_BYTES:
        mark = hashlib.sha256(figure.source.encode()).hexdigest()[:8]
        half = _MAX_STEM_BYTES // 2
        head, tail = plain.encode()[:half], plain.encode()[-half:]
        plain = f"{head.decode(errors='ignore')}~{mark}~{tail.decode(errors='ignore')}"
    page = "" if figure.page is None else f"-p{figure.page}"
    number = f"-f{figure.number}" if (figure.source, figure.page or 0) in several else ""
    return plain + page + number
