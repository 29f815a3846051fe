"""The name of a finding: what is shared and where, whatever the files are called.

A name holds a digest of the pixels of both panels, and where the two regions have their centres, in
255ths of their panels. Runs with other settings or library versions outline a region a little
differently; the places in the names tell that they still speak of one finding.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

End = tuple[str, float, float]
"""Digest of a panel's pixels, and the centre of the region as shares of its width and height."""

_STEPS = 255
_FORM = re.compile(r"([0-9a-f]{12})-([0-9a-f]{8})(-[0-9]+)?")


def fingerprint(a: End, b: End) -> str:
    """Return the name of a finding between two regions, the same in either order."""
    # Regions of one panel are told apart along a slope: copies mostly lie level or upright.
    ends = sorted((a, b), key=lambda end: (end[0], end[1] + 0.618 * end[2]))
    what = hashlib.sha256("|".join(digest for digest, _, _ in ends).encode()).hexdigest()
    where = "".join(
        f"{round(min(max(share, 0.0), 1.0) * _STEPS):02x}"
        for _, *centre in ends
        for share in centre
    )
    return f"{what[:12]}-{where}"


def unlike(names: Sequence[str]) -> list[str]:
    """Return names of which none occurs twice: pictures saved twice give equal findings."""
    seen: dict[str, int] = {}
    numbered = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return numbered


def panels_of(name: str) -> str:
    """Return the part of a name that stands for the pixels of both panels."""
    return name.split("-", 1)[0]


def apart(one: str, other: str) -> float:
    """Return how far two named findings lie apart, as a share of the panel.

    0 for the same name, infinite where the panels are others or a name is of another form.
    """
    if one == other:
        return 0.0
    first, second = _FORM.fullmatch(one), _FORM.fullmatch(other)
    if first is None or second is None or first[1] != second[1] or first[3] != second[3]:
        return float("inf")
    places = zip(bytes.fromhex(first[2]), bytes.fromhex(second[2]), strict=True)
    return max(abs(p - q) for p, q in places) / _STEPS
