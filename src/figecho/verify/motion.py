"""A transform taken apart into what a person can check by eye, and put into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from figecho.model import Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Mirror left to right first, then rotate (clockwise as seen), then scale and stretch.

    Attributes
    ----------
    rotation_deg : float, -180 < r <= 180
    scale : float
        Geometric mean of the two scales.
    stretch : float, >= 1
        Larger scale over the smaller one.
    mirrored : bool
    """

    rotation_deg: float
    scale: float
    stretch: float
    mirrored: bool

    @property
    def in_place(self) -> bool:
        """Whether orientation and size stay: a copy that is at most shifted or cropped."""
        upright = abs(self.rotation_deg) < 3.0 and not self.mirrored
        return upright and abs(float(np.log(self.scale))) < 0.1


def motion_of(b_from_a: Matrix, x: float, y: float) -> Motion:
    """Decompose the transform at the point (x, y) of A.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    x, y : float
        Where a homography is linearised.

    Returns
    -------
    Motion
    """
    px, py, depth = b_from_a @ np.array([x, y, 1.0])
    linear = (b_from_a[:2, :2] - np.outer([px / depth, py / depth], b_from_a[2, :2])) / depth
    mirrored = bool(np.linalg.det(linear) < 0)
    if mirrored:
        linear = linear @ np.diag([-1.0, 1.0])
    u, sizes, vt = np.linalg.svd(linear)
    turn = u @ vt
    angle = float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
    return Motion(
        rotation_deg=180.0 if angle <= -179.95 else angle,
        scale=float(np.sqrt(sizes[0] * sizes[1])),
        stretch=float(sizes[0] / max(sizes[1], 1e-9)),
        mirrored=mirrored,
    )


def in_words(motion: Motion, *, inverted: bool, shared: float | None, inside: bool) -> str:
    """Say what turns region A into region B, and how much of the panel is shared.

    Parameters
    ----------
    motion : Motion
    inverted : bool
    shared : float, 0..1, or None
        Share of the smaller panel inside the region; None leaves it out.
    inside : bool
        Whether both regions lie in one panel.
    """
    angle, parts = motion.rotation_deg, []
    if motion.mirrored and abs(abs(angle) - 180.0) < 2.0:
        parts.append("mirrored top to bottom")
        angle = 0.0
    elif motion.mirrored:
        parts.append("mirrored left to right")
    if abs(angle) >= 1.0:
        parts.append(f"rotated {angle:.0f}°")
    if abs(motion.scale - 1.0) >= 0.03:
        parts.append(f"scaled {motion.scale:.2f}x")
    if motion.stretch >= 1.04:
        parts.append(f"stretched {100.0 * (motion.stretch - 1.0):.0f} %")
    if inverted:
        parts.append("tones inverted")
    how = ", ".join(parts) if parts else ("moved" if inside else "same orientation and size")
    if shared is None:
        return how
    where = "of the panel twice" if inside else "of the panel shared"
    return f"{how}, {max(1, round(100.0 * shared))} % {where}"
