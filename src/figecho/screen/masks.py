"""Leave out the pixels that a label, a scale bar or a frame covers."""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray, ByteArray

#: How far a uniform frame line may reach into a panel.
_FRAME_PX = 4


def usable(rgb: ByteArray) -> BoolArray:
    """Return where a panel shows data: False on the uniform lines along its border.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    mask = np.ones(rgb.shape[:2], np.bool_)
    for turns in range(4):
        turned, view = np.rot90(rgb, turns), np.rot90(mask, turns)
        for row in range(min(_FRAME_PX, turned.shape[0] // 8)):
            if int(np.ptp(turned[row].astype(np.int16), axis=0).max()) > 24:
                break
            view[: row + 2] = False
    return mask
