"""All pairs of panels that the scope allows."""

from __future__ import annotations

from collections.abc import Sequence

from figecho.model import Panel, Scope


def pairs_to_compare(
    panels: Sequence[Panel], drawn: Sequence[bool], scope: Scope
) -> list[tuple[int, int]]:
    """Return index pairs ``i <= j`` in a fixed order; ``(i, i)`` looks inside one panel.

    Drawn panels (plots, screenshots) are not compared with themselves: they repeat their own ticks,
    glyphs and symbols by design.

    Parameters
    ----------
    panels : sequence of Panel
        Their pixels are not looked at.
    drawn : sequence of bool
        Whether each is drawn rather than photographed.
    scope : {"within", "across", "both"}
        ``within``: panels of one figure, and each panel with itself; ``across``: panels of
        different figures; ``both``: all.
    """
    chosen = []
    for i, a in enumerate(panels):
        first = i + 1 if drawn[i] else i
        for j in range(first, len(panels)):
            same_figure = a.figure == panels[j].figure
            if scope == "both" or same_figure == (scope == "within"):
                chosen.append((i, j))
    return chosen


def by_content(panels: Sequence[Panel], pair: tuple[int, int]) -> tuple[int, int]:
    """Return a pair in an order that rests on its pixels alone, not on names or places."""
    i, j = pair
    return (j, i) if panels[j].pixels_sha256 < panels[i].pixels_sha256 else (i, j)
