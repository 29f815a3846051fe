"""Figures made of panels: blot stacks with names beside them, grids of fields with gutters."""

from __future__ import annotations

import numpy as np

from synth.kinds import Byte
from synth.labels import text_image, write

Offset = tuple[int, int]


def stack(panels: list[Byte], names: list[str], letter: str) -> tuple[Byte, list[Offset]]:
    """Set strips below each other, framed, with the protein's name on the right.

    Returns
    -------
    figure : ndarray of shape (H, W) or (H, W, 3), uint8
    offsets : list of (x, y)
        Where the top-left pixel of each panel lies in the figure.
    """
    left, top, gap = 14, 34, 9
    labels = [text_image(name, 15) for name in names]
    width = left + max(p.shape[1] for p in panels) + max(t.shape[1] for t in labels) + 20
    height = top + sum(p.shape[0] + gap for p in panels) + 6
    figure = _canvas(panels, height, width)
    write(figure, letter, 2, 4, 22, 0)
    offsets, y = [], top
    for panel, name in zip(panels, names, strict=True):
        rows, cols = panel.shape[:2]
        figure[y - 1 : y + rows + 1, left - 1 : left + cols + 1] = 0
        _lay(figure, panel, left, y)
        write(figure, name, left + cols + 9, y + rows // 2 - 7, 15, 0)
        offsets.append((left, y))
        y += rows + gap
    lanes = max(p.shape[1] for p in panels)
    for index, sign in enumerate("-+-+-+"):
        write(figure, sign, left + int((index + 0.5) * lanes / 6), 18, 15, 0)
    return figure, offsets


def grid(
    panels: list[Byte], columns: int, gutter: int = 6, *, tone: int = 255
) -> tuple[Byte, list[Offset]]:
    """Set panels of one size in rows and columns with gutters of one tone, white unless told."""
    rows, cols = panels[0].shape[:2]
    down = -(-len(panels) // columns)
    height, width = down * (rows + gutter) + gutter, columns * (cols + gutter) + gutter
    figure = _canvas(panels, height, width, tone)
    offsets = []
    for index, panel in enumerate(panels):
        x = gutter + (index % columns) * (cols + gutter)
        y = gutter + (index // columns) * (rows + gutter)
        _lay(figure, panel, x, y)
        offsets.append((x, y))
    return figure, offsets


def _canvas(panels: list[Byte], height: int, width: int, tone: int = 255) -> Byte:
    colour = any(panel.ndim == 3 for panel in panels)
    return np.full((height, width, 3) if colour else (height, width), tone, np.uint8)


def _lay(figure: Byte, panel: Byte, x: int, y: int) -> None:
    if figure.ndim == 3 and panel.ndim == 2:
        panel = np.repeat(panel[..., None], 3, axis=2)
    figure[y : y + panel.shape[0], x : x + panel.shape[1]] = panel
