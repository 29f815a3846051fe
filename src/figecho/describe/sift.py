"""SIFT keypoints with RootSIFT descriptors, dense enough for blots and small crops.

Settings follow what works on scientific figures: a low contrast threshold (faint membranes), small
panels enlarged (a 40 px strip has no scale space of its own), and descriptors as the square root of
their L1-normalised bins (Arandjelovic and Zisserman, CVPR 2012).
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.config import Describe
from figecho.describe.features import Features, strongest_spread
from figecho.model import BoolArray, FloatArray


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
    scale = working_scale(grey.shape, settings)
    view = np.clip(np.rint(resized(grey, scale)), 0, 255).astype(np.uint8)
    detector = cv2.SIFT_create(
        contrastThreshold=settings.sift_contrast, edgeThreshold=settings.sift_edge
    )
    keypoints = [k for k in detector.detect(view, None) if k.size >= 2.0]
    if not keypoints:
        return empty()
    xy = (np.array([k.pt for k in keypoints], dtype=np.float32) + 0.5) / scale - 0.5
    inside = usable_at(xy, usable)
    response = np.array([k.response for k in keypoints], dtype=np.float32)
    candidates = np.flatnonzero(inside)
    if candidates.size == 0:
        return empty()
    kept = candidates[
        strongest_spread(xy[candidates], response[candidates], grey.shape, settings.max_keypoints)
    ]
    chosen = [keypoints[i] for i in kept]
    chosen, raw = detector.compute(view, chosen)
    raw = np.asarray(raw, dtype=np.float32)
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    return Features(
        xy=np.asarray(
            (np.array([k.pt for k in chosen], dtype=np.float32) + 0.5) / scale - 0.5,
            dtype=np.float32,
        ),
        size=np.array([k.size for k in chosen], dtype=np.float32) / np.float32(scale),
        angle_deg=np.array([k.angle for k in chosen], dtype=np.float32),
        descriptors=np.ascontiguousarray(root, dtype=np.float32),
    )


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
