"""The motions of reuse: crop, shift, rotation, mirror, scale, stretch, and mixtures of them.

Each takes ``(rng, height, width, narrow)``; ``narrow`` marks strips and gels, which authors slide
along, mirror and turn by a half, but never by an odd angle.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synth.geometry import Motion, turned
from synth.kinds import Rng, between

MotionMaker = Callable[[Rng, int, int, bool], Motion]


def duplicate(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Show the whole panel again, up to 6 % larger or smaller."""
    scale = between(rng, 0.94, 1.06)
    return Motion(
        linear=turned(0, scale),
        at=(0, 0),
        height=int(height * scale),
        width=int(width * scale),
        words="duplicate",
    )


def same(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Show the whole panel again, pixel on pixel."""
    return Motion(linear=np.eye(2), at=(0, 0), height=height, width=width, words="")


def crop(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Show 25 to 60 % of the panel, at its size or enlarged."""
    area = between(rng, 0.4, 0.7) if narrow else between(rng, 0.25, 0.6)
    tall = between(rng, 0.82, 1.0) if narrow else between(rng, area**0.5 * 0.85, area**0.5 * 1.15)
    rows, cols = tall * height, area / tall * width
    at_x = between(rng, -0.5, 0.5) * (width - cols - 2)
    at_y = between(rng, -0.5, 0.5) * (height - rows - 2)
    zoom = 1.0 if rng.random() < 0.5 else between(rng, 1.1, 1.5)
    return Motion(
        linear=turned(0, zoom),
        at=(at_x, at_y),
        height=int(rows * zoom),
        width=int(cols * zoom),
        words=f"crop to {100 * area:.0f} % of the panel",
    )


def shift(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Show another window of the same scene that shares 20 to 70 % with the first."""
    share = between(rng, 0.45, 0.75) if narrow else between(rng, 0.25, 0.7)
    across = share if narrow else share ** between(rng, 0.25, 0.75)
    dx = float(rng.choice([-1, 1])) * (1 - across) * width
    dy = 0.0 if narrow else float(rng.choice([-1, 1])) * (1 - share / across) * height
    return Motion(
        linear=np.eye(2),
        at=(float(round(dx)), float(round(dy))),
        height=height,
        width=width,
        words=f"shift, {100 * share:.0f} % shared",
    )


def rotate(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Turn by any angle; strips by up to 4 degrees."""
    angle = between(rng, 1.5, 4) if narrow else between(rng, 8, 82) + 90 * int(rng.integers(4))
    if narrow and rng.random() < 0.5:
        angle = -angle
    return Motion(
        linear=turned(angle),
        at=(0, 0),
        height=height,
        width=width,
        words=f"rotation {angle:.0f}°" if not narrow else f"rotation {angle:.1f}°",
    )


def quarter(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Turn by 90, 180 or 270 degrees; strips by 180."""
    angle = 180 if narrow else int(rng.choice([90, 180, 270]))
    rows, cols = (height, width) if angle == 180 else (width, height)
    return Motion(
        linear=np.rint(turned(angle)),
        at=(0, 0),
        height=rows,
        width=cols,
        words=f"rotation {angle}°",
    )


def mirror(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Mirror left to right or top to bottom."""
    sideways = narrow or bool(rng.random() < 0.5)
    linear = np.diag([-1.0, 1.0] if sideways else [1.0, -1.0])
    words = "mirrored left to right" if sideways else "mirrored top to bottom"
    return Motion(linear=linear, at=(0, 0), height=height, width=width, words=words)


def scale(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Zoom in by up to 2 (and crop), or show the whole at down to half the size."""
    if rng.random() < 0.65:
        factor = between(rng, 1.25, 1.5 if narrow else 2.0)
        words = f"zoom {factor:.2f}x"
        rows, cols = (int(height * factor), width) if narrow else (height, width)
        room = 0.35 * (1 - 1 / factor)
        at = (
            between(rng, -room, room) * width,
            0 if narrow else between(rng, -room, room) * height,
        )
        return Motion(linear=turned(0, factor), at=at, height=rows, width=cols, words=words)
    factor = between(rng, 0.65 if narrow else 0.5, 0.8)
    return Motion(
        linear=turned(0, factor),
        at=(0, 0),
        height=int(height * factor),
        width=int(width * factor),
        words=f"reduced to {factor:.2f}x",
    )


def stretch(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Stretch one axis and squeeze the other, by 8 to 20 %."""
    wide, tall = 1 + between(rng, 0.08, 0.2), 1 - between(rng, 0.0, 0.15)
    if rng.random() < 0.5:
        wide, tall = tall, wide
    return Motion(
        linear=np.diag([wide, tall]),
        at=(0, 0),
        height=int(height * tall),
        width=int(width * wide),
        words=f"stretched {wide:.2f} x {tall:.2f}",
    )


def rescan(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Lie slightly askew at another resolution, as after printing and scanning."""
    angle, factor = rng.normal(0, 0.9), between(rng, 0.85, 1.2)
    return Motion(
        linear=turned(angle, factor),
        at=(0, 0),
        height=int(height * factor),
        width=int(width * factor),
        words=f"rescan at {factor:.2f}x, {angle:.1f}° askew",
    )


def combined(rng: Rng, height: int, width: int, narrow: bool) -> Motion:
    """Mix an orientation, a shift and a scale."""
    mirrored = bool(rng.random() < 0.5)
    if narrow:
        angle = float(rng.choice([0, 180])) if mirrored else 180.0
        angle += rng.normal(0, 0.7)
        factor, part = between(rng, 0.85, 1.25), between(rng, 0.55, 0.85)
        at_x, at_y = between(rng, -0.4, 0.4) * (1 - part) * width, 0.0
        rows, cols = int(height * factor), int(part * width * factor)
    else:
        angle = between(rng, 0, 360) if rng.random() < 0.5 else float(90 * rng.integers(4))
        factor, part = between(rng, 0.75, 1.5), between(rng, 0.6, 0.9)
        at_x, at_y = rng.normal(0, 0.12) * width, rng.normal(0, 0.12) * height
        rows, cols = int(height * part), int(width * part)
    words = f"{'mirrored, ' if mirrored else ''}rotation {angle:.0f}°, scale {factor:.2f}"
    return Motion(
        linear=turned(angle, factor, mirrored=mirrored),
        at=(at_x, at_y),
        height=rows,
        width=cols,
        words=words,
    )
