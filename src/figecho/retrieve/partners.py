"""Which pairs of very many panels deserve a look, without looking at every pair.

Panels are compared with those their descriptors vote for. Panels poor in keypoints, such as strips
of blots, have little to vote with, and are compared among each other as long as they are few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figecho.config import Retrieve
from figecho.model import FloatArray
from figecho.retrieve.sketch import Sketch
from figecho.retrieve.votes import Shelved
from figecho.retrieve.words import homes, vocabulary, words_for

#: Panels whose votes are counted at a time.
_AT_ONCE = 128


def likely_partners(sketches: Sequence[Sketch], settings: Retrieve) -> set[tuple[int, int]]:
    """Return pairs ``i < j`` of panels that may share a region.

    Parameters
    ----------
    sketches : sequence of Sketch
        In an order that rests on content, for the words are drawn from them in that order.
    settings : Retrieve

    Returns
    -------
    set of (int, int)
    """
    pairs = {
        (min(i, j), max(i, j))
        for i, j in zip(*_poor_pairs(sketches, settings), strict=True)
        if i != j
    }
    descriptors = [s.descriptors for s in sketches if len(s)]
    if not descriptors:
        return pairs
    together = np.concatenate(descriptors)
    centres = vocabulary(together, words_for(len(together)))
    cells = homes(together, centres)
    shelved = Shelved.of(sketches, centres, cells)
    ends = np.cumsum([0, *(len(s) for s in sketches)])
    for low in range(0, len(sketches), _AT_ONCE):
        some = sketches[low : low + _AT_ONCE]
        own = cells[:, ends[low] : ends[low + len(some)]]
        votes = shelved.votes(some, own, first=low)
        likely = strongest(votes, settings.partners, above=settings.min_votes)
        for i, chosen in enumerate(likely, start=low):
            pairs.update((min(i, j), max(i, j)) for j in chosen)
    return pairs


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
