"""Scores of pairs by imagededup: for a terminal, as data, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from figecho.dedup.ranking import Ranking
from figecho.dedup.score import Scores
from figecho.model import Input, Screened
from figecho.report.csv_rows import table as csv_table
from figecho.report.names import clean, place, shorten
from figecho.report.terminal import Words, plural
from figecho.report.to_json import dump, rounded
from figecho.tiles import Tile

_PLACE = ("source", "page", "figure", "part", "x", "y", "w", "h")
COLUMNS = ("relation", "score", *(f"{name}_{side}" for side in "ab" for name in _PLACE))
FOOTNOTE = (
    "A score says how alike two pictures look as a whole, to a network trained on photographs or "
    "to a hash. Unlike experiments can score high, and a shared part of two pictures low: it is a "
    "reason to look, not evidence. figecho scan compares pixels; a person must judge."
)
_RELATIONS = {"across": "Pairs across figures", "within": "Pairs within one figure"}


@dataclass(frozen=True, slots=True)
class ScoresView:
    """A rich renderable of scores, with at most ``top`` pairs a table."""

    scores: Scores
    top: int = 25

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the summary, the close pairs, and what was left out."""
        words = Words(options.max_width, options.encoding)
        scores = self.scores
        for line in summary(scores):
            yield words.text(line, "bold")
        for relation, ranking in (("across", scores.across), ("within", scores.within)):
            yield from _pairs(scores, relation, ranking, self.top, words)
        if scores.screened:
            counts = Counter(s.reason for s in scores.screened)
            named = ", ".join(f"{reason} {count:,}" for reason, count in sorted(counts.items()))
            yield Text()
            yield words.text(f"Screened (nothing in them to compare): {named}")
        if scores.not_scanned:
            yield Text()
            yield words.text("Not scanned", "bold #d55e00")
            for item in scores.not_scanned:
                yield words.text(f"  {item.source}: {item.reason}")
        if len(scores.across) + len(scores.within):
            yield Text()
            yield words.text(FOOTNOTE, "dim")


def summary(scores: Scores) -> tuple[str, str]:
    """Return the two lines a reader needs first: what was compared, and how many pairs are close.

    The second names the measure and its cut-off.
    """
    count, how = len(scores.tiles), scores.how
    figures = plural(sum(i.figures for i in scores.inputs), "figure")
    what = f"{plural(count, unit(scores))} of {figures}"
    if unit(scores) == "figure":
        what = f"{count:,} of {figures}" if scores.screened else figures
    if how.grid is not None:
        what += f" ({how.grid})"
    parts = [what, f"{plural(count * (count - 1) // 2, 'pair')} compared"]
    if scores.screened:
        parts.append(f"{len(scores.screened):,} screened")
    bound = f"at {how.limit:g} or more" if how.method == "cnn" else f"within {how.limit:g} bits"
    name = scores.tool.get("cnn", how.method)
    across = f"{plural(len(scores.across), 'pair')} across figures"
    return " · ".join(parts), f"{name}: {across}, {len(scores.within):,} inside one, {bound}"


def unit(scores: Scores) -> str:
    """Return what was compared, in one word."""
    if scores.how.grid is not None:
        return "tile"
    return "panel" if scores.how.panels else "figure"


def scores_json(scores: Scores) -> str:
    """Return the scores as JSON text; no clock time and no absolute path."""
    how = scores.how
    return dump(
        {
            "schema_version": "score-1.0",
            "tool": dict(sorted(scores.tool.items())),
            "method": how.method,
            "measure": _measure(how.method),
            "cutoff": rounded(how.limit, 6),
            "unit": unit(scores),
            "grid": None if how.grid is None else str(how.grid),
            "panels": how.panels,
            "screen": how.screen,
            "complete": scores.complete,
            "inputs": [
                {"source": i.source, "sha256": i.sha256, "figures": i.figures, "parts": i.panels}
                for i in scores.inputs
            ],
            "not_scanned": [{"source": n.source, "reason": n.reason} for n in scores.not_scanned],
            "screened": [{**_place(s), "reason": s.reason} for s in scores.screened],
            "compared": len(scores.tiles),
            "pairs_compared": len(scores.tiles) * (len(scores.tiles) - 1) // 2,
            "across": list(_dicts(scores, scores.across)),
            "within": list(_dicts(scores, scores.within)),
        }
    )


def scores_csv(scores: Scores) -> str:
    """Return one row a pair, best first, those across figures before those within one."""
    rows = (
        {"relation": relation, "score": pair["score"], **_flat(pair["a"], "a")}
        | _flat(pair["b"], "b")
        for relation, ranking in (("across", scores.across), ("within", scores.within))
        for pair in _dicts(scores, ranking)
    )
    return csv_table(COLUMNS, rows)


def _measure(method: str) -> str:
    return "cosine similarity, -1..1" if method == "cnn" else "differing bits of 64"


def _pairs(
    scores: Scores, relation: str, ranking: Ranking, top: int, words: Words
) -> Iterator[RenderableType]:
    if len(ranking) == 0:
        return
    yield Text()
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), title=None)
    grid.add_column("Score", justify="right", no_wrap=True, min_width=6)
    grid.add_column("A", no_wrap=True)
    grid.add_column("B", no_wrap=True)
    inputs = {i.source: replace(i, panels=0) for i in scores.inputs}
    room = max((words.width - 11) // 2, 12)
    for pair in _first(scores, ranking, top):
        names = [_named(scores, tile, inputs, room, words) for tile in pair[1:]]
        value = f"{pair[0]:.4f}" if scores.how.method == "cnn" else f"{pair[0]:.0f}"
        grid.add_row(value, *(words.text(name) for name in names))
    yield words.text(_RELATIONS[relation], "bold")
    yield grid
    if len(ranking) > top:
        yield words.text(f"and {len(ranking) - top:,} more (--top N shows, --csv and --json hold)")


def _first(scores: Scores, ranking: Ranking, top: int) -> Iterator[tuple[float, Tile, Tile]]:
    values = zip(ranking.value[:top], ranking.first[:top], ranking.second[:top], strict=True)
    for value, i, j in values:
        yield float(value), scores.tiles[i], scores.tiles[j]


@dataclass(frozen=True, slots=True)
class _Spot:
    """The figure of a tile, which is named without its part."""

    source: str
    page: int | None
    figure: int
    panel: int = 1


def _named(scores: Scores, tile: Tile, inputs: dict[str, Input], room: int, words: Words) -> str:
    source, inside = place(_Spot(tile.source, tile.page, tile.figure), inputs)
    parts = [inside] if inside else []
    if unit(scores) != "figure":
        parts.append(f"{unit(scores)} {tile.part}")
    tail = "".join(f", {part}" for part in parts)
    ellipsis = clean("…", words.encoding)
    head = shorten(clean(source, words.encoding), max(room - len(tail), 8), ellipsis)
    return shorten(head + tail, room, ellipsis)


def _dicts(scores: Scores, ranking: Ranking) -> Iterator[dict[str, Any]]:
    decimals = 4 if scores.how.method == "cnn" else 0
    for value, a, b in _first(scores, ranking, len(ranking)):
        score = rounded(value, decimals) if decimals else int(value)
        yield {"score": score, "a": _place(a), "b": _place(b)}


def _place(where: Tile | Screened) -> dict[str, Any]:
    return {
        "source": where.source,
        "page": where.page,
        "figure": where.figure,
        "part": where.part if isinstance(where, Tile) else where.panel,
        "bbox": where.bbox.as_list(),
    }


def _flat(where: dict[str, Any], side: str) -> dict[str, Any]:
    named = where | dict(zip("xywh", where["bbox"], strict=True))
    return {f"{name}_{side}": named[name] for name in _PLACE}
