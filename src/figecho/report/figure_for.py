"""One finding as a picture to publish: marked above, the untouched originals below."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import ByteArray, Finding, Panel
from figecho.report.drawing import GREY, ORANGE, blank, panel_label, stroke, text_block
from figecho.report.marks import marks
from figecho.report.names import clean
from figecho.report.terminal import chance

_EDGE, _GAP = 30, 24
_ROOM = (780, 780)
_WIDE_ROOM = (1584, 420)
_WIDE = 2.2


def figure_for(finding: Finding, a: Panel, b: Panel) -> ByteArray:
    """Draw both panels with outlines and orientation arrows, the originals, and their sources.

    Parameters
    ----------
    finding : Finding
    a, b : Panel
        The panels of its two regions, in that order.

    Returns
    -------
    ndarray of shape (h, w, 3), uint8
        Marked panels and originals at one scale; wide panels below one another.
    """
    wide = min(p.shape[1] / p.shape[0] for p in (a, b)) > _WIDE
    room = _WIDE_ROOM if wide else _ROOM
    zoom = min(_fit(p, room) for p in (a, b))
    drawn = marks(finding, a, b, zoom)
    columns = []
    for letter, panel, marked in zip("AB", (a, b), drawn, strict=True):
        plain = _enlarged(panel.rgb, zoom)
        above = plain.copy()
        for line, closed in ((marked.outline, True), *((f, False) for f in marked.flag)):
            stroke(above, (line + 0.5) * zoom - 0.5, ORANGE, closed=closed)
        columns.append((letter, above, plain, panel))
    width = max(max(above.shape[1] for _, above, _, _ in columns), 260)
    height = 0 if wide else max(above.shape[0] for _, above, _, _ in columns)
    cells = [
        _stack(
            [
                *(_padded(p, width, height) for p in (above, plain)),
                panel_label(letter, panel, width),
            ]
        )
        for letter, above, plain, panel in columns
    ]
    body = _stack(cells, 2 * _GAP) if wide else _beside(cells)
    words = (
        f"Above: the shared region outlined; the arrow shows what up and right in A became in B "
        f"({clean(finding.transform.words)}). Below: the panels as they are. Expected by chance "
        f"{chance(finding.log10_nfa)} (figecho {finding.fingerprint}). A person must judge."
    )
    page = _stack([body, text_block([(words, 15, GREY)], body.shape[1])])
    canvas = blank(page.shape[1] + 2 * _EDGE, page.shape[0] + 2 * _EDGE)
    canvas[_EDGE:-_EDGE, _EDGE:-_EDGE] = page
    return canvas


def _fit(panel: Panel, room: tuple[int, int]) -> float:
    h, w = panel.shape
    zoom = min(room[0] / w, room[1] / h, 8.0)
    return float(np.floor(zoom)) if zoom >= 2 else zoom


def _enlarged(rgb: ByteArray, zoom: float) -> ByteArray:
    """Enlarge by repeating pixels, so that nothing is shown that is not there."""
    size = max(round(rgb.shape[1] * zoom), 1), max(round(rgb.shape[0] * zoom), 1)
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_NEAREST if zoom >= 2 else cv2.INTER_CUBIC
    out: ByteArray = cv2.resize(rgb, size, interpolation=method)
    return out


def _padded(rgb: ByteArray, width: int, height: int) -> ByteArray:
    out = blank(width, max(height, rgb.shape[0]))
    out[: rgb.shape[0], : rgb.shape[1]] = rgb
    return out


def _stack(parts: list[ByteArray], gap: int = 12) -> ByteArray:
    height = sum(p.shape[0] for p in parts) + gap * (len(parts) - 1)
    out, y = blank(max(p.shape[1] for p in parts), height), 0
    for part in parts:
        out[y : y + part.shape[0], : part.shape[1]] = part
        y += part.shape[0] + gap
    return out


def _beside(parts: list[ByteArray]) -> ByteArray:
    out = blank(sum(p.shape[1] for p in parts) + _GAP, max(p.shape[0] for p in parts))
    x = 0
    for part in parts:
        out[: part.shape[0], x : x + part.shape[1]] = part
        x += part.shape[1] + _GAP
    return out
