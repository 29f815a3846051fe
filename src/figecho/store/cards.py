"""Panels and figures as they travel between processes: their pixels lie in a record."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from figecho.model import Figure, Input, NotScanned, Panel, Screened

_NO_RGB = np.zeros((0, 0, 3), np.uint8)
_NO_GREY = np.zeros((0, 0), np.float32)
_NO_MASK = np.zeros((0, 0), np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """A panel without its pixels.

    Attributes
    ----------
    panel : Panel
        Its arrays are empty.
    blob : str
        Key of the record that holds them.
    drawn : bool
        Whether it is drawn rather than photographed.
    gel : bool
        Whether it is a gel or a blot.
    """

    panel: Panel
    blob: str
    drawn: bool
    gel: bool

    @property
    def key(self) -> tuple[str, int, int, int]:
        """Key of the panel."""
        return self.panel.key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FigureCut:
    """What became of one figure."""

    panels: tuple[Card, ...]
    screened: tuple[Screened, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FigureRead:
    """A figure without its pixels, and the key of the record under which it is cut.

    ``size`` is its width and height in pixels.
    ``cut`` is there where the figure was cut as it was read: then no record holds its pixels.
    """

    figure: Figure
    pixels: str
    size: tuple[int, int]
    cut: FigureCut | None = None

    @property
    def drawn(self) -> bool:
        """Whether nothing in it was photographed, as far as its panels tell."""
        return self.cut is not None and all(card.drawn for card in self.cut.panels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileRead:
    """What one file holds: its figures in order, and what could not be read of it.

    ``inputs`` are the files read: the file itself, or those inside an archive; ``sha256`` is the
    digest of the file's bytes, empty where they could not be read.
    """

    figures: tuple[FigureRead, ...]
    not_scanned: tuple[NotScanned, ...]
    inputs: tuple[Input, ...] = ()
    sha256: str = ""


def without_pixels(panel: Panel) -> Panel:
    """Return a panel with empty arrays."""
    return replace(panel, rgb=_NO_RGB, grey=_NO_GREY, usable=_NO_MASK)


def renamed(value: Any, old: str, new: str) -> Any:
    """Return a value in which each source that is ``old``, or lies inside it, is called ``new``.

    Parameters
    ----------
    value
        A dataclass, tuple or list of what this package keeps.
    old, new : str
    """
    if isinstance(value, (tuple, list)):
        return type(value)(renamed(v, old, new) for v in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if field.name == "source":
            changed[field.name] = new + held.removeprefix(old)
        elif field.name == "figure" and isinstance(held, tuple):
            changed[field.name] = (new + held[0].removeprefix(old), *held[1:])
        elif dataclasses.is_dataclass(held) or isinstance(held, (tuple, list)):
            changed[field.name] = renamed(held, old, new)
    return replace(value, **changed)
