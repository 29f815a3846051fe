"""Innocent explanations, printed where they fit; the reader decides."""

from __future__ import annotations

from figecho.model import Panel


def explanations(a: Panel, b: Panel) -> tuple[str, ...]:
    """Return the innocent explanations that fit two panels with a shared region."""
    found = []
    if a.key != b.key and a.sha256 == b.sha256 and a.figure[0] != b.figure[0]:
        found.append("the two files are identical byte for byte: perhaps one file saved twice")
    elif a.key != b.key and a.pixels_sha256 == b.pixels_sha256:
        found.append(
            "the two panels are identical pixel for pixel: perhaps one picture saved twice"
        )
    return tuple(found)
