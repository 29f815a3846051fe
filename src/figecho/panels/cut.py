"""Cut a figure into panels: recursive XY-cut on gutters, then on thin lines.

The cut of documents by alternating projections (Nagy and Seth 1984) shreds whatever has empty
rows: plots, dark fields, membranes. So a cut is kept only where it sets free a *filled* part, a
rectangle whose four sides are all picture; everything else is left whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from figecho.model import BoolArray, Box, ByteArray
from figecho.panels.filled import (
    grown,
    is_dense,
    is_filled,
    is_framed,
    is_half_filled,
    is_paper,
    is_two_tone,
    trimmed,
    unframed,
)
from figecho.panels.gutters import (
    BLACK,
    EXACT,
    LOOSE,
    STRICT,
    WHITE,
    Colour,
    away_from,
    between,
    canvases,
    crop,
    gutters,
    ink_of,
    is_clean,
    stepped,
    wide_px,
)
from figecho.panels.lanes import are_lanes
from figecho.panels.lines import lines
from figecho.panels.seams import seamed
from figecho.screen.blobs import Run, count

_MAX_DEPTH = 10
#: A text or a chart falls into ever smaller parts; a figure has not so many panels.
_MAX_PARTS = 400
#: A finer cut of what is already a filled part, or framed, must explain this share of it.
_MIN_COVER = 0.6
#: A montage on another tone than white must explain this share: two of six places may be empty.
_MONTAGE_COVER = 0.5
#: A dark field on black has no sides that anyone could see; so many other panels are proof too.
_MANY, _MONTAGE_COVER_OF_MANY = 3, 0.2
_SLIVER_PX = 8
#: How far the ends of pictures side by side may be apart.
_ALIGNED_PX = 4
#: This share of what is dense as a picture may be bold labels outside of all panels.
_MAX_LEFT = 0.25
#: Trimming a part to what fills it may cost this share of picture; more is another panel.
_MAX_LOST = 0.1
#: Where so little is left out, nothing is pale and no part has gutters, a stricter look finds no
#: more.
_ALL_FOUND = 0.02
_FINE_GUTTER_PX = 2
#: Where so much is nearly, but not quite, canvas, panels may be that pale.
_PALE_SHARE = 0.05
_CROSSED_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a part must measure to be a panel of its figure."""

    figure_area_px: int
    side_px: int = 64
    strip_px: int = 16
    strip_aspect: float = 3.0
    filled_share: float = 0.002
    other_share: float = 0.02

    def allows(self, box: Box, *, filled: bool) -> bool:
        """Whether ``box`` is large enough: squarish, or, if filled, a strip of a blot."""
        short, long = sorted((box.w, box.h))
        strip = filled and short >= self.strip_px and long >= self.strip_aspect * short
        share = self.filled_share if filled else self.other_share
        return (short >= self.side_px or strip) and box.area_px >= share * self.figure_area_px


@dataclass(frozen=True, slots=True)
class _Part:
    box: Box
    filled: bool
    framed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """What a cut looks at; ``known`` remembers parts that several orders of cuts lead to.

    ``ruled`` remembers the lines in them, which all ways to look at a figure share. With ``away``,
    the distance from canvas, gutters are told by the step at their sides.
    """

    rgb: ByteArray
    canvas: Colour
    ink: BoolArray
    dense: BoolArray
    size: Size
    ruled: dict[tuple[Box, bool], list[Run]]
    away: ByteArray | None = None
    known: dict[Box, list[_Part]] = field(default_factory=dict)

    def is_drawn(self, box: Box) -> bool:
        """Whether a part is letters, or, between lines on black, mostly white paper."""
        part = crop(self.rgb, box)
        # A dark or pale field is near canvas all over, and is no letter for that.
        tolerance = LOOSE if self.away is None else STRICT if self.canvas == WHITE else EXACT
        return is_two_tone(ink_of(part, self.canvas, tolerance), part) or (
            self.canvas != WHITE and is_paper(part)
        )

    def lines_of(self, box: Box, *, vertical: bool) -> list[Run]:
        """Return the thin lines through a part from side to side."""
        if (box, vertical) not in self.ruled:
            self.ruled[box, vertical] = lines(crop(self.rgb, box), vertical=vertical)
        return self.ruled[box, vertical]

    def holds_all(self, part: Box, box: Box) -> bool:
        """Whether what is left of ``box`` around ``part`` is no picture: labels at most."""
        if part == box:
            return True
        inside = count(crop(self.dense, part))
        return count(crop(self.dense, box)) - inside <= _MAX_LOST * inside

    def may_hold_pictures(self, box: Box) -> bool:
        """Whether finer cuts are worth their cost: there is dense ink, and not a page of it."""
        return len(self.known) <= _MAX_PARTS and bool(crop(self.dense, box).any())


def split(rgb: ByteArray) -> list[Box]:
    """Return the panels of a figure, in reading order.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8

    Returns
    -------
    list of Box
        At least one; the whole figure where no panel stands out. Labels around panels are left
        out; a large part that is no picture, as a plot beside a micrograph, is a panel too.
    """
    height, width = rgb.shape[:2]
    boxes = [unframed(rgb, b) for b in _panels(rgb, Size(figure_area_px=height * width), depth=0)]
    return [_shifted(part, box) for box in boxes for part in seamed(crop(rgb, box))]


def _panels(rgb: ByteArray, size: Size, depth: int) -> list[Box]:
    """Cut a figure, or a filled part of one, as far as it goes; boxes are in its own frame."""
    whole = Box(x=0, y=0, w=rgb.shape[1], h=rgb.shape[0])
    ruled: dict[tuple[Box, bool], list[Run]] = {}
    for canvas in canvases(rgb) if depth <= _MAX_DEPTH else ():
        parts = _explained(rgb, whole, canvas, size, ruled)
        filled = [part.box for part in parts if part.filled]
        # Paper is white. Any other tone must explain nearly all of the figure as a montage.
        montage = _MONTAGE_COVER if len(filled) < _MANY else _MONTAGE_COVER_OF_MANY
        least = _MIN_COVER if depth > 0 else 0.0 if canvas == WHITE else montage
        if not filled or filled == [whole] or (least and not _covers(filled, whole, least)):
            continue
        if canvas != WHITE and are_lanes(rgb, filled):
            continue
        strict = ink_of(rgb, canvas, STRICT)
        found: list[Box] = []
        for part in parts:
            if not part.filled:
                found.append(part.box)
                continue
            box = grown(strict, part.box)
            if any(_overlap(box, other.box) for other in parts if other is not part):
                box = part.box
            found += [_shifted(b, box) for b in _panels(crop(rgb, box), size, depth + 1)]
        return found
    return [whole]


def _explained(
    rgb: ByteArray, box: Box, canvas: Colour, size: Size, ruled: dict[tuple[Box, bool], list[Run]]
) -> list[_Part]:
    """Cut by canvas, taken loosely for JPEG, strictly for pale strips, or exactly for paler ones.

    A cut that leaves much picture outside of all parts has lost panels, and does not fit. Of those
    that fit the one that frees most panels is returned; [] if none does.
    """
    inks = {tolerance: ink_of(rgb, canvas, tolerance) for tolerance in (LOOSE, STRICT, EXACT)}
    outside = is_dense(inks[STRICT], size.strip_px)
    least = count(outside)
    pictured = canvas == BLACK or least > size.other_share * box.area_px
    best: list[_Part] = []
    nearly = count(inks[EXACT]) - count(inks[LOOSE])
    pale = canvas == WHITE and nearly > _PALE_SHARE * box.area_px
    for sheet in _sheets(rgb, canvas, size, inks, ruled, pictured=pictured, pale=pale):
        parts = [p for p in _parts(sheet, box, 0) if sheet.size.allows(p.box, filled=p.filled)]
        left = outside.copy()
        for part in parts:
            crop(left, part.box)[:] = False
        lost = count(left)
        if lost <= _MAX_LEFT * least and _frees_more(parts, best):
            best = parts
            sure = lost <= _ALL_FOUND * least and canvas == WHITE and not pale
            if sure and not _divided(sheet.ink, parts):
                break
    return best


def _sheets(
    rgb: ByteArray,
    canvas: Colour,
    size: Size,
    inks: Mapping[int, BoolArray],
    ruled: dict[tuple[Box, bool], list[Run]],
    *,
    pictured: bool,
    pale: bool,
) -> list[_Sheet]:
    """Return the ways to look at a figure; for steps only if it is ``pictured``: they cost time."""
    loose, exact = inks[LOOSE], inks[EXACT]
    clean = is_clean(rgb, loose, canvas)

    def sheet(ink: BoolArray, own: Size = size, away: ByteArray | None = None) -> _Sheet:
        dense = is_dense(ink, size.strip_px)
        return _Sheet(
            rgb=rgb, canvas=canvas, ink=ink, dense=dense, size=own, ruled=ruled, away=away
        )

    found = [sheet(loose), sheet(inks[STRICT])] if clean else []
    # Between the bands of a lane the background would be a gutter, so only paper and black are.
    stepped_too = canvas == BLACK or (canvas == WHITE and (pale or not clean))
    room = count(~loose) >= _FINE_GUTTER_PX * min(loose.shape)
    if pictured and stepped_too and room:
        # Compression fills the lines of a text for so strict an eye, and they are as low as strips.
        text = clean and canvas == WHITE
        own = replace(size, strip_px=size.side_px) if text else size
        found.append(sheet(exact, own, away_from(rgb, canvas)))
    if pale:
        found.append(sheet(exact))
    return found


def _frees_more(parts: Sequence[_Part], best: Sequence[_Part]) -> bool:
    """Whether more parts are filled than in the best cut so far, and not only its labels.

    A frame counts least, for what is in it may be cut.
    """

    def freed(some: Sequence[_Part]) -> tuple[int, int]:
        return sum(p.filled and not p.framed for p in some), sum(p.filled for p in some)

    def area_px(some: Sequence[_Part]) -> int:
        return sum(p.box.area_px for p in some if p.filled)

    return freed(parts) > freed(best) and area_px(parts) >= _MIN_COVER * area_px(best)


def _freed(parts: Sequence[_Part]) -> int:
    return sum(part.filled for part in parts)


def _divided(ink: BoolArray, parts: Sequence[_Part]) -> bool:
    """Whether a gutter runs through a part: some of the panels beside it were too pale to see."""
    return any(
        gutters(crop(ink, part.box), _FINE_GUTTER_PX, vertical=vertical)
        for part in parts
        if part.filled
        for vertical in (False, True)
    )


def _parts(sheet: _Sheet, box: Box, depth: int) -> list[_Part]:
    """XY-cut ``box``; where nothing inside is filled, it stays one part."""
    inside = trimmed(sheet.ink, box)
    if inside is None:
        return []
    if inside not in sheet.known:
        sheet.known[inside] = _cut_part(sheet, inside, depth)
    return sheet.known[inside]


def _cut_part(sheet: _Sheet, box: Box, depth: int) -> list[_Part]:
    """Cut a part without empty margin by the first way that frees filled parts."""
    ink, size = sheet.ink, sheet.size
    if depth > _MAX_DEPTH or not size.allows(box, filled=True):
        return [_Part(box, False)]

    def first(ways: Iterable[list[Box]], of: Box, cover: float) -> list[_Part]:
        for cuts in ways:
            parts = [part for cut in cuts for part in _parts(sheet, cut, depth + 1)]
            filled = [part.box for part in parts if part.filled]
            if filled and (cover == 0 or _covers(filled, of, cover)):
                return parts
        return []

    snug = trimmed(ink, box, 0.5)
    if (
        snug is not None
        and size.allows(snug, filled=True)
        and sheet.holds_all(snug, box)
        and is_filled(ink, sheet.rgb, snug)
        and not sheet.is_drawn(snug)
    ):
        ways = chain(_wide(sheet, snug), _narrow(sheet, snug), _crossed(sheet, snug))
        return first(ways, snug, _MIN_COVER) or _aligned(sheet, snug) or [_Part(snug, True)]
    found = (
        first(_wide(sheet, box), box, 0)
        or first(_narrow(sheet, box), box, 0)
        or first(_crossed(sheet, box), box, _MIN_COVER / 2)
    )
    found = max(found, _aligned(sheet, box), key=_freed)
    if found:
        return found
    framed = size.allows(box, filled=False) and is_framed(ink, sheet.rgb, box)
    framed = framed and not sheet.is_drawn(box)
    return [_Part(box, framed, framed)]


def _wide(sheet: _Sheet, box: Box) -> Iterator[list[Box]]:
    """Yield the ways to cut at wide empty gutters: by rows, then by columns."""
    part = crop(sheet.ink, box)
    for vertical in (False, True):
        wide = wide_px(box.w if vertical else box.h)
        yield from _between(box, gutters(part, wide, vertical=vertical), vertical)
    if sheet.away is None or not sheet.may_hold_pictures(box):
        return
    for vertical in (False, True):
        found = stepped(crop(sheet.away, box), _FINE_GUTTER_PX, vertical=vertical)
        # Compression leaves specks in a margin too, which trimming takes for picture.
        yield from _between(box, found, vertical, least=1 if found else 2)


def _narrow(sheet: _Sheet, box: Box) -> Iterator[list[Box]]:
    """Yield the ways to cut at fine gutters and at thin lines, if there is a picture to free."""
    if not sheet.may_hold_pictures(box):
        return
    for vertical in (False, True):
        fine = gutters(crop(sheet.ink, box), _FINE_GUTTER_PX, vertical=vertical)
        yield from _between(box, fine, vertical)
    for vertical in (False, True):
        yield from _between(box, sheet.lines_of(box, vertical=vertical), vertical)


def _crossed(sheet: _Sheet, box: Box) -> Iterator[list[Box]]:
    """Yield the ways to cut at wide gutters that an arrow or a leader crosses."""
    if not sheet.may_hold_pictures(box):
        return
    part = crop(sheet.ink, box)
    for vertical in (False, True):
        wide = wide_px(box.w if vertical else box.h)
        found = gutters(part, wide, vertical=vertical, crossed=_CROSSED_SHARE)
        yield from _between(box, found, vertical)


def _aligned(sheet: _Sheet, box: Box) -> list[_Part]:
    """Cut at gutters into parts that begin and end alike: pale pictures side by side.

    Tissue may be paper at a side here and there; that several pictures are cut off at the same two
    lines is proof enough.
    """
    part = crop(sheet.ink, box)
    for vertical in (True, False):
        for cuts in _between(box, gutters(part, _FINE_GUTTER_PX, vertical=vertical), vertical):
            inside = [b for cut in cuts if (b := trimmed(sheet.ink, cut)) is not None]
            pictures = [
                b
                for b in inside
                if sheet.size.allows(b, filled=False)
                and is_half_filled(sheet.ink, sheet.rgb, b)
                and not sheet.is_drawn(b)
            ]
            ends = [(b.y, b.y + b.h) if vertical else (b.x, b.x + b.w) for b in pictures]
            if len(ends) > 1 and int(np.ptp(ends, axis=0).max()) <= _ALIGNED_PX:
                return [_Part(b, b in pictures) for b in inside]
    return []


def _between(
    box: Box, separators: Sequence[Run], vertical: bool, least: int = 2
) -> Iterator[list[Box]]:
    # Slivers are what a frame along the border leaves.
    cuts = [b for b in between(box, separators, vertical=vertical) if min(b.w, b.h) > _SLIVER_PX]
    if len(cuts) >= least:
        yield cuts


def _covers(boxes: Sequence[Box], box: Box, share: float = _MIN_COVER) -> bool:
    return len(boxes) > 1 and sum(b.area_px for b in boxes) >= share * box.area_px


def _overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def _shifted(box: Box, frame: Box) -> Box:
    return Box(x=box.x + frame.x, y=box.y + frame.y, w=box.w, h=box.h)
