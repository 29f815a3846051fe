"""The pictures of a page: as small as it takes to fit, as data URIs, one bundle a finding."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from figecho.model import ByteArray, Finding, Matrix, Panel, Region
from figecho.report.aligned import aligned, panel_polygon
from figecho.report.marks import Marks, marks

Key = tuple[str, int, int, int]

_ALL_BYTES = 10_000_000
"""What the pictures of one page may take; as text they take a third more."""
_LEAST_BYTES, _MOST_BYTES = 60_000, 500_000
_SIDES_PX = (1100, 850, 650, 500, 380, 280)
_WHOLE_PX = 420
_QUALITY = 84
_WIDE = 2.2
_FAINT = 1.6
"""A region that uses less of the tones than one part in this is faint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of a page: its data URI, the size it is shown at, and how it is enlarged."""

    src: str
    width: int
    height: int
    crisp: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Marks as SVG text, in a view box of whole pixels of the panel or figure."""

    view: str
    outline: str
    flag: tuple[str, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    unit: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Region A or B: its panel with marks, the figure around it, and a display contrast."""

    shot: Shot
    drawing: Drawing
    whole: Shot | None
    whole_drawing: Drawing | None
    slope: float
    intercept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All pictures of one finding.

    ``wide`` panels stand below one another; of ``faint`` ones a display shows more once stretched.
    """

    sides: tuple[Side, Side]
    a: Shot
    b: Shot
    overlay: Shot
    difference: Shot
    wide: bool
    faint: bool
    identical: bool


def keys_of(finding: Finding) -> tuple[Key, Key]:
    """Return the keys of the panels of both regions."""
    a, b = ((r.source, r.page or 0, r.figure, r.panel) for r in finding.regions)
    return a, b


def bundle(finding: Finding, panels: Mapping[Key, Panel], findings: int) -> Bundle | None:
    """Return the pictures of a finding, small enough that ``findings`` of them fit one page.

    Returns None where a panel of it is not at hand.
    """
    keys = keys_of(finding)
    if not all(key in panels for key in keys):
        return None
    a, b = (panels[key] for key in keys)
    room = min(max(_ALL_BYTES // max(findings, 1), _LEAST_BYTES), _MOST_BYTES)
    parts = aligned(finding, a, b)
    wide = min(p.shape[1] / p.shape[0] for p in (a, b)) > _WIDE
    tiles = (parts.a, parts.b, parts.overlay, parts.difference)
    tile_room = (1000, 220) if parts.a.shape[1] > 4 * parts.a.shape[0] else (430, 430)
    wholes = [_whole(r, panels) for r in finding.regions]
    panel_room = (1000, 300) if wide else (520, 480)
    zooms = [min(_fit(p.rgb, panel_room) for p in (a, b))] * 2
    if _fit(a.rgb, panel_room) > 3 * zooms[0] or _fit(b.rgb, panel_room) > 3 * zooms[0]:
        zooms = [_fit(p.rgb, panel_room) for p in (a, b)]
    for side_px in _SIDES_PX:
        shots = [_shot(p.rgb, z, side_px) for p, z in zip((a, b), zooms, strict=True)]
        small = [_shot(t, _fit(t, tile_room), side_px) for t in tiles]
        pictures = [*shots, *small, *(w[0] for w in wholes if w)]
        if sum(len(s.src) for s in pictures) * 3 // 4 <= room:
            break
    drawn = marks(finding, a, b, zooms[0])
    sides = [_side(n, finding, (a, b)[n], shots[n], drawn[n], zooms[n], wholes[n]) for n in (0, 1)]
    return Bundle(
        sides=(sides[0], sides[1]),
        a=small[0],
        b=small[1],
        overlay=small[2],
        difference=small[3],
        wide=wide,
        faint=max(side.slope for side in sides) > _FAINT,
        identical=a.pixels_sha256 == b.pixels_sha256,
    )


def crops(finding: Finding, panels: Mapping[Key, Panel]) -> tuple[ByteArray, ByteArray] | None:
    """Return both regions cut out of their panels, every pixel as it is, or None without them."""
    keys = keys_of(finding)
    if not all(key in panels for key in keys):
        return None
    a, b = (_cut(panels[key], r) for key, r in zip(keys, finding.regions, strict=True))
    return a, b


def _cut(panel: Panel, region: Region) -> ByteArray:
    x, y = region.bbox.x - panel.bbox.x, region.bbox.y - panel.bbox.y
    return panel.rgb[max(y, 0) : y + region.bbox.h, max(x, 0) : x + region.bbox.w]


def _side(
    number: int, finding: Finding, panel: Panel, shot: Shot, drawn: Marks, zoom: float,
    whole: tuple[Shot, str, float] | None,
) -> Side:  # fmt: skip
    h, w = panel.shape
    low, high = _range(panel, panel_polygon(finding, number, panel))
    around = None
    if whole is not None:
        corners = np.asarray(finding.regions[number].polygon, float)
        around = Drawing(view=whole[1], outline=_text(corners), unit=1 / whole[2])
    return Side(
        shot=shot,
        drawing=Drawing(
            view=f"-0.5 -0.5 {w} {h}",
            outline=_text(drawn.outline),
            flag=tuple(_text(line) for line in drawn.flag),
            points=tuple((round(x, 1), round(y, 1)) for x, y in drawn.points.tolist()),
            unit=round(1 / zoom, 4),
        ),
        whole=whole[0] if whole else None,
        whole_drawing=around,
        slope=round(255 / (high - low), 4),
        intercept=round(-low / (high - low), 4),
    )


def _whole(region: Region, panels: Mapping[Key, Panel]) -> tuple[Shot, str, float] | None:
    """Return the figure of a region, put together from its panels, where there are several."""
    place = (region.source, region.page or 0, region.figure)
    keys = [key for key in panels if key[:3] == place]
    if len(keys) < 2:
        return None
    held = [panels[key] for key in keys]
    width = max(p.bbox.x + p.bbox.w for p in held)
    height = max(p.bbox.y + p.bbox.h for p in held)
    canvas = np.full((height, width, 3), 255, np.uint8)
    for p in held:
        canvas[p.bbox.y : p.bbox.y + p.bbox.h, p.bbox.x : p.bbox.x + p.bbox.w] = p.rgb
    zoom = _fit(canvas, (_WHOLE_PX, _WHOLE_PX))
    return _shot(canvas, zoom, _WHOLE_PX), f"-0.5 -0.5 {width} {height}", zoom


def _range(panel: Panel, outline: Matrix) -> tuple[float, float]:
    """Return the tones between which nearly all of a region lies, at least 8 apart."""
    mask = np.zeros(panel.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)[:, None]], 1)
    inside = panel.rgb[mask.astype(bool)]
    tones = inside if inside.size else panel.rgb
    low, high = (float(v) for v in np.percentile(tones, (0.5, 99.5)))
    return low, max(high, low + 8)


def _fit(rgb: ByteArray, room: tuple[int, int]) -> float:
    """Return how much a picture is enlarged to fill ``room``: whole times from thrice on."""
    zoom = min(room[0] / rgb.shape[1], room[1] / rgb.shape[0], 8.0)
    return float(np.floor(zoom)) if zoom >= 3 else zoom


def _shot(rgb: ByteArray, zoom: float, side_px: int) -> Shot:
    height, width = rgb.shape[:2]
    shrink = min(1.0, side_px / max(width, height))
    size = max(round(width * shrink), 1), max(round(height * shrink), 1)
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if shrink < 1 else rgb
    return Shot(
        src=_uri(np.ascontiguousarray(small)),
        width=max(round(width * zoom), 1),
        height=max(round(height * zoom), 1),
        crisp=zoom >= 3,
    )


def _uri(rgb: ByteArray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _text(points: Matrix | Iterable[Iterable[float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
