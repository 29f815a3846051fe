"""Is a panel drawn rather than photographed?"""

from __future__ import annotations

import numpy as np

from figecho.model import ByteArray
from figecho.screen.channels import change, mean

DRAWN_SHARE = 0.4
_LIGHT = 200


def flat_share(rgb: ByteArray) -> float:
    """Return the share of pixels, 0..1, that are light and in a 3 x 3 area of exactly one colour.

    Cameras and scanners leave noise in every area that is not black; plots and screenshots are
    light and flat in most of theirs.
    """
    flat = change(rgb, 3) == 0
    return float(np.mean(flat & (mean(rgb) >= _LIGHT)))


def is_drawn(rgb: ByteArray) -> bool:
    """Whether most of a panel is light and exactly flat, as in plots, tables and screenshots."""
    return flat_share(rgb) >= DRAWN_SHARE
