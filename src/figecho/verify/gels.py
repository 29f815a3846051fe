"""Which panels are gels or blots, where look-alikes are the rule: straight edges and one dye."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray, Panel
from figecho.verify.bands import RATHER_A_GEL, bandedness

_SMOOTH_PX, _SAMPLES, _TONES = 5, 20_000, 32
#: Grey levels by which colours leave the one curve they should lie on: all but one gel in a hundred
#: stay below 5 and all below 8; stained tissue and photographs of houses, whose edges may be as
#: straight, mostly exceed 10. The farthest are left out, where compression smears a coloured label.
_ONE_DYE, _MANY_COLOURS, _COUNTED = 8.0, 10.0, 0.98


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
    colours = smooth[::step, ::step][usable[::step, ::step]].astype(np.float64)
    brightness = colours.mean(axis=1)
    tone = (brightness * (_TONES / 256.0)).astype(np.intp)
    held = np.maximum(np.bincount(tone, minlength=_TONES), 1)
    away = np.zeros(len(tone))
    for tint in (colours - brightness[:, None]).T:
        usual = np.bincount(tone, tint, _TONES) / held
        away += (tint - usual[tone]) ** 2
    counted = int(_COUNTED * len(away))
    nearest = np.partition(away, counted - 1)[:counted] if counted else away
    off_curve = float(np.sqrt(nearest.sum() / max(1, len(nearest))))
    return float(np.clip((_MANY_COLOURS - off_curve) / (_MANY_COLOURS - _ONE_DYE), 0.0, 1.0))


def is_gel(panel: Panel) -> bool:
    """Whether a panel is rather a gel or a blot than anything else, by edges and colours."""
    straight = bandedness(panel.grey, panel.usable)
    # Most panels are none by their edges, which spares a look at their colours.
    return straight >= RATHER_A_GEL and (
        straight * one_dye(panel.rgb, panel.usable) >= RATHER_A_GEL
    )
