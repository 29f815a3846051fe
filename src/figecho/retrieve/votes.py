"""Which panels look alike somewhere: descriptors vote for panels, with pose as a weak witness.

Each descriptor, in each form, votes for the few panels with the nearest descriptors in its cells.
Votes of two panels that agree on how much larger and how far turned the copy is count together (a
weak geometric check: Jegou, Douze and Schmid, ECCV 2008); the others are scattered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.forms import ALL_FORMS
from figecho.model import FloatArray
from figecho.retrieve.sketch import STEPS, Sketch
from figecho.retrieve.words import homes

#: Cosine from which a descriptor may vote, and panels it votes for at most, in each cell.
MIN_COSINE = 0.90
_BAR = int(MIN_COSINE * STEPS * STEPS)
_VOTES = 3
_SIZE_STEP_LOG2 = 0.7
_SIZES = 9
_TURN_STEP_DEG = 30.0
_TURNS = 12

_MIRRORED = np.array([form.mirrored for form in ALL_FORMS])
_HALF_TURN_DEG = np.array([180.0 if form.inverted else 0.0 for form in ALL_FORMS], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shelved:
    """The descriptors of panels, sorted by word.

    Attributes
    ----------
    panels : int
    centres : ndarray of shape (words, 128), float32
    first : ndarray of shape (words + 1,), int64
        Where the descriptors of each word begin.
    beside : ndarray of shape (n,), int32
        The word next to that of each: those two cells are visited.
    descriptors, owner, log2_size, angle_deg : ndarray of n rows
        As in :class:`~figecho.retrieve.sketch.Sketch`, and the panel of each; they may lie in a
        file.
    """

    panels: int
    centres: FloatArray
    first: NDArray[np.int64]
    beside: NDArray[np.int32]
    descriptors: NDArray[np.int8]
    owner: NDArray[np.int32]
    log2_size: FloatArray
    angle_deg: FloatArray

    @classmethod
    def of(cls, sketches: Sequence[Sketch], centres: FloatArray) -> Shelved:
        """Sort the descriptors of sketches by the words of a vocabulary."""
        descriptors, size, angle, owner = _joined(sketches)
        home, beside = homes(descriptors, centres)
        order = np.argsort(home, kind="stable")
        return cls(
            panels=len(sketches),
            centres=centres,
            first=np.searchsorted(home[order], np.arange(len(centres) + 1)),
            beside=beside[order],
            descriptors=descriptors[order],
            owner=owner[order],
            log2_size=size[order],
            angle_deg=angle[order],
        )

    def votes(self, sketches: Sequence[Sketch]) -> FloatArray:
        """Return how strongly panels resemble those that are shelved.

        Parameters
        ----------
        sketches : sequence of Sketch

        Returns
        -------
        ndarray of shape (len(sketches), panels), float32
            Sum of the votes that agree on one pose.
        """
        descriptors, size, angle, owner = _joined(sketches)
        cells = homes(descriptors, self.centres)
        return self._count(len(sketches), descriptors, size, angle, owner, cells, None)

    def votes_among(self, low: int, high: int) -> FloatArray:
        """Return how strongly the shelved panels from ``low`` up to ``high`` resemble the others.

        As :meth:`votes`; none votes for itself.
        """
        rows = np.flatnonzero((self.owner >= low) & (self.owner < high))
        home = np.searchsorted(self.first, rows, side="right") - 1
        cells = np.stack([home.astype(np.int32), self.beside[rows]])
        owner = self.owner[rows]
        return self._count(
            high - low, self.descriptors[rows], self.log2_size[rows], self.angle_deg[rows],
            owner - np.int32(low), cells, owner,
        )  # fmt: skip

    def _count(
        self, count: int, descriptors: NDArray[np.int8], size: FloatArray, angle: FloatArray,
        owner: NDArray[np.int32], cells: NDArray[np.int32], own: NDArray[np.int32] | None,
    ) -> FloatArray:  # fmt: skip
        """Count the votes of descriptors for all panels but their ``own``."""
        totals = np.zeros((count, self.panels), np.float32)
        if not len(descriptors) or not len(self.descriptors):
            return totals
        if own is None:
            own = np.full(len(owner), -1, np.int32)
        product, theirs = self._nearest(descriptors, cells.ravel(), own)
        visit, form, k = np.nonzero(theirs >= 0)
        row = visit % len(owner)
        found = theirs[visit, form, k]
        larger = self.log2_size[found] - size[row]
        pose = _pose(form, larger, self.angle_deg[found], angle[row])
        pair = owner[row].astype(np.int64) * self.panels + self.owner[found]
        keys = (pair * len(ALL_FORMS) + form) * (_SIZES * _TURNS) + pose
        # Whole numbers add up to the same in any order.
        order = np.argsort(keys)
        keys, weight = keys[order], (product[visit, form, k] - _BAR)[order]
        begins = np.flatnonzero(np.diff(keys, prepend=-1))
        if len(begins):
            total = np.add.reduceat(weight, begins, dtype=np.int64) / (STEPS * STEPS - _BAR)
            pairs = keys[begins] // (len(ALL_FORMS) * _SIZES * _TURNS)
            np.maximum.at(totals.ravel(), pairs, total.astype(np.float32))
        return totals

    def _nearest(
        self, descriptors: NDArray[np.int8], cells: NDArray[np.int32], own: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the products and rows of what each visit of a cell votes for; -1 for nothing.

        Every probe of every descriptor is one visit, in that order; it votes in each form.
        """
        order = np.argsort(cells, kind="stable")
        edges = np.searchsorted(cells[order], np.arange(len(self.centres) + 1))
        shape = (len(cells), len(ALL_FORMS), _VOTES)
        best = np.full(shape, _BAR, np.int32)
        where = np.full(shape, -1, np.int64)
        _nearest_panels(
            descriptors, own, order, edges, np.asarray(self.descriptors), np.asarray(self.owner),
            np.asarray(self.first), best, where,
        )  # fmt: skip
        return best, where


def _joined(
    sketches: Sequence[Sketch],
) -> tuple[NDArray[np.int8], FloatArray, FloatArray, NDArray[np.int32]]:
    counts = [len(s) for s in sketches]
    owner = np.repeat(np.arange(len(sketches), dtype=np.int32), counts)
    if not sum(counts):
        none = np.zeros(0, np.float32)
        return np.zeros((0, 128), np.int8), none, none, owner
    return (
        np.concatenate([s.descriptors for s in sketches]),
        np.concatenate([s.log2_size for s in sketches]),
        np.concatenate([s.angle_deg for s in sketches]),
        owner,
    )


def _pose(
    form: NDArray[np.intp], larger: FloatArray, there: FloatArray, here: FloatArray
) -> NDArray[np.int64]:
    """Return the cell of size and turn under which a vote counts."""
    turn = np.where(_MIRRORED[form], there + here, there - here)
    turns = np.floor(((turn + _HALF_TURN_DEG[form]) % 360.0) / _TURN_STEP_DEG).astype(np.int64)
    sizes = np.floor(larger / _SIZE_STEP_LOG2 + 0.5).astype(np.int64) + _SIZES // 2
    pose: NDArray[np.int64] = np.clip(sizes, 0, _SIZES - 1) * _TURNS + turns % _TURNS
    return pose


@nb.njit(cache=True)
def _nearest_panels(
    queries: NDArray[np.int8], own: NDArray[np.int32], order: NDArray[np.int64],
    edges: NDArray[np.int64], held: NDArray[np.int8], owner: NDArray[np.int32],
    first: NDArray[np.int64], best: NDArray[np.int32], where: NDArray[np.int64],
) -> None:  # fmt: skip
    """Note for each visit of a word the held descriptors nearest to it, one of each panel."""
    last = best.shape[2] - 1
    bar = best[0, 0, last]
    for word in range(len(first) - 1):
        for at in range(edges[word], edges[word + 1]):
            visit = order[at]
            query = queries[visit % len(own)]
            me = own[visit % len(own)]
            for c in range(first[word], first[word + 1]):
                p0 = p1 = p2 = p3 = np.int32(0)
                for d in range(32):
                    p0 = np.int32(p0 + np.int32(query[d]) * np.int32(held[c, d]))
                    p1 = np.int32(p1 + np.int32(query[d + 32]) * np.int32(held[c, d + 32]))
                    p2 = np.int32(p2 + np.int32(query[d + 64]) * np.int32(held[c, d + 64]))
                    p3 = np.int32(p3 + np.int32(query[d + 96]) * np.int32(held[c, d + 96]))
                plus, minus = p2 + p3, p2 - p3
                if p0 + max(p1 + abs(plus), abs(minus) - p1) <= bar or owner[c] == me:
                    continue
                # In the order of ALL_FORMS.
                products = (p0 + p1 + plus, p0 - p1 + minus, p0 + p1 - plus, p0 - p1 - minus)
                for form in range(4):
                    if products[form] > best[visit, form, last]:
                        _insert(products[form], c, owner, best[visit, form], where[visit, form])


@nb.njit(cache=True)
def _insert(
    product: int, c: int, owner: NDArray[np.int32], best: NDArray[np.int32],
    where: NDArray[np.int64],
) -> None:  # fmt: skip
    """Put a descriptor where it belongs in the order, in place of a worse one of its panel."""
    at = len(best) - 1
    for k in range(len(best)):
        if where[k] >= 0 and owner[where[k]] == owner[c]:
            at = k
            break
    if product <= best[at]:
        return
    while at > 0 and best[at - 1] < product:
        best[at] = best[at - 1]
        where[at] = where[at - 1]
        at -= 1
    best[at] = product
    where[at] = c
