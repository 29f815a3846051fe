"""SIFT keypoints with RootSIFT descriptors, dense enough for blots and small crops.

Settings follow what works on scientific figures: a low contrast threshold (faint membranes), small
panels enlarged (a 40 px strip has no scale space of its own), and descriptors as the square root of
their L1-normalised bins (Arandjelovic and Zisserman, CVPR 2012).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.config import Describe
from figecho.describe.features import Features, strongest_spread
from figecho.describe.keypoints import Keypoints, directed, found, root_descriptors
from figecho.describe.pyramid import gaussian_octaves
from figecho.model import BoolArray, FloatArray

_LEAST_SIZE_PX = 2.0


def working_scale(shape: tuple[int, int], settings: Describe) -> float:
    """Return the factor by which a panel is resized before keypoints are sought."""
    area = shape[0] * shape[1]
    up = min(settings.max_upscale, np.sqrt(settings.min_working_px / area))
    down = np.sqrt(settings.max_working_px / area)
    return float(min(max(1.0, up), down) if up > 1.0 else min(1.0, down))


def resized(grey: FloatArray, scale: float) -> FloatArray:
    """Resize with area averaging when shrinking and cubic interpolation when enlarging."""
    if scale == 1.0:
        return grey
    height, width = grey.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.float32)


def detect(grey: FloatArray, usable: BoolArray, settings: Describe) -> Features:
    """Find SIFT keypoints on the usable part of a panel.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    settings : Describe

    Returns
    -------
    Features
        RootSIFT descriptors of unit length, positions and sizes in panel pixels; at most
        ``max_keypoints`` of them.
    """
    view = resized(grey, working_scale(grey.shape, settings))
    # Whole pixels: the two sides need not have quite the same scale.
    scale = np.array([view.shape[1] / grey.shape[1], view.shape[0] / grey.shape[0]])
    octaves = gaussian_octaves(view)
    points = found(octaves, 255.0 * settings.sift_contrast, settings.sift_edge)
    points = points.at(points.size >= _LEAST_SIZE_PX)
    points = points.at(usable_at((points.xy + 0.5) / scale - 0.5, usable))
    points = points.at(_chosen(points, view.shape, settings))
    points, angle_deg = directed(octaves, points)
    # A point with several directions is several keypoints, which count against the same budget.
    kept = _chosen(points, view.shape, settings)
    points, angle_deg = points.at(kept), angle_deg[kept]
    return Features(
        xy=((points.xy + 0.5) / scale - 0.5).astype(np.float32),
        size=(points.size / np.sqrt(scale.prod())).astype(np.float32),
        angle_deg=angle_deg,
        descriptors=root_descriptors(octaves, points, angle_deg),
    )


def _chosen(points: Keypoints, shape: tuple[int, ...], settings: Describe) -> NDArray[np.intp]:
    xy, height = points.xy.astype(np.float32), points.height.astype(np.float32)
    return strongest_spread(xy, height, (shape[0], shape[1]), settings.max_keypoints)


def empty() -> Features:
    """Return the features of a panel that shows none."""
    return Features(
        xy=np.zeros((0, 2), np.float32),
        size=np.zeros(0, np.float32),
        angle_deg=np.zeros(0, np.float32),
        descriptors=np.zeros((0, 128), np.float32),
    )


def usable_at(xy: FloatArray, usable: BoolArray) -> BoolArray:
    """Return for each point whether the pixel under it is usable."""
    height, width = usable.shape
    x = np.clip(np.rint(xy[:, 0]).astype(np.intp), 0, width - 1)
    y = np.clip(np.rint(xy[:, 1]).astype(np.intp), 0, height - 1)
    return np.asarray(usable[y, x])
