"""Which pairs of very many panels deserve a look, without looking at every pair.

Panels are compared with those their descriptors vote for. Panels poor in keypoints, such as strips
of blots, have little to vote with, and are compared among each other as long as they are few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from figecho.config import Retrieve
from figecho.model import FloatArray
from figecho.retrieve.sketch import Sketch
from figecho.retrieve.votes import Shelved
from figecho.retrieve.words import vocabulary, words_for

#: Panels whose votes are counted at a time: so few that several processes share the work, and no
#: more than fit the memory.
_PARTS, _AT_LEAST, _AT_MOST = 8, 16, 128

Part = tuple[int, int]
#: Returns the partners of the panels of each part, in order, whoever finds them.
Finder = Callable[[Shelved, Sequence[Part], Retrieve], Iterable[list[list[int]]]]


def partners_of(shelved: Shelved, part: Part, settings: Retrieve) -> list[list[int]]:
    """Return for each panel of a part of those shelved the others that it votes for."""
    return strongest(shelved.votes_among(*part), settings.partners, above=settings.min_votes)


def one_by_one(
    shelved: Shelved, parts: Sequence[Part], settings: Retrieve
) -> Iterator[list[list[int]]]:
    """Find the partners of all parts here."""
    return (partners_of(shelved, part, settings) for part in parts)


def likely_partners(
    sketches: Sequence[Sketch], settings: Retrieve, find: Finder = one_by_one
) -> set[tuple[int, int]]:
    """Return pairs ``i < j`` of panels that may share a region.

    Parameters
    ----------
    sketches : sequence of Sketch
        In an order that rests on content, for the words are drawn from them in that order.
    settings : Retrieve
    find : callable
        The result does not depend on it.

    Returns
    -------
    set of (int, int)
    """
    pairs = {
        (min(i, j), max(i, j))
        for i, j in zip(*_poor_pairs(sketches, settings), strict=True)
        if i != j
    }
    if not any(len(s) for s in sketches):
        return pairs
    shelved, count = Shelved.of(sketches, _words(sketches)), len(sketches)
    del sketches
    size = min(max(-(-count // _PARTS), _AT_LEAST), _AT_MOST)
    parts = [(k, min(k + size, count)) for k in range(0, count, size)]
    for (low, _), likely in zip(parts, find(shelved, parts, settings), strict=True):
        for i, chosen in enumerate(likely, start=low):
            pairs.update((min(i, j), max(i, j)) for j in chosen)
    return pairs


def _words(sketches: Sequence[Sketch]) -> FloatArray:
    together = np.concatenate([s.descriptors for s in sketches])
    return vocabulary(together, words_for(len(together)))


def strongest(votes: FloatArray, most: int, *, above: float = 0.0) -> list[list[int]]:
    """Return, for each row of votes, at most so many columns with the most votes above a bar."""
    order = np.argsort(-votes, axis=1, kind="stable")[:, :most]
    return [[int(j) for j in row if votes[i, j] > above] for i, row in enumerate(order)]


def _poor_pairs(sketches: Sequence[Sketch], settings: Retrieve) -> tuple[list[int], list[int]]:
    """Return the pairs of panels poor in keypoints, if they are few enough to compare them all."""
    poor = [k for k, s in enumerate(sketches) if s.poor]
    if len(poor) > settings.max_poor_panels:
        return [], []
    return [i for i in poor for _ in poor], [j for _ in poor for j in poor]
