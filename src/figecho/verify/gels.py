"""Which panels are gels or blots, where look-alikes are the rule: straight edges and one dye."""

from __future__ import annotations

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray, Panel
from figecho.verify.bands import RATHER_A_GEL, bandedness

_SMOOTH_PX, _SAMPLES, _TONES = 5, 20_000, 32
#: Grey levels by which colours leave the one curve they should lie on: all but one gel in a hundred
#: stay below 4.6 and all below 8.5; stained tissue and photographs of houses, whose edges may be as
#: straight, mostly exceed 10.
_ONE_DYE, _MANY_COLOURS = 8.5, 10.5
#: And beside the ground, which may fill a fluorescent field: of 67 coloured gels the most was 12.3.
_ONE_BESIDE, _MANY_BESIDE = 13.0, 16.0
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
    squares, held = _off_curve(smooth, clear if clear.any() else usable, step)
    ground = np.argmax(held)
    off_curve = np.sqrt(squares.sum() / max(held.sum(), 1.0))
    beside = np.sqrt((squares.sum() - squares[ground]) / max(held.sum() - held[ground], 1.0))
    whole = (_MANY_COLOURS - off_curve) / (_MANY_COLOURS - _ONE_DYE)
    rest = (_MANY_BESIDE - beside) / (_MANY_BESIDE - _ONE_BESIDE)
    return float(np.clip(min(whole, rest), 0.0, 1.0))


@nb.njit(cache=True)
def _off_curve(
    rgb: ByteArray, usable: BoolArray, step: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of each tone the squares, all channels together, by which colours leave its own.

    And how many pixels it has.
    """
    held, usual = np.zeros(_TONES), np.zeros((_TONES, 3))
    squares = np.zeros(_TONES)
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
                squares[tone] += tint * tint
    # The squares about a mean are those about zero less what the mean accounts for.
    for tone in range(_TONES):
        for channel in range(3):
            squares[tone] -= usual[tone, channel] ** 2 / max(held[tone], 1.0)
    return np.maximum(squares, 0.0), held


def is_gel(panel: Panel) -> bool:
    """Whether a panel is rather a gel or a blot than anything else, by edges and colours."""
    straight = bandedness(panel.grey, panel.usable)
    # Most panels are none by their edges, which spares a look at their colours.
    return straight >= RATHER_A_GEL and (
        straight * one_dye(panel.rgb, panel.usable) >= RATHER_A_GEL
    )
