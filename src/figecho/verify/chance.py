"""What the same two panels reach by chance: the yardstick for their agreement.

Panels full of one kind of object (dots of a plot, round nuclei, lanes) agree a little wherever they
are laid on each other. So the aligned panel is shifted and flipped about, and the agreement is
measured again: a null distribution from the very pixels in question. This is also the guard against
periodic texture, which agrees with itself at many shifts.
"""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray, FloatArray
from figecho.verify.agree import correlate
from figecho.verify.frame import Frame, warp, warp_mask

_SHIFTS = (
    (0.31, 0.0), (-0.31, 0.0), (0.0, 0.31), (0.0, -0.31), (0.17, 0.13), (-0.13, 0.17),
    (0.23, -0.19), (-0.19, -0.23),
)  # fmt: skip
_FLIPS = ((1, 1), (-1, 1), (1, -1), (-1, -1))


def chance_nats(
    frame: Frame, b_from_grid: np.ndarray, region: BoolArray, *, inverted: bool
) -> float:
    """Return the mean agreement, in nats, of the region with displaced and flipped copies of B.

    Parameters
    ----------
    frame : Frame
    b_from_grid : ndarray of shape (3, 3)
    region : ndarray of bool
        The region of the aligned panels.
    inverted : bool

    Returns
    -------
    float, >= 0
    """
    b = warp(frame.b, b_from_grid, frame.size)
    usable_b = warp_mask(frame.usable_b, b_from_grid, frame.size)
    ys, xs = np.nonzero(region)
    if len(ys) == 0:
        return 0.0
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    window = np.s_[top:bottom, left:right]
    a, core_a = frame.a[window], frame.usable_a[window]
    b, core_b = (-b if inverted else b)[window], usable_b[window]
    height, width = a.shape
    values = []
    for flip_y, flip_x in _FLIPS:
        for share_y, share_x in _SHIFTS:
            dy, dx = _step(share_y, height), _step(share_x, width)
            moved = _displaced(b[::flip_y, ::flip_x], dy, dx)
            core = _displaced(core_b[::flip_y, ::flip_x], dy, dx) & core_a
            values.append(correlate(a, moved, core).nats)
    return float(np.mean(values))


def _step(share: float, length: int) -> int:
    steps = round(share * length)
    return 0 if share == 0.0 else int(np.sign(share) * max(2, abs(steps)))


def _displaced(image: FloatArray | BoolArray, dy: int, dx: int) -> np.ndarray:
    """Shift cyclically: every pixel stays in play, at a place where it does not belong."""
    return np.ascontiguousarray(np.roll(image, (dy, dx), axis=(0, 1)))
