"""Recurring templates: a drawn block that many figures share is one line, not many findings.

The rule: drawn panels (plots, screenshots, diagrams: most of their pixels are exactly flat) of at
least :data:`MIN_FIGURES` figures that share a block upright and at one size form a template. Its
pairwise findings are left out; other findings on the same panels stay, and so does a pair that
agrees :data:`MUCH_MORE` times as strongly as the block does elsewhere: the data in a frame that all
plots share. A block in two or three figures stays a finding, and so does any photographed block,
however often it occurs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from figecho.judge.candidate import Candidate, motion_of_echo
from figecho.judge.looks import Looks
from figecho.judge.nfa import beside_look_alikes
from figecho.model import Box, Panel, Place, Template

MIN_FIGURES = 4
MUCH_MORE = 4.0
#: Two regions of a panel are one block where they share this much of the larger.
SAME_PLACE, MUCH_ALIKE = 0.5, 0.9


def set_templates_aside(
    candidates: Sequence[Candidate], looks: Looks | None = None
) -> tuple[list[Candidate], list[Template]]:
    """Split candidates into those to judge and the templates that explain the rest.

    Parameters
    ----------
    candidates : sequence of Candidate
    looks : Looks, optional
        Looks at the panels, where they do not hold their pixels.

    Returns
    -------
    rest : list of Candidate
        In the order given.
    templates : list of Template
        Numbered from T1.
    """
    looks = looks or Looks()
    shared = [
        k
        for k, c in enumerate(candidates)
        if c.a.figure != c.b.figure and _same_pose(c) and (looks.drawn(c.a) or looks.drawn(c.b))
    ]
    more = {k for k in shared if _beyond(k, shared, candidates)}
    shared = [k for k in shared if k not in more]
    templates: list[Template] = []
    explained: set[int] = set()
    for inside in _by_place(shared, candidates):
        panels = [p for k in inside for p in (candidates[k].a, candidates[k].b)]
        if len({panel.key[:3] for panel in panels}) < MIN_FIGURES:
            continue
        template = _template(len(templates) + 1, [candidates[k] for k in inside])
        templates.append(template)
        blocks = {(p.source, p.page or 0, p.figure, p.panel): p.bbox for p in template.panels}
        parts = (k for k, c in enumerate(candidates) if _part_of(c, blocks))
        explained.update(k for k in parts if k not in more)
    return [c for k, c in enumerate(candidates) if k not in explained], templates


def _beyond(k: int, shared: Sequence[int], candidates: Sequence[Candidate]) -> bool:
    """Whether a pair agrees far more strongly than its two panels do with all others."""
    ends = {candidates[k].a.key, candidates[k].b.key}
    others = (j for j in shared if j != k and ends & {candidates[j].a.key, candidates[j].b.key})
    # What look-alikes account for says nothing about the block.
    elsewhere = [nats for j in others if (nats := _beside_look_alikes(candidates[j])) > 0.0]
    mine = _beside_look_alikes(candidates[k])
    return bool(elsewhere) and mine > MUCH_MORE * float(np.median(elsewhere))


def _beside_look_alikes(candidate: Candidate) -> float:
    return beside_look_alikes(candidate.echo.nats, candidate.echo.alike)


def _part_of(candidate: Candidate, blocks: dict[tuple[str, int, int, int], Box]) -> bool:
    """Whether both regions of a candidate between two figures lie in the block of the template."""
    a, b = candidate.a, candidate.b
    if a.figure == b.figure or a.key not in blocks or b.key not in blocks:
        return False
    polygons = ((a, candidate.echo.polygon_a), (b, candidate.echo.polygon_b))
    return all(_inside(_place(p, polygon).bbox, blocks[p.key]) for p, polygon in polygons)


def _inside(box: Box, block: Box) -> bool:
    return _overlap(box, block) >= 0.6 * box.area_px


def _overlap(box: Box, block: Box) -> int:
    wide = min(box.x + box.w, block.x + block.w) - max(box.x, block.x)
    tall = min(box.y + box.h, block.y + block.h) - max(box.y, block.y)
    return max(wide, 0) * max(tall, 0)


def _same_pose(candidate: Candidate) -> bool:
    """Whether the block keeps its pose, or at least its place: many drawings are symmetric."""
    low_a, low_b = (p.min(axis=0) for p in (candidate.echo.polygon_a, candidate.echo.polygon_b))
    high_a, high_b = (p.max(axis=0) for p in (candidate.echo.polygon_a, candidate.echo.polygon_b))
    apart = max(float(np.abs(low_a - low_b).max()), float(np.abs(high_a - high_b).max()))
    if apart < 0.05 * max(candidate.a.shape):
        return True
    return motion_of_echo(candidate.echo).in_place and not candidate.echo.proposal.form.inverted


def _by_place(shared: Sequence[int], candidates: Sequence[Candidate]) -> list[list[int]]:
    """Group candidates that share a block: a region in one panel, at one place.

    Two plots on one page are two blocks, though both belong to figures that share the page.
    """
    regions: dict[tuple[str, int, int, int], list[tuple[int, Box]]] = {}
    for k in shared:
        c = candidates[k]
        for panel, polygon in ((c.a, c.echo.polygon_a), (c.b, c.echo.polygon_b)):
            regions.setdefault(panel.key, []).append((k, _place(panel, polygon).bbox))
    group = {k: k for k in shared}

    def first(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    for places in regions.values():
        # One region stands for all that are much like it, or a window on each page of a long
        # document would be held against itself again and again.
        stand: list[tuple[int, Box]] = []
        for k, box in places:
            alike = [_overlap(box, b) / max(box.area_px, b.area_px) for _, b in stand]
            for (j, _), share in zip(stand, alike, strict=True):
                if share >= SAME_PLACE:
                    low, high = sorted((first(k), first(j)))
                    group[high] = low
            if max(alike, default=0.0) < MUCH_ALIKE:
                stand.append((k, box))
    joined: dict[int, list[int]] = {}
    for k in shared:
        joined.setdefault(first(k), []).append(k)
    return list(joined.values())


def _template(number: int, members: Sequence[Candidate]) -> Template:
    places: dict[tuple[str, int, int, int], Place] = {}
    for c in members:
        for panel, polygon in ((c.a, c.echo.polygon_a), (c.b, c.echo.polygon_b)):
            place = _place(panel, polygon)
            known = places.get(panel.key)
            places[panel.key] = (
                replace(place, bbox=_union(known.bbox, place.bbox)) if known else place
            )
    ordered = [places[key] for key in sorted(places)]
    wide = int(np.median([p.bbox.w for p in ordered]))
    tall = int(np.median([p.bbox.h for p in ordered]))
    figures = len({(p.source, p.page, p.figure) for p in ordered})
    return Template(
        id=f"T{number}",
        panels=tuple(ordered),
        words=f"the same {wide} x {tall} px block in {figures} figures",
    )


def _union(a: Box, b: Box) -> Box:
    x, y = min(a.x, b.x), min(a.y, b.y)
    right, bottom = max(a.x + a.w, b.x + b.w), max(a.y + a.h, b.y + b.h)
    return Box(x=x, y=y, w=right - x, h=bottom - y)


def _place(panel: Panel, polygon: np.ndarray) -> Place:
    source, page, figure = panel.figure
    height, width = panel.shape
    low = np.clip(np.floor(polygon.min(axis=0)), 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(polygon.max(axis=0)), 0, [width - 1, height - 1]).astype(int)
    return Place(
        source=source,
        page=page or None,
        figure=figure,
        panel=panel.number,
        bbox=Box(
            x=panel.bbox.x + int(low[0]),
            y=panel.bbox.y + int(low[1]),
            w=int(high[0] - low[0]) + 1,
            h=int(high[1] - low[1]) + 1,
        ),
    )
