"""What fields of dishes and wells share by nature: the curve of a rim.

Along a rim nothing changes, so that two rims of about one radius agree in every octave over
thousands of pixels, wherever they are turned. A place tells one panel from another only where it
changes along both directions, which the structure tensor says (Bigün and Granlund, ICCV 1987).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray
from figecho.verify.nats import nats_of
from figecho.verify.overlay import Overlay, averaged_octaves

#: No two rims show so much.
SURE_NATS = 60.0
#: So many times what is left beside curves counts. Of 15 to 29 nats that rims reach, with a colony
#: that touches them here and there, 0.1 to 8 are left, of 365 planted copies that are no gels a
#: quarter at least and mostly four fifths.
_BESIDE_WEIGHS = 1.5
#: The reach of the tensor, and its coherence (0 for texture, 1 for a straight edge) from which on a
#: pixel lies on a curve.
_REACH_PX, _CURVED = 4.0, 0.6


def left_of_fields(laid: Overlay, region: BoolArray) -> float:
    """Return the evidence that rims leave two aligned panels, in nats.

    Parameters
    ----------
    laid : Overlay
    region : ndarray of bool, shape (h, w)
        Where they agree.
    """
    return _BESIDE_WEIGHS * nats_of(*averaged_octaves(laid, beside_curves(laid, region)))


def beside_curves(laid: Overlay, region: BoolArray) -> BoolArray:
    """Return the part of a region that lies on no curve that both panels show."""
    return np.asarray(region & (coherence(laid) < _CURVED))


def middle(octaves: Sequence[FloatArray]) -> FloatArray:
    """Return the octaves that show rims and bands, as one plane."""
    return np.asarray(octaves[1] + octaves[2], dtype=np.float32)


def coherence(laid: Overlay) -> FloatArray:
    """Return how far both panels change along one direction only, for each pixel, 0..1."""
    tensor = np.zeros((*laid.both.shape, 3), np.float32)
    for octaves in (laid.a, laid.b):
        plane = middle(octaves)
        x, y = (cv2.Sobel(plane, cv2.CV_32F, *orders) for orders in ((1, 0), (0, 1)))
        tensor += cv2.merge([x * x, y * y, x * y])
    xx, yy, xy = cv2.split(cv2.GaussianBlur(tensor, (0, 0), _REACH_PX))
    return np.asarray(np.hypot(xx - yy, 2.0 * xy) / (xx + yy + 1e-3), dtype=np.float32)
