"""Innocent explanations, printed where they fit; the reader decides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from figecho.echo import Echo
from figecho.model import BoolArray, ByteArray, Panel
from figecho.verify.motion import Motion, motion_of
from figecho.verify.outline import polygon_area

#: Channels of one field are registered: their shared region lies at one place in both.
_REGISTERED = 0.03
#: A fluorescence field is dark in most of its area; a channel is lit where it rises above that.
_DARK = 70.0
_LIT_SHARE = 0.3
_LIT_TONES = 25.0
#: A zoom shows most of itself in a small part of what it is taken from.
_ZOOM = 1.3
_MOST, _PART = 0.5, 0.35

Lit = Callable[[Panel], frozenset[int]]


def explanations(
    a: Panel, b: Panel, echo: Echo | None = None, *, lit: Lit | None = None
) -> tuple[str, ...]:
    """Return the innocent explanations that fit two panels with a shared region.

    Parameters
    ----------
    a, b : Panel
    echo : Echo, optional
        How they share it; without it only what the files tell is looked at.
    lit : callable, optional
        Returns what :func:`lit_channels` does of a panel, where panels do not hold their pixels.
    """
    if a.key == b.key:
        return ()
    found = [*_same_file(a, b)]
    if echo is not None:
        x, y = echo.polygon_a.mean(axis=0)
        motion = motion_of(echo.b_from_a, float(x), float(y))
        found += _channels(a, b, echo, motion, lit or _lit)
        found += _zoom(a, b, echo, motion)
    return tuple(found)


def _same_file(a: Panel, b: Panel) -> list[str]:
    """Say what of the two is one file, or one picture."""
    one, other = a.origin, b.origin
    if one is not None and other is not None and a.figure != b.figure:
        if one.media_sha256 is not None and one.media_sha256 == other.media_sha256:
            if a.pixels_sha256 == b.pixels_sha256:
                return [f"the same embedded file stands {_two_places(a, b)}"]
            if one.changes or other.changes:
                return [f"both are cut from the same embedded file, {_two_places(a, b)}"]
    elif a.sha256 == b.sha256 and a.figure[0] != b.figure[0]:
        return ["the two files are identical byte for byte: perhaps one file saved twice"]
    if a.pixels_sha256 == b.pixels_sha256:
        return ["the two panels are identical pixel for pixel: perhaps one picture saved twice"]
    return []


def _two_places(a: Panel, b: Panel) -> str:
    assert a.origin is not None and b.origin is not None
    places = [a.origin.where, b.origin.where]
    if a.figure[0] != b.figure[0]:
        places = [f"{p.figure[0]}, {where}" for p, where in zip((a, b), places, strict=True)]
    if places[0] == places[1]:
        return f"twice on {places[0]}" if a.figure[1] else f"twice in {places[0]}"
    word = "on" if a.figure[1] and b.figure[1] else "in"
    return f"{word} {places[0]} and {word} {places[1]}"


def _channels(a: Panel, b: Panel, echo: Echo, motion: Motion, lit: Lit) -> list[str]:
    """Look for two colour channels of one field, or a channel and the merge."""
    apart = np.abs(echo.polygon_a.mean(axis=0) - echo.polygon_b.mean(axis=0)).max()
    if not motion.in_place or apart > _REGISTERED * max(a.shape):
        return []
    one, other = lit(a), lit(b)
    if not one or not other or one == other:
        return []
    if one < other or other < one:
        return ["a colour channel of one field and its merge"]
    return ["two colour channels of one field"]


def _lit(panel: Panel) -> frozenset[int]:
    return lit_channels(panel.rgb, panel.usable)


def lit_channels(rgb: ByteArray, usable: BoolArray) -> frozenset[int]:
    """Return which of red, green and blue carry the picture of a dark field; none if it is light.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    usable : ndarray of shape (h, w), bool
        Without the white arrows and letters, which are lit in every channel.
    """
    planes = rgb[usable]
    if len(planes) == 0:
        return frozenset()
    planes = planes[:: max(1, len(planes) // 20_000)]
    middle, high = np.percentile(planes, (50, 99), axis=0)
    rise = high - middle
    if middle.max() > _DARK or rise.max() < _LIT_TONES:
        return frozenset()
    return frozenset(int(c) for c in np.flatnonzero(rise >= _LIT_SHARE * rise.max()))


def _zoom(a: Panel, b: Panel, echo: Echo, motion: Motion) -> list[str]:
    """Look for a panel that magnifies a part of another one of the same document."""
    if a.figure[0] != b.figure[0] or motion.mirrored or abs(motion.rotation_deg) > 3:
        return []
    share_a, share_b = (
        polygon_area(polygon) / (panel.shape[0] * panel.shape[1])
        for panel, polygon in ((a, echo.polygon_a), (b, echo.polygon_b))
    )
    if motion.scale >= _ZOOM and share_b >= _MOST and share_a <= _PART:
        return ["B is an inset or zoom of a part of A"]
    if motion.scale <= 1 / _ZOOM and share_a >= _MOST and share_b <= _PART:
        return ["A is an inset or zoom of a part of B"]
    return []
