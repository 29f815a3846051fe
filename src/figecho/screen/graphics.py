"""Is a panel drawn rather than photographed?"""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import share
from figecho.screen.channels import change, lightest, mean

DRAWN_SHARE = 0.4
_LIGHT = 200
#: Where a camera clips or compression blots out its noise, a picture is flat too, but less of it.
_FILLED_SHARE, _DIM = 0.45, 60


def flat_share(rgb: ByteArray) -> float:
    """Return the share of pixels, 0..1, that are light and in a 3 x 3 area of exactly one colour.

    Cameras and scanners leave noise in every area that is not black; plots and screenshots are
    light and flat in most of theirs.
    """
    return _light_share(rgb, _flat(rgb))


def is_drawn(rgb: ByteArray) -> bool:
    """Whether most of a panel is light and exactly flat, as in plots, tables and screenshots."""
    # What is light on average is so in its lightest channel, which is seen at once.
    light = share(lightest(rgb) >= _LIGHT)
    return light >= DRAWN_SHARE and flat_share(rgb) >= DRAWN_SHARE


def is_filled(rgb: ByteArray) -> bool:
    """Whether a panel is drawn, in light or in any colours but dark: a heat map, a diagram.

    Its fills repeat because a scale has few colours, so that it is not compared with itself.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    """
    shown = lightest(rgb) >= _DIM
    if share(shown) < min(_FILLED_SHARE, DRAWN_SHARE):
        return False
    flat = _flat(rgb)
    return share(flat & shown) >= _FILLED_SHARE or _light_share(rgb, flat) >= DRAWN_SHARE


def _light_share(rgb: ByteArray, flat: BoolArray) -> float:
    return share(flat & (mean(rgb) >= _LIGHT))


def _flat(rgb: ByteArray) -> BoolArray:
    return np.asarray(change(rgb, 3) == 0, np.bool_)
