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
from figecho.retrieve.words import PROBES, WIDE_SIGNS, homes, unit

#: Cosine from which a descriptor may vote, and panels it votes for at most, in each cell.
MIN_COSINE = 0.90
_VOTES = 3
_CELL_ROWS = 1024
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
    descriptors, owner, log2_size, angle_deg : ndarray of n rows
        As in :class:`~figecho.retrieve.sketch.Sketch`, and the panel of each; they may lie in a
        file.
    """

    panels: int
    centres: FloatArray
    first: NDArray[np.int64]
    descriptors: NDArray[np.int8]
    owner: NDArray[np.int32]
    log2_size: FloatArray
    angle_deg: FloatArray

    @classmethod
    def of(cls, sketches: Sequence[Sketch], centres: FloatArray) -> Shelved:
        """Sort the descriptors of sketches by the words of a vocabulary."""
        descriptors, size, angle, owner = _joined(sketches)
        home = homes(descriptors, centres, forms=1)[0, 0]
        order = np.argsort(home, kind="stable")
        return cls(
            panels=len(sketches),
            centres=centres,
            first=np.searchsorted(home[order], np.arange(len(centres) + 1)),
            descriptors=descriptors[order],
            owner=owner[order],
            log2_size=size[order],
            angle_deg=angle[order],
        )

    def votes(self, sketches: Sequence[Sketch], *, first: int | None = None) -> FloatArray:
        """Return how strongly panels resemble those that are shelved.

        Parameters
        ----------
        sketches : sequence of Sketch
        first : int, optional
            They are the shelved panels from this one on, and none votes for itself.

        Returns
        -------
        ndarray of shape (len(sketches), panels), float32
            Sum of the votes that agree on one pose.
        """
        descriptors, size, angle, owner = _joined(sketches)
        totals = np.zeros((len(sketches), self.panels), np.float32)
        if not len(descriptors) or not len(self.descriptors):
            return totals
        cells = homes(descriptors, self.centres)
        keys, weights = [], []
        signs = WIDE_SIGNS / np.float32(STEPS)
        # Every form and probe of every descriptor is one visit to a cell.
        wanted = cells.ravel()
        order = np.argsort(wanted, kind="stable")
        edges = np.searchsorted(wanted[order], np.arange(len(self.centres) + 1))
        for word in np.flatnonzero(np.diff(edges) * np.diff(self.first)).tolist():
            low, high = int(self.first[word]), int(self.first[word + 1])
            held = self.descriptors[low:high].astype(np.float32)
            held_by = np.array(self.owner[low:high])
            for at in range(edges[word], edges[word + 1], _CELL_ROWS):
                visits = order[at : min(at + _CELL_ROWS, edges[word + 1])]
                form, rows = visits // (PROBES * len(owner)), visits % len(owner)
                cosine = (unit(descriptors[rows]) * signs[form]) @ held.T
                own = owner[rows] + np.int32(first or 0)
                if first is None:
                    own = np.full(len(rows), -1, np.int32)
                best, where = _nearest_panels(cosine, own, held_by, _VOTES)
                row, k = np.nonzero(where >= 0)
                if not len(row):
                    continue
                theirs = where[row, k] + low
                form, rows = form[row], rows[row]
                pose = _pose(
                    form, self.log2_size[theirs] - size[rows], self.angle_deg[theirs], angle[rows]
                )
                pair = owner[rows].astype(np.int64) * self.panels + self.owner[theirs]
                keys.append((pair * len(ALL_FORMS) + form) * (_SIZES * _TURNS) + pose)
                weights.append((best[row, k] - MIN_COSINE) / (1.0 - MIN_COSINE))
        if keys:
            cell, back = np.unique(np.concatenate(keys), return_inverse=True)
            total = np.bincount(back, np.concatenate(weights)).astype(np.float32)
            np.maximum.at(totals.ravel(), cell // (len(ALL_FORMS) * _SIZES * _TURNS), total)
        return totals


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
    cosine: FloatArray, own: NDArray[np.int32], owner: NDArray[np.int32], most: int
) -> tuple[FloatArray, NDArray[np.int64]]:
    rows, columns = cosine.shape
    best = np.full((rows, most), np.float32(MIN_COSINE), np.float32)
    where = np.full((rows, most), -1, np.int64)
    for r in range(rows):
        for c in range(columns):
            value = cosine[r, c]
            if value <= best[r, most - 1] or owner[c] == own[r]:
                continue
            at = most - 1
            for k in range(most):
                if where[r, k] >= 0 and owner[where[r, k]] == owner[c]:
                    at = k
                    break
            if value <= best[r, at]:
                continue
            while at > 0 and best[r, at - 1] < value:
                best[r, at] = best[r, at - 1]
                where[r, at] = where[r, at - 1]
                at -= 1
            best[r, at] = value
            where[r, at] = c
    return best, where
