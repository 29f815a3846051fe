"""Figures that a PDF page draws with lines and fills: found by where the drawing is dense."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from figecho.config import Limits
from figecho.sources.pdf_images import bitmap_pixels, containers_matrix, to_display
from figecho.sources.pixels import Pixels, check_size
from figecho.sources.placed import BoxPt, Placed, box_around, shared_pt2

DPI = 300
_SCALE = DPI / 72
_CELL_PT = 4.0
_REACH_CELLS = 5
_MAX_OBJECTS = 60_000
_MAX_DEPTH = 8
#: A drawing is this large at least, and holds so many shapes that are no mere rules.
_MIN_SIDES_PT = (50.0, 72.0)
_MIN_SHAPES = 8
_MIN_BARE_SHAPES = 4
_RULE_PT = 2.5
#: Shapes over this share of the page are its background.
_BACKGROUND = 0.85
#: What embedded pictures cover is read from them; arrows and frames on top add nothing.
_COVERED = 0.5
#: Where letters stand on more of the area than this, it is a table or a text box.
_LETTERED = 0.28
_TABLE_LETTERED = 0.08
_MIN_INK = 0.004


def drawings_of(page: pdfium.PdfPage, pictures: Sequence[BoxPt], limits: Limits) -> list[Placed]:
    """Return each drawn figure of a page, rendered at 300 dpi.

    Parameters
    ----------
    page : PdfPage
    pictures : sequence of box
        Where embedded pictures lie: left white, for they are figures of their own.
    limits : Limits
    """
    shapes, letters = _things(page)
    size = (page.get_width(), page.get_height())
    found = []
    for box in _areas(shapes, size):
        if not _is_figure(box, shapes, letters, pictures):
            continue
        pixels = _rendered(page, box, pictures, limits)
        if float(np.mean(pixels.min(axis=2) < 235)) >= _MIN_INK:
            found.append(Placed(pixels=pixels, box_pt=box, made="rendered"))
    return found


def _things(page: pdfium.PdfPage) -> tuple[list[BoxPt], list[BoxPt]]:
    """Return the boxes of all shapes, and of all runs of letters, in points as shown."""
    display = to_display(page)
    shapes: list[BoxPt] = []
    letters: list[BoxPt] = []
    kinds = [raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING, raw.FPDF_PAGEOBJ_TEXT]
    width, height = page.get_width(), page.get_height()
    forms: dict[int, Any] = {}
    for index, item in enumerate(page.get_objects(filter=kinds, max_depth=_MAX_DEPTH)):
        if index >= _MAX_OBJECTS:
            break
        form = id(item.container)
        if form not in forms:
            forms[form] = (item.container, containers_matrix(item).multiply(display))
        matrix = forms[form][1]
        left, bottom, right, top = item.get_bounds()
        x, y, w, h = box_around([matrix.on_point(left, bottom), matrix.on_point(right, top)])
        x1, y1 = min(x + w, width), min(y + h, height)
        x, y = max(x, 0.0), max(y, 0.0)
        if x1 < x or y1 < y or (x1 - x) * (y1 - y) > _BACKGROUND * width * height:
            continue
        into = letters if item.type == raw.FPDF_PAGEOBJ_TEXT else shapes
        into.append((x, y, x1 - x, y1 - y))
    return shapes, letters


def _areas(shapes: Sequence[BoxPt], size: tuple[float, float]) -> list[BoxPt]:
    """Return where shapes stand close together."""
    if len(shapes) < _MIN_SHAPES:
        return []
    columns, rows = (int(side / _CELL_PT) + 2 for side in size)
    grid = np.zeros((min(rows, 4000), min(columns, 4000)), np.uint8)
    for x, y, w, h in shapes:
        a, b = int(x / _CELL_PT), int(y / _CELL_PT)
        grid[b : int((y + h) / _CELL_PT) + 1, a : int((x + w) / _CELL_PT) + 1] = 1
    reach = np.ones((_REACH_CELLS, _REACH_CELLS), np.uint8)
    labels = cv2.connectedComponents(cv2.dilate(grid, reach), connectivity=8)[1]
    groups: dict[int, list[BoxPt]] = {}
    for box in shapes:
        row = min(int(box[1] / _CELL_PT), grid.shape[0] - 1)
        column = min(int(box[0] / _CELL_PT), grid.shape[1] - 1)
        groups.setdefault(int(labels[row, column]), []).append(box)
    return [
        box_around(p for x, y, w, h in group for p in ((x, y), (x + w, y + h)))
        for _, group in sorted(groups.items())
    ]


def _is_figure(
    box: BoxPt, shapes: Sequence[BoxPt], letters: Sequence[BoxPt], pictures: Sequence[BoxPt]
) -> bool:
    short, long = sorted(box[2:])
    if short < _MIN_SIDES_PT[0] or long < _MIN_SIDES_PT[1]:
        return False
    own = [s for s in shapes if _within(s, box)]
    solid = [s for s in own if min(s[2:]) > _RULE_PT]
    area = box[2] * box[3]
    if sum(shared_pt2(box, p) for p in pictures) >= _COVERED * area:
        return False
    lettered = sum(shared_pt2(box, t) for t in letters) / area
    if len(solid) >= _MIN_SHAPES:
        return lettered < _LETTERED
    # Thin lines alone rule a table; few shapes may each hold many bars.
    if len(own) >= 4 * _MIN_SHAPES:
        return lettered < _TABLE_LETTERED
    return len(solid) >= _MIN_BARE_SHAPES and lettered < _TABLE_LETTERED / 4


def _within(inner: BoxPt, outer: BoxPt) -> bool:
    return (
        inner[0] >= outer[0] - 1
        and inner[1] >= outer[1] - 1
        and inner[0] + inner[2] <= outer[0] + outer[2] + 1
        and inner[1] + inner[3] <= outer[1] + outer[3] + 1
    )


def _rendered(
    page: pdfium.PdfPage, box: BoxPt, pictures: Sequence[BoxPt], limits: Limits
) -> Pixels:
    width, height = page.get_width(), page.get_height()
    check_size(round(box[2] * _SCALE), round(box[3] * _SCALE), limits)
    crop = (box[0], height - box[1] - box[3], width - box[0] - box[2], box[1])
    bitmap = page.render(
        scale=_SCALE, crop=tuple(max(c, 0.0) for c in crop), may_draw_forms=False, draw_annots=False
    )
    pixels = bitmap_pixels(bitmap)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    for x, y, w, h in pictures:
        a, b = (int(max(v, 0) * _SCALE) for v in (x - box[0] - 1, y - box[1] - 1))
        c, d = (int(max(v, 0) * _SCALE) for v in (x + w - box[0] + 1, y + h - box[1] + 1))
        pixels[b:d, a:c] = 255
    return pixels
