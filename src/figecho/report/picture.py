"""Evidence pictures: panels and a finding in, an RGB array out."""

from __future__ import annotations

from figecho.model import ByteArray, Finding, Matrix, Panel


def evidence_picture(
    finding: Finding, a: Panel, b: Panel, points: tuple[Matrix, Matrix] | None = None
) -> ByteArray:
    """Return the evidence of a finding as one picture."""
    raise NotImplementedError


def pair_picture(a: Panel, b: Panel) -> ByteArray:
    """Return two panels side by side."""
    raise NotImplementedError
