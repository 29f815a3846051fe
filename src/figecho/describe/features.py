"""The keypoints of one panel, in panel pixels, whatever the detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figecho.model import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Keypoints and descriptors of a panel in one form.

    Attributes
    ----------
    xy : ndarray of shape (n, 2), float32
        Positions in panel pixels.
    size : ndarray of shape (n,), float32
        Diameters in panel pixels.
    angle_deg : ndarray of shape (n,), float32
        Reference directions, clockwise in the image, 0..360.
    descriptors : ndarray of shape (n, 128) float32 of unit length (SIFT), or (n, 32) uint8 (ORB)
    """

    xy: FloatArray
    size: FloatArray
    angle_deg: FloatArray
    descriptors: NDArray[Any]

    def __len__(self) -> int:
        return int(self.xy.shape[0])

    def some(self, rows: NDArray[np.intp]) -> Features:
        """Return the keypoints of some rows."""
        return Features(
            xy=self.xy[rows],
            size=self.size[rows],
            angle_deg=self.angle_deg[rows],
            descriptors=self.descriptors[rows],
        )


def strongest_spread(
    xy: FloatArray, response: FloatArray, shape: tuple[int, int], limit: int
) -> NDArray[np.intp]:
    """Choose at most ``limit`` keypoints, strong ones first but spread over the panel.

    A few high-contrast labels must not use up the budget: keypoints are ranked within the cells of
    a grid, and the ranks, not the responses, decide. Ties go by position, so the choice does not
    depend on the order of the detector.

    Parameters
    ----------
    xy : ndarray of shape (n, 2)
    response : ndarray of shape (n,)
    shape : (height, width) of the panel in pixels
    limit : int

    Returns
    -------
    ndarray of int, shape (min(n, limit),)
        Indices in a fixed order.
    """
    order = np.lexsort((xy[:, 0], xy[:, 1], -response.astype(np.float64)))
    if len(order) <= limit:
        return order
    height, width = shape
    cells = max(1.0, np.sqrt(height * width / 48.0))
    cell = (xy[order, 1] // cells).astype(np.int64) * 100_000 + (xy[order, 0] // cells).astype(
        np.int64
    )
    by_cell = np.argsort(cell, kind="stable")
    starts = np.r_[True, np.diff(cell[by_cell]) != 0]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[by_cell] = np.arange(len(order)) - first
    chosen = np.argsort(rank, kind="stable")[:limit]
    return order[np.sort(chosen)]
