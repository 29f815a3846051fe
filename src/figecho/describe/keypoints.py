"""The keypoints of a view across its octaves: found, given their directions, described.

Each octave has its own pixels; here keypoints are in those of the view and are converted for the
kernels, which see one octave at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figecho.describe.blobs import blobs
from figecho.describe.grids import gradient_grids
from figecho.describe.orientation import BINS, direction_histograms, peaks
from figecho.describe.pyramid import blur_at
from figecho.model import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keypoints:
    """Blobs in the scale space of a view.

    Attributes
    ----------
    xy : ndarray of shape (n, 2), float64
        Positions in pixels of the view.
    size : ndarray of shape (n,), float64
        Diameters in pixels of the view: twice the blur in the view at twice its size.
    height : ndarray of shape (n,), float64
        Contrast in grey levels, without its sign.
    octave, level : ndarrays of shape (n,), int
        The level of the pyramid whose gradients describe the point.
    """

    xy: NDArray[np.float64]
    size: NDArray[np.float64]
    height: NDArray[np.float64]
    octave: NDArray[np.intp]
    level: NDArray[np.intp]

    def at(self, rows: NDArray[Any]) -> Keypoints:
        """Return the keypoints in ``rows``, indices or a mask."""
        return Keypoints(
            xy=self.xy[rows],
            size=self.size[rows],
            height=self.height[rows],
            octave=self.octave[rows],
            level=self.level[rows],
        )

    def by_octave(self) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.float64]]]:
        """Yield each octave, its rows, and x, y, blur and level of these, shape (m, 4), there.

        Neighbours come one after the other, for they share pixels that are in the cache.
        """
        order = np.lexsort((self.xy[:, 1], self.level, self.octave))
        for rows in np.split(order, np.flatnonzero(np.diff(self.octave[order])) + 1):
            if not len(rows):
                return
            o = self.octave[rows[0]]
            xy = ((self.xy[rows] + 0.5) * 2.0 - 0.5) / 2.0**o
            yield int(o), rows, np.column_stack([xy, self.size[rows] / 2.0**o, self.level[rows]])


def found(octaves: tuple[FloatArray, ...], contrast: float, edge: float) -> Keypoints:
    """Find the blobs of all octaves.

    Parameters
    ----------
    octaves : tuple of ndarrays
        Output of :func:`figecho.describe.pyramid.gaussian_octaves`.
    contrast, edge : float
        See :func:`figecho.describe.blobs.blobs`.

    Returns
    -------
    Keypoints
    """
    each = [blobs(levels, contrast, edge) for levels in octaves]
    octave = np.repeat(np.arange(len(each)), [len(e) for e in each])
    points = np.concatenate([np.zeros((0, 5)), *each])
    scale = 2.0**octave
    return Keypoints(
        xy=(points[:, :2] * scale[:, None] + 0.5) / 2.0 - 0.5,
        size=blur_at(points[:, 2]) * scale,
        height=points[:, 3],
        octave=octave,
        level=points[:, 4].astype(np.intp),
    )


def directed(octaves: tuple[FloatArray, ...], points: Keypoints) -> tuple[Keypoints, FloatArray]:
    """Repeat each point for every direction it has, and return these directions as well.

    Returns
    -------
    keypoints : Keypoints
    angle_deg : ndarray of shape (n,), float32
        Clockwise in the image, 0..360.
    """
    histograms = np.zeros((len(points.size), BINS), dtype=np.float32)
    for o, rows, own in points.by_octave():
        histograms[rows] = direction_histograms(octaves[o], own)
    rows, angle_deg = peaks(histograms)
    return points.at(rows), angle_deg


def root_descriptors(
    octaves: tuple[FloatArray, ...], points: Keypoints, angle_deg: FloatArray
) -> FloatArray:
    """Describe points in their directions, comparable by inner products.

    The square root of bins that sum to one (Arandjelovic and Zisserman, CVPR 2012).

    Returns
    -------
    ndarray of shape (n, 128), float32, of unit length
    """
    grids = np.zeros((len(points.size), 128), dtype=np.float32)
    for o, rows, own in points.by_octave():
        grids[rows] = gradient_grids(octaves[o], np.column_stack([own, angle_deg[rows]]))
    total = np.maximum(grids.sum(axis=1, keepdims=True), np.float32(1e-9))
    return np.asarray(np.sqrt(grids / total), dtype=np.float32)
