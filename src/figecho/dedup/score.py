"""Score figures, panels or tiles against each other by imagededup: screened, each pair once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from figecho.config import Config, nearest
from figecho.dedup.encode import Picture, Progress, embed
from figecho.dedup.hashes import HASHERS, hashed
from figecho.dedup.models import load, wrap
from figecho.dedup.quiet import check_installed, versions
from figecho.dedup.ranking import Ranking, by_cosine, by_hamming
from figecho.dedup.settings import CnnSettings
from figecho.errors import ConfigError, SourceError
from figecho.model import Figure, Input, NotScanned, Screened
from figecho.panels.chop import Grid
from figecho.sources import collect
from figecho.threads import one_thread
from figecho.tiles import Tile, tiles_of
from figecho.versions import versions as own_versions

METHODS = ("cnn", *HASHERS)
#: The cut-off of the recipe this follows, and imagededup's own for its hashes.
CUTOFFS = {"cnn": 0.97} | dict.fromkeys(HASHERS, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How pictures are scored.

    Attributes
    ----------
    method : {"cnn", "phash", "dhash", "whash", "ahash"}
    cutoff : float or None
        Cosine similarity in -1..1 from which, or bits of 64 up to which, a pair is kept; None
        takes that of :data:`CUTOFFS`.
    cnn : CnnSettings or imagededup.utils.CustomModel
        The network of method ``cnn``.
    grid : Grid or None
        Parts to cut each figure into.
    panels : bool
        Cut each figure into its panels first.
    screen : bool
        Leave out what holds nothing to compare.
    """

    method: str = "cnn"
    cutoff: float | None = None
    cnn: CnnSettings | Any = field(default_factory=CnnSettings)
    grid: Grid | None = None
    panels: bool = False
    screen: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"unknown method '{self.method}': {nearest(self.method, METHODS)}")
        cutoff = self.limit
        if self.method == "cnn" and not -1 <= cutoff <= 1:
            raise ConfigError(f"a cutoff of cnn is a similarity in -1..1, got {cutoff:g}")
        if self.method != "cnn" and not (0 <= cutoff <= 64 and cutoff == int(cutoff)):
            raise ConfigError(f"a cutoff of {self.method} is a number of bits in 0..64: {cutoff:g}")

    @property
    def limit(self) -> float:
        """The cut-off that holds."""
        return CUTOFFS[self.method] if self.cutoff is None else self.cutoff


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What was scored, and how each close pair scored.

    Attributes
    ----------
    how : How
    tool : dict
        Versions, model and weights.
    inputs, not_scanned, screened : tuple
        As in a report; ``panel`` of what was screened is the number of the part.
    misused : tuple of str
        Named paths without pictures.
    tiles : tuple of Tile
        What was compared, in order.
    across, within : Ranking
        Pairs of tiles of different figures, and of one figure; indices into ``tiles``.
    notes : tuple of str
        What a user should know, one line each.
    """

    how: How
    tool: dict[str, str]
    inputs: tuple[Input, ...]
    not_scanned: tuple[NotScanned, ...]
    screened: tuple[Screened, ...]
    misused: tuple[str, ...]
    tiles: tuple[Tile, ...]
    across: Ranking
    within: Ranking
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """True where everything named was read."""
        return not self.not_scanned and not self.misused


def score(
    paths: Sequence[Path], config: Config, how: How, *, progress: Progress | None = None
) -> Scores:
    """Score every pair of pictures under ``paths``.

    Raises
    ------
    Unavailable
        imagededup or weights are missing.
    ConfigError
        The weights are damaged or of another network.
    SourceError
        Nothing could be read.
    """
    tell = progress or (lambda *_: None)
    check_installed()
    model = None
    if how.method == "cnn":
        model = load(how.cnn) if isinstance(how.cnn, CnnSettings) else wrap(how.cnn)
    collected = collect(paths, config.limits)
    if not collected.figures:
        reasons = [*collected.misused, *(f"{n.source}: {n.reason}" for n in collected.not_scanned)]
        raise SourceError("nothing could be read: " + "; ".join(reasons[:3]))
    tiles, screened = _tiles(collected.figures, config, how, tell)
    ranking, notes = _ranking(tiles, how, model, tell)
    figures = {key: k for k, key in enumerate(dict.fromkeys(t.of for t in tiles))}
    home = np.array([figures[t.of] for t in tiles], np.int64)
    inside = home[ranking.first] == home[ranking.second]
    return Scores(
        how=how,
        tool=own_versions() | (versions() if model is None else model.facts),
        inputs=tuple(_counted(collected.inputs, tiles, screened)),
        not_scanned=collected.not_scanned,
        screened=tuple(screened),
        misused=collected.misused,
        tiles=tuple(tiles),
        across=ranking.where(~inside),
        within=ranking.where(inside),
        notes=notes,
    )


def _tiles(
    figures: Sequence[Figure], config: Config, how: How, tell: Progress
) -> tuple[list[Tile], list[Screened]]:
    tiles: list[Tile] = []
    screened: list[Screened] = []
    # The arrays are small: threads inside the libraries would cost far more than they give.
    with one_thread():
        for done, figure in enumerate(figures, start=1):
            kept, aside = tiles_of(
                figure, config, grid=how.grid, panels=how.panels, screen=how.screen
            )
            tiles += kept
            screened += aside
            tell("cutting and screening", done, len(figures))
    return tiles, screened


def _ranking(
    pictures: Sequence[Picture], how: How, model: Any, tell: Progress
) -> tuple[Ranking, tuple[str, ...]]:
    if model is None:
        return by_hamming(hashed(pictures, how.method, tell), int(how.limit)), ()
    folder = how.cnn.cache if isinstance(how.cnn, CnnSettings) else None
    embedded = embed(pictures, model, folder, tell)
    return by_cosine(embedded.vectors, how.limit), embedded.notes


def _counted(
    inputs: Sequence[Input], tiles: Sequence[Tile], screened: Sequence[Screened]
) -> list[Input]:
    counts: dict[str, int] = {}
    for source in (*(t.source for t in tiles), *(s.source for s in screened)):
        counts[source] = counts.get(source, 0) + 1
    return [replace(i, panels=counts.get(i.source, 0)) for i in inputs]
