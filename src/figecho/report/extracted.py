"""Figures and panels as files, and the manifest that lists them with their place and digest."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from figecho.manifest import SCHEMA_VERSION
from figecho.model import Box, Figure, Input, NotScanned
from figecho.panels.gutters import crop
from figecho.report.parts import png_of, unlike_names
from figecho.report.to_json import dump, origin_dict
from figecho.store.keys import digest_of
from figecho.versions import versions

_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One panel of a figure: where it lies, and why it would be screened, if it would."""

    bbox: Box
    screened: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extracted:
    """One figure with its panels, and the names of their files."""

    figure: Figure
    name: str
    panels: tuple[Cut, ...]
    names: tuple[str, ...]

    def files(self) -> list[tuple[str, bytes]]:
        """Return name and bytes of the figure's file and of each panel's."""
        pixels = self.figure.pixels
        whole = original_of(self.figure) or png_of(pixels, self.name)
        return [(self.name, whole)] + [
            (name, png_of(crop(pixels, cut.bbox), name))
            for name, cut in zip(self.names, self.panels, strict=True)
        ]


def extracted(figures: Sequence[Figure], panels: Sequence[Sequence[Cut]]) -> list[Extracted]:
    """Name the files of all figures and panels, each name unlike all others."""
    ends = [
        [".jpg" if original_of(figure) else ".png"]
        + [f"-panel{k}.png" for k in range(1, len(cuts) + 1)]
        for figure, cuts in zip(figures, panels, strict=True)
    ]
    return [
        Extracted(figure=figure, name=names[0], panels=tuple(cuts), names=tuple(names[1:]))
        for figure, cuts, names in zip(figures, panels, unlike_names(figures, ends), strict=True)
    ]


def manifest(
    items: Sequence[Extracted],
    digests: dict[str, str],
    inputs: Sequence[Input],
    not_scanned: Sequence[NotScanned],
) -> str:
    """Return the manifest as JSON text; :mod:`figecho.manifest` documents its form.

    Parameters
    ----------
    items : sequence of Extracted
    digests : dict
        SHA-256 of the bytes of each file, by its name.
    inputs, not_scanned : sequence
        What was read, and what was not.
    """
    return dump(
        {
            "schema_version": SCHEMA_VERSION,
            "tool": dict(sorted(versions().items())),
            "inputs": [
                {"source": i.source, "sha256": i.sha256, "figures": i.figures} for i in inputs
            ],
            "not_scanned": [{"source": n.source, "reason": n.reason} for n in not_scanned],
            "figures": [_row(item, digests) for item in items],
        }
    )


def original_of(figure: Figure) -> bytes | None:
    """Return the embedded file of a figure, where it is a JPEG that shows just its pixels."""
    data = figure.original
    if data is None or not data.startswith(_JPEG):
        return None
    try:
        with Image.open(io.BytesIO(data)) as image:
            same = np.array_equal(np.array(image), figure.pixels)
    except (OSError, ValueError):
        return None
    return data if same else None


def _row(item: Extracted, digests: dict[str, str]) -> dict[str, Any]:
    figure = item.figure
    height, width = figure.pixels.shape[:2]
    return {
        "source": figure.source,
        "page": figure.page,
        "figure": figure.number,
        "width": width,
        "height": height,
        "pixels": digest_of(figure.pixels),
        "file": item.name,
        "sha256": digests[item.name],
        **(origin_dict(figure.origin) if figure.origin else {}),
        "panels": [
            {
                "panel": number,
                "bbox": cut.bbox.as_list(),
                "file": name,
                "sha256": digests[name],
                **({"screened": cut.screened} if cut.screened else {}),
            }
            for number, (name, cut) in enumerate(zip(item.names, item.panels, strict=True), start=1)
        ],
    }
