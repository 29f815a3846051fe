"""Decide whether a panel is worth comparing at all, and say why where it is not."""

from __future__ import annotations

import numpy as np

from figecho.config import Screen
from figecho.model import BoolArray, ByteArray, ScreenReason
from figecho.screen.channels import mean
from figecho.screen.drawing import drawing
from figecho.screen.labels import STRIP
from figecho.screen.masks import Overlay, rimmed
from figecho.screen.rows import MAX_LETTER_PX
from figecho.screen.structure import entropy_bits, span, structure

#: So much of a panel must stand out of its background; more where its tones say nothing either.
_STANDING_SHARE, _POOR_STANDING_SHARE = 2e-4, 5e-4
_STANDING_PX = 12
#: A drawing has this much canvas at least, this much soft texture at most, and lettering.
_MANY_TONES = 128
_DARK, _DARK_LETTERED, _DIM_BESIDE = 64, 0.6, 0.003
_DRAWN_CANVAS, _DRAWN_SOFT, _DRAWN_LETTERED = 0.5, 0.006, 0.25
_DOT_CLOUD, _PRINTED = 25, 0.7
#: A line of print cut out of its page: a strip whose ink is letters, but for those that the cut
#: broke, and they reach from side to side.
_STRIP_PRINTED, _STRIP_FILLED = 0.5, 0.8


def reason(rgb: ByteArray, usable: BoolArray, over: Overlay, screen: Screen) -> ScreenReason | None:
    """Return why a panel is set aside, or None where it is worth comparing.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    usable : ndarray of shape (h, w), bool
        See :func:`figecho.screen.masks.usable`.
    over : Overlay
        See :func:`figecho.screen.masks.overlay`.
    screen : Screen

    Returns
    -------
    {"too-small", "text", "blank", "low-entropy", "plot"} or None
        In doubt None: a comparison too many costs time, one too few costs a finding. Dot plots
        and dim fields with few cells stay.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < screen.min_side_px or height * width < screen.min_area_px:
        return "too-small"
    return _empty(rgb, usable, screen) or _drawn(rgb, over, screen)


def _empty(rgb: ByteArray, usable: BoolArray, screen: Screen) -> ScreenReason | None:
    if not usable.any():
        return "text"
    measured = structure(rgb, usable)
    if measured.textured:
        return None
    tones = mean(rgb)[usable]
    poor = entropy_bits(tones) < screen.min_entropy_bits
    share = _POOR_STANDING_SHARE if poor else _STANDING_SHARE
    if measured.standing_px >= max(_STANDING_PX, share * tones.size):
        return None
    return "blank" if span(tones) < screen.blank_range else "low-entropy"


def _drawn(rgb: ByteArray, over: Overlay, screen: Screen) -> ScreenReason | None:
    if _is_line_of_print(rgb, over):
        return "text"
    written = over.labels | over.plates | over.glyphs
    measured = drawing(rgb, rimmed(written), rimmed(over.lines))
    if measured.canvas < _DRAWN_CANVAS or measured.soft > _DRAWN_SOFT:
        return None
    # A picture that was painted or cut out has its canvas too, but no chart so many tones.
    if measured.tones >= _MANY_TONES:
        return None
    # The full stops of a page of print are dots too.
    if measured.dots >= _DOT_CLOUD and measured.printed < _PRINTED:
        return None
    # Sparse nuclei on black pass for letters here and there; a slide of white print is all letters,
    # with nothing dim beside them.
    dark = bool(np.median(rgb) < _DARK)
    if dark and measured.beside >= _DIM_BESIDE:
        return None
    lettered = _DARK_LETTERED if dark else _DRAWN_LETTERED
    few_tones = not dark and measured.tones < screen.min_tones and measured.lettered > 0
    if measured.lettered < lettered and not measured.curves and not few_tones:
        return None
    mostly_print = measured.printed >= _PRINTED and not measured.curves
    return "text" if mostly_print or not (measured.curves or over.lines.any()) else "plot"


def _is_line_of_print(rgb: ByteArray, over: Overlay) -> bool:
    """Whether a panel is a strip as high as letters are, and most of its ink is letters."""
    across, along = sorted(rgb.shape[:2])
    if along < STRIP * across or across > MAX_LETTER_PX:
        return False
    written = over.labels | over.plates
    if written.any(axis=int(np.argmax(rgb.shape[:2]))).mean() < _STRIP_FILLED:
        return False
    return drawing(rgb, rimmed(written), rimmed(over.lines)).printed >= _STRIP_PRINTED
