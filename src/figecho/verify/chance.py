"""What the same two panels reach by chance: the yardstick for their agreement.

Panels full of one kind of object (dots of a plot, round nuclei, lanes) agree a little wherever they
are laid on each other. So the aligned panel is shifted and flipped about, and the agreement is
measured again: a null distribution from the very pixels in question. This is also the guard against
periodic texture, which agrees with itself at many shifts. Lanes of one protocol agree with their
neighbours just as well, but only a whole lane off, where no fixed shift would look: of two gels the
places that fit second best are asked (:func:`elsewhere_nats`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from figecho.model import BoolArray, FloatArray
from figecho.verify.agree import agreement
from figecho.verify.later import Later
from figecho.verify.membrane import WHOLE_NATS
from figecho.verify.overlay import Overlay

SHIFTS = ((0.31, 0.17), (-0.17, 0.29), (0.13, -0.37))
_FLIPS = ((1, 1), (-1, 1), (1, -1), (-1, -1))
#: How far off another place lies at least, for a broad lane resembles itself a little way off: in
#: pixels, and as a share of the shorter side, for of many lanes some stand farther.
_LEAST_OFF_PX, _LEAST_OFF = 8.0, 0.2
#: The share of the overlap that must be left there, how many places are asked, and how far apart.
_LEFT, _PLACES, _PLACE_PX = 0.25, 3, 4


def chance_nats(laid: Overlay, region: BoolArray) -> float:
    """Return the mean agreement, in nats, of the region with displaced and flipped copies of B.

    Displacement is cyclic inside the box of the region: every pixel stays in play, at a place where
    it does not belong.

    Parameters
    ----------
    laid : Overlay
    region : ndarray of bool
        The region in which the aligned panels agree.

    Returns
    -------
    float, >= 0
    """
    ys, xs = np.nonzero(region)
    if len(ys) == 0:
        return 0.0
    window = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    here = Overlay(
        a=_cut(laid.a, window),
        b=_cut(laid.b, window),
        density=_cut(laid.density, window),
        steep=_cut(laid.steep, window),
        both=laid.both[window],
    )
    return float(np.mean([agreement(_displaced(here, f, s)).nats for f in _FLIPS for s in SHIFTS]))


def _cut(planes: Sequence[FloatArray], window: tuple[slice, slice]) -> Sequence[FloatArray]:
    return Later(lambda k: np.ascontiguousarray(planes[k][window]), len(planes))


def _displaced(here: Overlay, flip: tuple[int, int], share: tuple[float, float]) -> Overlay:
    """Flip B and shift it, cyclically, by a share of its height and width."""
    move = [_step(part, length) for part, length in zip(share, here.both.shape, strict=True)]

    def displaced(plane: np.ndarray) -> np.ndarray:
        return np.roll(plane[:: flip[0], :: flip[1]], move, axis=(0, 1))

    b = Later(lambda k: displaced(here.b[k]), len(here.b))
    return replace(here, b=b, both=here.both & displaced(here.both))


def elsewhere_nats(laid: Overlay, nats: float, *, banded: float, panel_px: int) -> float:
    """Return the agreement of two gels, in nats, at the best of the other places where they fit.

    Parameters
    ----------
    laid : Overlay
    nats : float
        How far they agree where they are laid. Where that is more than the whole of a gel is left
        in any case, the other places are not left it either, nor what is neither bands nor lanes.
    banded, panel_px
        As in :func:`figecho.verify.agree.agreement`.

    Returns
    -------
    float, >= 0
    """
    alike = _fit_by_shift(laid)
    best = 0.0
    clear = nats > WHOLE_NATS
    for _ in range(_PLACES):
        down, right = np.unravel_index(int(alike.argmax()), alike.shape)
        if not np.isfinite(alike[down, right]):
            break
        move = tuple(
            int(k) - (length if 2 * k > length else 0)
            for k, length in zip((down, right), alike.shape, strict=True)
        )
        moved = _shifted(laid, move)
        # What is the whole of a gel here must be the whole of what is left of it there.
        left = moved.both.mean() / max(float(laid.both.mean()), 1e-9)
        there = agreement(
            moved,
            banded=banded,
            panel_px=round(panel_px * left),
            least_whole=0.0 if clear else WHOLE_NATS,
            across=not clear,
        )
        best = max(best, there.nats)
        rows = np.arange(down - _PLACE_PX, down + _PLACE_PX + 1) % alike.shape[0]
        columns = np.arange(right - _PLACE_PX, right + _PLACE_PX + 1) % alike.shape[1]
        alike[np.ix_(rows, columns)] = -np.inf
    return best


def _fit_by_shift(laid: Overlay) -> FloatArray:
    """Return how alike the middle octaves are for each shift of B, -inf where none is asked.

    Shifts are cyclic, twice the size of the grid, so that nothing comes in from the other side.
    """
    size = tuple(2 * length for length in laid.both.shape)
    planes = [(o[1] + o[2]) * laid.both for o in (laid.a, laid.b)]
    a, b, both = (np.fft.rfft2(plane, size) for plane in (*planes, laid.both.astype(np.float32)))
    together = np.fft.irfft2(a * np.conj(b), size)
    left = np.fft.irfft2(both * np.conj(both), size)
    down, right = (np.minimum(np.arange(n), n - np.arange(n)) for n in size)
    off = np.hypot(down[:, None], right[None, :])
    asked = (left >= _LEFT * laid.both.sum()) & (
        off >= max(_LEAST_OFF_PX, _LEAST_OFF * min(laid.both.shape))
    )
    return np.where(asked, together / np.maximum(left, 1.0), -np.inf)


def _shifted(laid: Overlay, move: tuple[int, ...]) -> Overlay:
    """Move B down and to the right; what comes in is empty."""
    into = tuple(
        slice(max(0, m), n + min(0, m)) for m, n in zip(move, laid.both.shape, strict=True)
    )
    out_of = tuple(
        slice(max(0, -m), n + min(0, -m)) for m, n in zip(move, laid.both.shape, strict=True)
    )

    def moved(plane: np.ndarray) -> np.ndarray:
        there = np.zeros_like(plane)
        there[into] = plane[out_of]
        return there

    return Overlay(
        a=laid.a,
        b=tuple(moved(o) for o in laid.b),
        density=tuple(np.minimum(d, moved(d)) for d in laid.density),
        steep=laid.steep,
        both=laid.both & moved(laid.both),
    )


def _step(share: float, length: int) -> int:
    return int(np.sign(share)) * max(2, round(abs(share) * length))
