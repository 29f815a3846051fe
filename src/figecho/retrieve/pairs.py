"""The pairs of panels that the scope allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from figecho.model import Panel, Scope


def pairs_to_compare(
    panels: Sequence[Panel],
    drawn: Sequence[bool],
    scope: Scope,
    likely: Collection[tuple[int, int]] | None = None,
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
    likely : collection of (int, int), optional
        Of the pairs of two figures, only these; all by default.
    """
    chosen: list[tuple[int, int]] = []
    if scope != "across":
        for members in _figures(panels).values():
            for k, i in enumerate(members):
                chosen += [(i, j) for j in members[k:] if i != j or not drawn[i]]
    if scope != "within":
        across = combinations(range(len(panels)), 2) if likely is None else likely
        chosen += [(i, j) for i, j in across if panels[i].figure != panels[j].figure]
    return sorted(chosen)


def count_pairs(panels: Sequence[Panel], drawn: Sequence[bool] | None, scope: Scope) -> int:
    """Return how many pairs the scope allows, without making them.

    Those of a panel with itself are among them for panels that are not ``drawn``, and for none
    where that is not given.
    """
    sizes = [len(members) for members in _figures(panels).values()]
    inside = sum(n * (n - 1) // 2 for n in sizes)
    within = inside + sum(not d for d in drawn or ())
    across = len(panels) * (len(panels) - 1) // 2 - inside
    return {"within": within, "across": across, "both": within + across}[scope]


def _figures(panels: Sequence[Panel]) -> dict[tuple[str, int, int], list[int]]:
    members: dict[tuple[str, int, int], list[int]] = {}
    for k, panel in enumerate(panels):
        members.setdefault(panel.figure, []).append(k)
    return members


def by_content(panels: Sequence[Panel], pair: tuple[int, int]) -> tuple[int, int]:
    """Return a pair in an order that rests on its pixels alone, not on names or places."""
    i, j = pair
    return (j, i) if panels[j].pixels_sha256 < panels[i].pixels_sha256 else (i, j)
