"""The category of Bik, Casadevall and Fang (mBio 2016), by a written rule.

III (alteration): both regions lie in one panel, or the panels overlap over a wider area than the
one in which they agree: less than :data:`UNALTERED` of the overlap does.
I (simple duplication): nearly all of both panels is shared, upright and not mirrored, at whatever
size and tone.
II (repositioning): everything else: shifted, cropped, overlapping, rotated, mirrored.
"""

from __future__ import annotations

from figecho.model import Category
from figecho.verify.motion import Motion

UNALTERED = 0.5
WHOLE = 0.85
UPRIGHT_DEG = 3.0


def category_of(
    motion: Motion, *, inside: bool, agreeing: float, overlap_a: float, overlap_b: float
) -> Category:
    """Return the category of a finding.

    Parameters
    ----------
    motion : Motion
    inside : bool
        Both regions lie in one panel.
    agreeing : float, 0..1
        Share of the overlap that agrees.
    overlap_a, overlap_b : float, 0..1
        Share of each panel covered by the other.
    """
    if inside or agreeing < UNALTERED:
        return "III"
    upright = abs(motion.rotation_deg) <= UPRIGHT_DEG and not motion.mirrored
    if upright and min(overlap_a, overlap_b) >= WHOLE:
        return "I"
    return "II"
