"""ORB keypoints in all forms of a panel: the calm second opinion.

ORB (Rublee et al., ICCV 2011) fires on corners, not blobs, and compares bits, not gradients, so it
errs in other places than SIFT. Its descriptors have no simple rule under mirroring, so each form is
extracted from the mirrored or inverted panel and brought back to the panel's own frame, with the
conventions of :mod:`figecho.describe.sift`.
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.config import Describe
from figecho.describe.features import Features, strongest_spread
from figecho.describe.forms import Form
from figecho.describe.sift import resized, usable_at, working_scale
from figecho.model import BoolArray, FloatArray


def detect(grey: FloatArray, usable: BoolArray, form: Form, settings: Describe) -> Features:
    """Find ORB keypoints of a panel as they look in ``form``, positions in the panel's own frame.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    form : Form
    settings : Describe

    Returns
    -------
    Features
        Descriptors of shape (n, 32), uint8.
    """
    scale = working_scale(grey.shape, settings)
    view = np.clip(np.rint(resized(grey, scale)), 0, 255).astype(np.uint8)
    if form.inverted:
        view = 255 - view
    if form.mirrored:
        view = np.ascontiguousarray(view[:, ::-1])
    detector = cv2.ORB_create(nfeatures=4 * settings.max_keypoints, fastThreshold=8)
    keypoints, raw = detector.detectAndCompute(view, None)
    if raw is None or len(keypoints) == 0:
        return Features(
            xy=np.zeros((0, 2), np.float32),
            size=np.zeros(0, np.float32),
            angle_deg=np.zeros(0, np.float32),
            descriptors=np.zeros((0, 32), np.uint8),
        )
    xy = np.array([k.pt for k in keypoints], dtype=np.float32)
    angle = np.array([k.angle for k in keypoints], dtype=np.float32)
    if form.mirrored:
        xy[:, 0] = view.shape[1] - 1 - xy[:, 0]
        angle = 180.0 - angle
    if form.inverted:
        angle = angle + 180.0
    xy = (xy + 0.5) / scale - 0.5
    response = np.array([k.response for k in keypoints], dtype=np.float32)
    inside = np.flatnonzero(usable_at(xy, usable))
    kept = inside[
        strongest_spread(xy[inside], response[inside], grey.shape, settings.max_keypoints)
    ]
    return Features(
        xy=np.asarray(xy[kept], dtype=np.float32),
        size=np.array([keypoints[i].size for i in kept], dtype=np.float32) / np.float32(scale),
        angle_deg=np.asarray(angle[kept] % 360.0, dtype=np.float32),
        descriptors=np.ascontiguousarray(raw[kept]),
    )
