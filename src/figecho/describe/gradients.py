"""Gradients around a point in polar form: what both directions and descriptors are made of."""

from __future__ import annotations

import numba as nb
import numpy as np

from figecho.model import FloatArray

_ZERO, _QUARTER, _HALF, _WHOLE = (np.float32(v) for v in (0.0, 0.25, 0.5, 1.0))
_TINY = np.float32(1e-30)
# Abramowitz and Stegun, 4.4.49: the arctangent of 0..1 to 1e-5, here in turns.
_C1, _C3, _C5, _C7, _C9 = (
    np.float32(c / (2.0 * np.pi)) for c in (0.9998660, -0.3302995, 0.1801410, -0.0851330, 0.0208351)
)


@nb.njit(cache=True, error_model="numpy")
def to_polar(across: FloatArray, up: FloatArray, count: int) -> None:
    """Turn the first ``count`` gradients into length and direction, in place.

    A polynomial instead of the arctangent, so that the loop is compiled to vector instructions.

    Parameters
    ----------
    across, up : ndarrays of shape (n,), float32
        Components to the right and upwards in the image; afterwards length and direction, the
        direction counter-clockwise in turns, 0..1.
    count : int
    """
    for k in range(count):
        x, y = across[k], up[k]
        wide, high = abs(x), abs(y)
        steep = high > wide
        ratio = (wide if steep else high) / ((high if steep else wide) + _TINY)
        square = ratio * ratio
        turn = (((_C9 * square + _C7) * square + _C5) * square + _C3) * square + _C1
        turn = turn * ratio
        turn = _QUARTER - turn if steep else turn
        turn = _HALF - turn if x < _ZERO else turn
        up[k] = _WHOLE - turn if y < _ZERO else turn
        across[k] = np.sqrt(x * x + y * y)
