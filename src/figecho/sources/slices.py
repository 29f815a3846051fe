"""Put together what a page shows as one picture and its file holds as slices.

Writers of PDF cut a large picture into strips or tiles; each alone is no figure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from figecho.sources.placed import BoxPt, Placed

#: Slices meet within this many of their own pixels, and share a scale within this factor.
_SEAM_PX = 1.5
_SCALE = 0.02
#: A single picture beside another is a panel; strips are thin, or many.
_MANY = 3
_THIN = 3.0


def joined(placed: Sequence[Placed]) -> list[Placed]:
    """Return the pictures of one page with slices joined: side by side first, then rows."""
    rows = _runs(list(placed), along=0)
    return _runs(rows, along=1)


def _runs(placed: list[Placed], along: int) -> list[Placed]:
    """Join runs of slices along x (0) or y (1)."""
    rest = list(placed)
    done: list[Placed] = []
    order = sorted(
        (k for k, p in enumerate(rest) if p.box_pt is not None),
        key=lambda k: (rest[k].box_pt or ())[along],
    )
    used: set[int] = set()
    for start in order:
        if start in used:
            continue
        run = [start]
        for k in order:
            if k not in used and k not in run and _meets(rest[run[-1]], rest[k], along):
                run.append(k)
        members = [rest[k] for k in run]
        if len(run) > 1 and _is_sliced(members, along):
            used.update(run)
            done.append(_one(members, along))
    kept = [p for k, p in enumerate(rest) if k not in used]
    return kept + done


def _meets(a: Placed, b: Placed, along: int) -> bool:
    """Whether ``b`` continues ``a``: same sides, same scale, edge to edge."""
    one, other = a.box_pt, b.box_pt
    if one is None or other is None or a.pixels.dtype != b.pixels.dtype:
        return False
    across = 1 - along
    if a.pixels.shape[along] != b.pixels.shape[along] or a.pixels.ndim != b.pixels.ndim:
        return False
    step = one[2 + across] / a.pixels.shape[along]
    tolerance = _SEAM_PX * step
    edge = abs(one[along] + one[2 + along] - other[along]) <= tolerance
    sides = max(abs(one[across] - other[across]), abs(one[2 + across] - other[2 + across]))
    scales = [p[2 + along] / q.pixels.shape[across] for p, q in ((one, a), (other, b))]
    alike = abs(scales[0] - scales[1]) <= max(_SCALE * scales[0], tolerance / 8)
    return bool(edge and sides <= tolerance and alike)


def _is_sliced(members: Sequence[Placed], along: int) -> bool:
    """Whether neighbours are slices of one picture, not panels set edge to edge."""
    across = 1 - along
    extent = [p.pixels.shape[across] for p in members]
    side = members[0].pixels.shape[along]
    even = len({*extent[:-1]}) == 1 and extent[-1] <= extent[0]
    return (
        even
        and (len(members) >= _MANY or side >= _THIN * max(extent))
        and _continues(members, along)
    )


def _continues(members: Sequence[Placed], along: int) -> bool:
    """Whether the picture runs on across the seams: the step there is like the steps beside it."""
    steps, usual = [], []
    for a, b in pairwise(members):
        end = np.moveaxis(a.pixels, 1 - along, 0)[-2:].astype(np.float64)
        begin = np.moveaxis(b.pixels, 1 - along, 0)[:2].astype(np.float64)
        if len(end) < 2 or len(begin) < 2:
            return True
        steps.append(np.abs(end[-1] - begin[0]).mean())
        usual += [np.abs(end[-1] - end[-2]).mean(), np.abs(begin[1] - begin[0]).mean()]
    return bool(
        np.mean(steps) <= 2.5 * np.mean(usual) + 4.0 * np.iinfo(members[0].pixels.dtype).max / 255
    )


def _one(members: Sequence[Placed], along: int) -> Placed:
    digests = [p.media_sha256 or "" for p in members]
    boxes = [p.box_pt for p in members if p.box_pt is not None]
    first, last = boxes[0], boxes[-1]
    box: BoxPt = (
        first[0],
        first[1],
        round(last[0] + last[2] - first[0], 2),
        round(last[1] + last[3] - first[1], 2),
    )
    return Placed(
        pixels=np.concatenate([p.pixels for p in members], axis=1 - along),
        box_pt=box,
        media_sha256=hashlib.sha256("\n".join(digests).encode()).hexdigest(),
        made="joined",
        changes=members[0].changes,
    )
