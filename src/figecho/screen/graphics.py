"""Is a panel drawn rather than photographed?"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import ByteArray

DRAWN_SHARE = 0.5


def flat_share(rgb: ByteArray) -> float:
    """Return the share of pixels, 0..1, whose 3 x 3 neighbourhood is of exactly one colour.

    Cameras and scanners leave noise in every area; plots and screenshots are flat in most of them.
    """
    kernel = np.ones((3, 3), np.uint8)
    same = cv2.dilate(rgb, kernel) == cv2.erode(rgb, kernel)
    return float(np.mean(same.all(axis=2)))


def is_drawn(rgb: ByteArray) -> bool:
    """Whether most of a panel is exactly flat, as in plots, tables and screenshots."""
    return flat_share(rgb) >= DRAWN_SHARE
