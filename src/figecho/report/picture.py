"""Evidence pictures: panels and a finding in, an RGB array out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import Box, ByteArray, Finding, Matrix, Panel
from figecho.report.aligned import Aligned, aligned
from figecho.report.drawing import (
    BLACK,
    GREY,
    ORANGE,
    blank,
    panel_label,
    stroke,
    tag,
    text_block,
    thin_lines,
)
from figecho.report.marks import marks
from figecho.report.names import clean
from figecho.report.terminal import chance, percent

WIDTH = 1200
NOTE = (
    "The outlines mark the two regions; the arrow shows what up and right in A became in B. With "
    "brightness and contrast made equal, the overlay is grey and the difference black where both "
    "agree. figecho observes similarity; a person must judge what it means."
)
_EDGE = 24
_INNER = WIDTH - 2 * _EDGE
_LINES = 12
_MAX_ZOOM = 8.0


@dataclass(frozen=True, slots=True)
class _Shown:
    """A panel as it stands on the canvas, below its label."""

    panel: Panel
    zoom: float
    label: ByteArray
    x: int = 0
    y: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on the canvas."""
        h, w = self.panel.shape
        return max(round(w * self.zoom), 1), max(round(h * self.zoom), 1)

    def on_canvas(self, points: Matrix) -> Matrix:
        """Return points in panel pixels as canvas pixels."""
        return (points + 0.5) * self.zoom - 0.5 + (self.x, self.y)


def evidence_picture(finding: Finding, a: Panel, b: Panel) -> ByteArray:
    """Draw what a finding rests on, for a person to judge.

    Parameters
    ----------
    finding : Finding
    a, b : Panel
        The panels of its two regions; the same panel twice is drawn once, unless they overlap.

    Returns
    -------
    ndarray of shape (h, 1200, 3), uint8
        From top to bottom: the numbers, both panels with the region outlined (an arrow points up
        in A and to what up became in B; its foot points right, and left in a mirror image) and a
        few matching points joined, then region A, region B laid on A, both over one another, and
        their difference.
    """
    parts = [text_block(_heading(finding), _INNER), _panels(finding, a, b)]
    parts.append(_tiles(aligned(finding, a, b), inverted=finding.transform.inverted))
    parts.append(text_block([(NOTE, 14, GREY)], _INNER))
    return _stack(parts)


def pair_picture(a: Panel, b: Panel) -> ByteArray:
    """Draw two panels beside one another, where no region was found to show."""
    same = a.key == b.key
    shown, canvas = _layout([(a, "A and B" if same else "A")] + ([] if same else [(b, "B")]))
    _paste(canvas, shown)
    heading = [("No reused region found beyond chance.", 22, BLACK)]
    return _stack([text_block(heading, _INNER), canvas])


def _heading(finding: Finding) -> list[tuple[str, int, tuple[int, int, int]]]:
    e = finding.evidence
    numbers = (
        f"Shared: {percent(e.coverage_a)} of A, {percent(e.coverage_b)} of B · "
        f"{e.inliers} matching points · correlation (ZNCC) {e.zncc:.2f} · "
        f"found by {', '.join(e.methods)}"
    )
    return [
        (
            f"{finding.id} · {finding.level} · expected by chance {chance(finding.log10_nfa)}",
            22,
            BLACK,
        ),
        (f"B from A: {clean(finding.transform.words)}", 17, BLACK),
        (numbers, 15, GREY),
        *((f"May be: {clean(words)}", 15, GREY) for words in finding.explanations),
    ]


def _panels(finding: Finding, a: Panel, b: Panel) -> ByteArray:
    same = a.key == b.key and not _overlap(*(r.bbox for r in finding.regions))
    shown, canvas = _layout([(a, "A and B")] if same else [(a, "A"), (b, "B")])
    _paste(canvas, shown)
    sides = list(zip("AB", (shown[0], shown[-1]), marks(finding, a, b, shown[0].zoom), strict=True))
    starts, ends = (where.on_canvas(drawn.points[:_LINES]) for _, where, drawn in sides)
    thin_lines(canvas, starts, ends)
    for letter, where, drawn in sides:
        outline = where.on_canvas(drawn.outline)
        stroke(canvas, outline, ORANGE, closed=True)
        for line in drawn.flag:
            stroke(canvas, where.on_canvas(line), ORANGE, closed=False)
        if same:
            corner = outline[np.argmin(outline.sum(axis=1))]
            tag(canvas, letter, (float(corner[0]), float(corner[1])))
    return canvas


def _overlap(p: Box, q: Box) -> bool:
    return max(p.x, q.x) < min(p.x + p.w, q.x + q.w) and max(p.y, q.y) < min(p.y + p.h, q.y + q.h)


def _layout(panels: Sequence[tuple[Panel, str]]) -> tuple[list[_Shown], ByteArray]:
    """Place panels beside one another, or wide ones below one another, at one zoom if possible.

    Their letters and names stand above them, so that nothing covers what they show.
    """
    below = len(panels) == 1 or min(p.shape[1] / p.shape[0] for p, _ in panels) > 2.2
    room_w = _INNER if below else (_INNER - _EDGE) // 2
    room_h = 300 if below and len(panels) == 2 else 520
    zooms = [_zoom(p.shape[1], p.shape[0], room_w, room_h) for p, _ in panels]
    if min(zooms) > 0.3 * max(zooms):
        zooms = [min(zooms)] * len(zooms)
    labels = [panel_label(letter, panel, room_w) for panel, letter in panels]
    above = max(label.shape[0] for label in labels)
    shown, x, y, height = [], 0, 0, 0
    for (panel, _), zoom, label in zip(panels, zooms, labels, strict=True):
        item = _Shown(panel, zoom, label, x, y + above)
        shown.append(item)
        height = max(height, item.y + item.size[1])
        x, y = (0, item.y + item.size[1] + 14) if below else (room_w + _EDGE, 0)
    return shown, blank(_INNER, height)


def _zoom(width: int, height: int, room_w: int, room_h: int) -> float:
    zoom = min(room_w / width, room_h / height, _MAX_ZOOM)
    return float(np.floor(zoom)) if zoom >= 3 else zoom


def _resized(rgb: ByteArray, size: tuple[int, int]) -> ByteArray:
    """Enlarge without inventing detail, shrink without aliasing."""
    zoom = size[0] / rgb.shape[1]
    if zoom >= 3:
        method = cv2.INTER_NEAREST
    else:
        method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    resized: ByteArray = cv2.resize(rgb, size, interpolation=method)
    return resized


def _paste(canvas: ByteArray, shown: Sequence[_Shown]) -> None:
    for item in shown:
        w, h = item.size
        high, wide = item.label.shape[:2]
        canvas[item.y - high : item.y, item.x : item.x + wide] = item.label
        canvas[item.y : item.y + h, item.x : item.x + w] = _resized(item.panel.rgb, (w, h))


def _tiles(parts: Aligned, *, inverted: bool) -> ByteArray:
    height, width = parts.a.shape[:2]
    ratio = width / height
    columns = 1 if ratio > 4 else 2 if ratio > 1.6 else 4
    room_w = (_INNER - (columns - 1) * 16) // columns
    zoom = _zoom(width, height, room_w, 170 if columns == 1 else 340)
    size = max(round(width * zoom), 1), max(round(height * zoom), 1)
    undone = ", inverted back" if inverted else ""
    named = [
        ("Region A", parts.a),
        ("Region B laid on A", parts.b),
        (f"Overlay: A magenta, B green{undone}", parts.overlay),
        ("Difference", parts.difference),
    ]
    tiles = [_titled(title, _resized(picture, size), room_w) for title, picture in named]
    rows = [tiles[i : i + columns] for i in range(0, 4, columns)]
    return _stack([_beside(row, room_w) for row in rows], edge=0)


def _titled(title: str, picture: ByteArray, width: int) -> ByteArray:
    label = text_block([(title, 15, BLACK)], width)
    canvas = blank(width, label.shape[0] + picture.shape[0])
    canvas[: label.shape[0]] = label
    canvas[label.shape[0] :, : picture.shape[1]] = picture
    return canvas


def _beside(tiles: Sequence[ByteArray], width: int) -> ByteArray:
    row = blank(_INNER, max(tile.shape[0] for tile in tiles))
    for index, tile in enumerate(tiles):
        x = index * (width + 16)
        row[row.shape[0] - tile.shape[0] :, x : x + width] = tile
    return row


def _stack(parts: Sequence[ByteArray], edge: int = _EDGE) -> ByteArray:
    """Return pictures of one width below one another, with a white edge around."""
    gap = 14
    height = sum(p.shape[0] for p in parts) + gap * (len(parts) - 1) + 2 * edge
    canvas = blank(parts[0].shape[1] + 2 * edge, height)
    y = edge
    for part in parts:
        canvas[y : y + part.shape[0], edge : edge + part.shape[1]] = part
        y += part.shape[0] + gap
    return canvas
