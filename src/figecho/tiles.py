"""Cut figures into tiles to be scored: whole figures, panels, or the parts of a plain grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from figecho.config import Config
from figecho.model import Box, ByteArray, Figure, Screened, ScreenReason
from figecho.panels.build import pixel_digest
from figecho.panels.chop import Grid, chop
from figecho.panels.cut import split
from figecho.panels.gutters import crop
from figecho.panels.tones import to_rgb8
from figecho.screen.judge import reason
from figecho.screen.masks import overlay, usable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """A rectangle of a figure, held in memory.

    Attributes
    ----------
    source, page, figure : str, int or None, int
        As in :class:`figecho.model.Figure`.
    part : int
        1-based count inside the figure, in reading order, those screened out included.
    bbox : Box
        Where it lies, in pixels of the figure.
    rgb : ndarray of shape (h, w, 3), uint8
        A view into the figure as a person sees it.
    pixels_sha256 : str
        Equal for equal pixels, whatever the file.
    """

    source: str
    page: int | None
    figure: int
    part: int
    bbox: Box
    rgb: ByteArray
    pixels_sha256: str

    @property
    def of(self) -> tuple[str, int, int]:
        """Key of the figure it lies in."""
        return (self.source, self.page or 0, self.figure)


def tiles_of(
    figure: Figure, config: Config, *, grid: Grid | None, panels: bool = False, screen: bool = True
) -> tuple[list[Tile], list[Screened]]:
    """Cut a figure into tiles and set aside those that are not worth comparing.

    Parameters
    ----------
    figure : Figure
    config : Config
        ``config.screen`` decides what is set aside.
    grid : Grid or None
        The parts to cut it into; None leaves it whole.
    panels : bool
        Cut it into its panels first.
    screen : bool
        False keeps every tile, also a blank one.

    Returns
    -------
    tiles : list of Tile
    screened : list of Screened
        The rest, each with its reason; ``panel`` is the number of the part.
    """
    rgb = to_rgb8(figure.pixels, config.screen.blank_range)
    whole = Box(x=0, y=0, w=rgb.shape[1], h=rgb.shape[0])
    boxes = [
        _inside(part.bbox, box)
        for box in (split(rgb) if panels else [whole])
        for part in chop(box.w, box.h, grid or Grid(columns=1, rows=1))
    ]
    tiles: list[Tile] = []
    screened: list[Screened] = []
    for number, box in enumerate(boxes, start=1):
        part: ByteArray = np.array(crop(rgb, box), order="C")
        why = _why(part, config) if screen else None
        if why is not None:
            screened.append(
                Screened(
                    source=figure.source,
                    page=figure.page,
                    figure=figure.number,
                    panel=number,
                    bbox=box,
                    reason=why,
                )
            )
            continue
        tiles.append(
            Tile(
                source=figure.source,
                page=figure.page,
                figure=figure.number,
                part=number,
                bbox=box,
                rgb=part,
                pixels_sha256=pixel_digest(part),
            )
        )
    return tiles, screened


def _why(part: ByteArray, config: Config) -> ScreenReason | None:
    over = overlay(part)
    return reason(part, usable(part, over), over, config.screen)


def _inside(box: Box, frame: Box) -> Box:
    return Box(x=box.x + frame.x, y=box.y + frame.y, w=box.w, h=box.h)
