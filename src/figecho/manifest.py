"""The manifest of ``figecho extract``: which figures there are and where their panels lie.

A person may edit the boxes and scan again with them. The form, schema ``extract-1.0``::

    {"schema_version": "extract-1.0", "tool": {...},
     "inputs": [{"source", "sha256", "figures"}], "not_scanned": [{"source", "reason"}],
     "figures": [{"source", "page", "figure", "width", "height", "pixels",
                  "file", "sha256", "where", "made", ...,
                  "panels": [{"panel", "bbox": [x, y, w, h], "file", "sha256", "screened"}]}]}

``pixels`` is a digest of shape, type and samples. Read back are ``source``, ``page``, ``figure``,
``pixels`` and the ``bbox`` of each panel, in their order; figures left out of it are cut as usual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from figecho.errors import ConfigError
from figecho.model import Box, Figure

SCHEMA_VERSION = "extract-1.0"
Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The panels of one figure as a person set them."""

    source: str
    page: int | None
    figure: int
    pixels: str
    boxes: tuple[Box, ...]

    @property
    def key(self) -> Key:
        """The key of the figure."""
        return (self.source, self.page or 0, self.figure)

    @property
    def words(self) -> str:
        """The figure in words."""
        page = "" if self.page is None else f", page {self.page}"
        return f"{self.source}{page}, figure {self.figure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """All figures of a manifest."""

    figures: tuple[Corrected, ...]


def corrections_from_json(text: str) -> Corrections:
    """Return the panel boxes of a manifest.

    Raises
    ------
    ConfigError
        The text is no manifest, is one of another version, or holds a box that is none.
    """
    try:
        data = json.loads(text)
        version = data["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("not a manifest of figecho extract: no 'schema_version' in it") from error
    if version != SCHEMA_VERSION:
        raise ConfigError(f"manifest of schema {version}; this version reads {SCHEMA_VERSION}")
    try:
        figures = tuple(_corrected(item) for item in data["figures"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"not a complete manifest of figecho extract: {error!r}") from error
    twice = {f.key for f in figures if sum(g.key == f.key for g in figures) > 1}
    for figure in figures:
        if figure.key in twice:
            raise ConfigError(f"the manifest names {figure.words} twice")
    return Corrections(figures=figures)


class Known(Protocol):
    """A figure whose pixels may lie elsewhere."""

    @property
    def figure(self) -> Figure:
        """The figure."""

    @property
    def pixels(self) -> str:
        """The digest of its pixels."""

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height."""


def boxes_for(corrections: Corrections | None, figures: Sequence[Known]) -> dict[Key, list[Box]]:
    """Return the corrected boxes by figure, each checked against the figure it is for.

    Raises
    ------
    ConfigError
        A figure is not there, its pixels are others than those the boxes were drawn on, or a box
        reaches out of it.
    """
    known = {item.figure.key: item for item in figures}
    boxes: dict[Key, list[Box]] = {}
    for item in corrections.figures if corrections else ():
        figure = known.get(item.key)
        if figure is None:
            raise ConfigError(f"the manifest names {item.words}, which is not among the figures")
        if figure.pixels != item.pixels:
            raise ConfigError(
                f"{item.words} has other pixels than when the manifest was written; extract it anew"
            )
        width, height = figure.size
        for box in item.boxes:
            inside = box.x >= 0 and box.y >= 0 and box.x + box.w <= width
            if not (inside and box.y + box.h <= height):
                raise ConfigError(
                    f"{item.words}: the box {box.as_list()} leaves its {width} x {height} px"
                )
        boxes[item.key] = list(item.boxes)
    return boxes


def _corrected(data: Mapping[str, Any]) -> Corrected:
    page = data["page"]
    boxes = tuple(_box(panel["bbox"]) for panel in data["panels"])
    found = Corrected(
        source=str(data["source"]),
        page=None if page is None else int(page),
        figure=int(data["figure"]),
        pixels=str(data["pixels"]),
        boxes=boxes,
    )
    if not boxes:
        raise ConfigError(
            f"{found.words} has no panels in the manifest; leave the figure out to have it cut"
        )
    return found


def _box(values: Sequence[Any]) -> Box:
    if len(values) != 4 or any(isinstance(v, bool) or not isinstance(v, int) for v in values):
        raise ConfigError(f"a box is [x, y, width, height] in whole pixels, not {values}")
    x, y, w, h = values
    if w < 1 or h < 1:
        raise ConfigError(f"the box {list(values)} holds no pixels")
    return Box(x=x, y=y, w=w, h=h)
