"""The blobs of an octave: extrema to a fraction of a pixel and of a scale, neither faint nor edges.

Lowe, IJCV 2004, section 4.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.extrema import candidates
from figecho.describe.pyramid import BORDER_PX, LAYERS
from figecho.model import FloatArray

_MOVES = 5


def blobs(levels: FloatArray, contrast: float, edge: float) -> NDArray[np.float64]:
    """Find the blobs of one octave and drop faint ones and those that are rather edges.

    Parameters
    ----------
    levels : ndarray of shape (6, h, w), float32
        One octave of :func:`figecho.describe.pyramid.gaussian_octaves`.
    contrast : float
        The least height of a kept extremum times the layers of an octave, in grey levels.
    edge : float
        The largest ratio of the two curvatures.

    Returns
    -------
    ndarray of shape (n, 5), float64
        x, y (pixels of the octave), level (1..3 and a fraction), height (grey levels, without its
        sign) and the whole level whose pixels describe the point.
    """
    height = contrast / LAYERS
    found = candidates(levels, np.float32(0.5 * height))
    refined = np.asarray(_refined(levels, found, height, edge), dtype=np.float64)
    # Neighbours that climb to the same extremum arrive at the same numbers.
    x, y = (np.rint(refined[:, k]).astype(np.int64) for k in (0, 1))
    place = (refined[:, 4].astype(np.int64) * levels.shape[1] + y) * levels.shape[2] + x
    return refined[np.sort(np.unique(place, return_index=True)[1])]


@nb.njit(cache=True, error_model="numpy")
def _refined(
    levels: FloatArray, found: NDArray[np.int32], height: float, edge: float
) -> NDArray[np.float64]:
    """Move candidates to the top of the paraboloid around them; keep what is high and round."""
    rows, columns = levels.shape[1:]
    refined = np.empty((found.shape[0], 5), dtype=np.float64)
    count = 0
    cube = np.empty((3, 3, 3), dtype=np.float64)
    for n in range(found.shape[0]):
        s, y, x = found[n]
        settled = False
        ds = dy = dx = value = trace = det = 0.0
        for _ in range(_MOVES):
            for k in range(3):
                for j in range(3):
                    for i in range(3):
                        cube[k, j, i] = (
                            levels[s + k, y + j - 1, x + i - 1]
                            - levels[s + k - 1, y + j - 1, x + i - 1]
                        )
            here = cube[1, 1, 1]
            gx = 0.5 * (cube[1, 1, 2] - cube[1, 1, 0])
            gy = 0.5 * (cube[1, 2, 1] - cube[1, 0, 1])
            gs = 0.5 * (cube[2, 1, 1] - cube[0, 1, 1])
            xx = cube[1, 1, 2] + cube[1, 1, 0] - 2.0 * here
            yy = cube[1, 2, 1] + cube[1, 0, 1] - 2.0 * here
            ss = cube[2, 1, 1] + cube[0, 1, 1] - 2.0 * here
            xy = 0.25 * (cube[1, 2, 2] - cube[1, 2, 0] - cube[1, 0, 2] + cube[1, 0, 0])
            xs = 0.25 * (cube[2, 1, 2] - cube[2, 1, 0] - cube[0, 1, 2] + cube[0, 1, 0])
            ys = 0.25 * (cube[2, 2, 1] - cube[2, 0, 1] - cube[0, 2, 1] + cube[0, 0, 1])
            # The adjugate of the Hessian, which is symmetric.
            axx, axy, axs = yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy
            ayy, ays, ass = xx * ss - xs * xs, xy * xs - xx * ys, xx * yy - xy * xy
            whole = xx * axx + xy * axy + xs * axs
            if whole == 0.0:
                break
            dx = -(axx * gx + axy * gy + axs * gs) / whole
            dy = -(axy * gx + ayy * gy + ays * gs) / whole
            ds = -(axs * gx + ays * gy + ass * gs) / whole
            value = abs(here + 0.5 * (gx * dx + gy * dy + gs * ds))
            trace, det = xx + yy, ass
            if abs(dx) < 0.5 and abs(dy) < 0.5 and abs(ds) < 0.5:
                settled = True
                break
            if max(abs(dx), abs(dy), abs(ds)) > rows + columns:
                break
            x, y, s = x + round(dx), y + round(dy), s + round(ds)
            inside_x = BORDER_PX <= x < columns - BORDER_PX
            inside_y = BORDER_PX <= y < rows - BORDER_PX
            if not (1 <= s <= LAYERS and inside_x and inside_y):
                break
        round_enough = det > 0.0 and trace * trace * edge < (edge + 1.0) ** 2 * det
        if settled and value >= height and round_enough:
            refined[count, 0], refined[count, 1], refined[count, 2] = x + dx, y + dy, s + ds
            refined[count, 3], refined[count, 4] = value, s
            count += 1
    return refined[:count]
