"""What the same two panels reach by chance: the yardstick for their agreement.

Panels full of one kind of object (dots of a plot, round nuclei, lanes) agree a little wherever they
are laid on each other. So the aligned panel is shifted and flipped about, and the agreement is
measured again: a null distribution from the very pixels in question. This is also the guard against
periodic texture, which agrees with itself at many shifts.
"""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray
from figecho.verify.agree import Overlay, agreement

_SHIFTS = ((0.31, 0.17), (-0.17, 0.29), (0.13, -0.37))
_FLIPS = ((1, 1), (-1, 1), (1, -1), (-1, -1))


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
    height, width = region[window].shape
    values = []
    for flip_y, flip_x in _FLIPS:
        for share_y, share_x in _SHIFTS:
            move = (_step(share_y, height), _step(share_x, width))

            def displaced(
                plane: np.ndarray, flip: tuple[int, int] = (flip_y, flip_x),
                move: tuple[int, int] = move,
            ) -> np.ndarray:  # fmt: skip
                return np.roll(plane[window][:: flip[0], :: flip[1]], move, axis=(0, 1))

            mixed = Overlay(
                a=tuple(np.ascontiguousarray(o[window]) for o in laid.a),
                b=tuple(displaced(o) for o in laid.b),
                density=tuple(np.ascontiguousarray(d[window]) for d in laid.density),
                steepness=laid.steepness[window],
                both=laid.both[window] & displaced(laid.both),
            )
            values.append(agreement(mixed).nats)
    return float(np.mean(values))


def _step(share: float, length: int) -> int:
    return int(np.sign(share)) * max(2, round(abs(share) * length))
