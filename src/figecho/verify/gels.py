"""Which panels are gels or blots, where look-alikes are the rule: straight edges and one dye."""

from __future__ import annotations

import cv2
import numba as nb
import numpy as np

from figecho.model import BoolArray, ByteArray, Panel
from figecho.verify.bands import RATHER_A_GEL, bandedness

_SMOOTH_PX, _SAMPLES, _TONES = 5, 20_000, 32
#: Grey levels by which colours leave the one curve they should lie on: all but one gel in a hundred
#: stay below 4.6 and all below 8.5; stained tissue and photographs of houses, whose edges may be as
#: straight, mostly exceed 10.
_ONE_DYE, _MANY_COLOURS = 8.5, 10.5
#: So far compression smears the colour of a label.
_SMEAR_PX = 8


def one_dye(rgb: ByteArray, usable: BoolArray) -> float:
    """Return how far brightness tells the colour of a panel, as of a dye on its membrane, 0..1.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    usable : ndarray of shape (h, w), bool
    """
    # Compression scatters the colours of single pixels.
    smooth = cv2.blur(rgb, (_SMOOTH_PX, _SMOOTH_PX))
    step = max(1, int(np.sqrt(usable.size / _SAMPLES)))
    clear = cv2.erode(usable.view(np.uint8), np.ones((2 * _SMEAR_PX + 1,) * 2, np.uint8)) > 0
    off_curve = float(np.sqrt(_off_curve(smooth, clear if clear.any() else usable, step)))
    return float(np.clip((_MANY_COLOURS - off_curve) / (_MANY_COLOURS - _ONE_DYE), 0.0, 1.0))


@nb.njit(cache=True)
def _off_curve(rgb: ByteArray, usable: BoolArray, step: int) -> float:
    """Return the mean square, all channels together, by which colours leave those of their tone."""
    held, usual = np.zeros(_TONES), np.zeros((_TONES, 3))
    squares = 0.0
    for y in range(0, usable.shape[0], step):
        for x in range(0, usable.shape[1], step):
            if not usable[y, x]:
                continue
            red, green, blue = float(rgb[y, x, 0]), float(rgb[y, x, 1]), float(rgb[y, x, 2])
            brightness = (red + green + blue) / 3.0
            tone = int(brightness * (_TONES / 256.0))
            held[tone] += 1.0
            for channel, value in enumerate((red, green, blue)):
                tint = value - brightness
                usual[tone, channel] += tint
                squares += tint * tint
    # The squares about a mean are those about zero less what the mean accounts for.
    for tone in range(_TONES):
        for channel in range(3):
            squares -= usual[tone, channel] ** 2 / max(held[tone], 1.0)
    return float(max(squares, 0.0) / max(held.sum(), 1.0))


def is_gel(panel: Panel) -> bool:
    """Whether a panel is rather a gel or a blot than anything else, by edges and colours."""
    straight = bandedness(panel.grey, panel.usable)
    # Most panels are none by their edges, which spares a look at their colours.
    return straight >= RATHER_A_GEL and (
        straight * one_dye(panel.rgb, panel.usable) >= RATHER_A_GEL
    )
