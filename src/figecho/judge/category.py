"""The category of Bik, Casadevall and Fang (mBio 2016), by a written rule.

III (alteration): both regions lie in one panel, or within their overlap the panels differ, in one
piece of more than :data:`ALTERED` of it, drawings of :data:`ALTERED_DRAWN`. Lanes moved into
another blot are no alteration but II.
I (simple duplication): nearly all of both panels is shared, upright and not mirrored, at whatever
size and tone, stretched by :data:`STRETCHED` at most; but of gels not where lanes moved.
II (repositioning): everything else: shifted, cropped, overlapping, rotated, mirrored, stretched.
"""

from __future__ import annotations

from figecho.model import Category
from figecho.verify.motion import Motion

#: Of planted copies that were changed by a tone or a motion alone so much differs in one piece: of
#: photographs 0.1 at most but in two of 627, of dot plots 0.015, where no camera adds anything.
ALTERED, ALTERED_DRAWN = 0.1, 0.025
WHOLE = 0.85
UPRIGHT_DEG = 2.0
#: Of the published examples those of category I are stretched by up to 9 %, those of II from 19 %.
STRETCHED = 7 / 6


def category_of(
    motion: Motion,
    *,
    inside: bool,
    differing: float,
    overlap_a: float,
    overlap_b: float,
    lanes: bool = False,
    drawn: bool = False,
) -> Category:
    """Return the category of a finding.

    Parameters
    ----------
    motion : Motion
    inside : bool
        Both regions lie in one panel.
    differing : float, 0..1
        Share of the overlap that differs, in one piece.
    overlap_a, overlap_b : float, 0..1
        Share of each panel covered by the other.
    lanes : bool
        The regions are lanes that stand elsewhere in the other gel.
    drawn : bool
        Both panels are drawn, as plots are.
    """
    altered = differing > (ALTERED_DRAWN if drawn else ALTERED)
    if inside or (altered and not lanes):
        return "III"
    upright = abs(motion.rotation_deg) <= UPRIGHT_DEG and not motion.mirrored
    whole = min(overlap_a, overlap_b) >= WHOLE and motion.stretch <= STRETCHED
    return "I" if upright and whole and not lanes else "II"
