"""One embedded file that a document shows again and again is a template, not many findings.

The rule: a file that stands, with the same pixels, in at least :data:`MIN_DRAWN` places where it is
drawn (a logo, a legend), or in more than :data:`MANY` whatever it is (a header), becomes one line.
It is compared once, with all else; in fewer places each pair of it stays a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from figecho.judge.templates import MIN_FIGURES
from figecho.model import Place, Template

MIN_DRAWN = MIN_FIGURES
MANY = 10
FigureKey = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One place where an embedded file is shown.

    Attributes
    ----------
    place : Place
        The whole figure.
    content : str
        Digest of the embedded file and of the pixels shown of it.
    drawn : bool
        Whether nothing in it was photographed.
    """

    place: Place
    content: str
    drawn: bool

    @property
    def key(self) -> FigureKey:
        """Key of the figure."""
        return (self.place.source, self.place.page or 0, self.place.figure)


def repeats(seen: Sequence[Seen]) -> tuple[frozenset[FigureKey], list[Template]]:
    """Find the files that are shown again and again.

    Parameters
    ----------
    seen : sequence of Seen

    Returns
    -------
    aside : frozenset of (str, int, int)
        Keys of the figures not to compare: all but the first of each such file.
    templates : list of Template
        One for each such file, numbered from T1.
    """
    groups: dict[str, list[Seen]] = {}
    for item in seen:
        groups.setdefault(item.content, []).append(item)
    templates: list[Template] = []
    aside: set[FigureKey] = set()
    for group in groups.values():
        if len(group) < MIN_DRAWN or (len(group) <= MANY and not group[0].drawn):
            continue
        aside.update(item.key for item in group[1:])
        size = group[0].place.bbox
        templates.append(
            Template(
                id=f"T{len(templates) + 1}",
                panels=tuple(item.place for item in group),
                words=f"the same embedded file of {size.w} x {size.h} px in {len(group)} places",
            )
        )
    return frozenset(aside), templates
