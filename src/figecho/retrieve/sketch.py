"""A panel in brief: its strongest local descriptors, few and small enough to hold thousands.

Descriptors are kept in the basis of :mod:`figecho.describe.basis`, so that one search serves all
four forms of a copy, and as whole numbers: an eighth of the memory at an error of the cosine of a
few ten-thousandths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from figecho.config import Match
from figecho.describe.described import Described
from figecho.describe.features import strongest_spread
from figecho.model import FloatArray

#: Whole numbers a unit of a descriptor; no coordinate of one reaches 0.79.
STEPS = 160.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sketch:
    """Some descriptors of a panel.

    Attributes
    ----------
    descriptors : ndarray of shape (n, 128), int8
        In the basis in which forms are sign changes, times :data:`STEPS`.
    log2_size : ndarray of shape (n,), float32
        Diameters of the keypoints in panel pixels.
    angle_deg : ndarray of shape (n,), float32
        Their directions.
    poor : bool
        The panel has so few keypoints that its blocks are compared too.
    """

    descriptors: NDArray[np.int8]
    log2_size: FloatArray
    angle_deg: FloatArray
    poor: bool

    def __len__(self) -> int:
        return len(self.descriptors)


def sketch_of(described: Described, limit: int, settings: Match) -> Sketch:
    """Return the sketch of a panel.

    Parameters
    ----------
    described : Described
    limit : int
        Number of descriptors at most: strong ones first, but spread over the panel.
    settings : Match
        When a panel counts as poor in keypoints.
    """
    found = described.sift
    # Keypoints come strongest first.
    rank = -np.arange(len(found), dtype=np.float32)
    kept = strongest_spread(found.xy, rank, described.panel.shape, limit)
    values = np.concatenate([block[kept] for block in described.sift_blocks], axis=1)
    thin = min(described.panel.shape) < settings.thin_px
    return Sketch(
        descriptors=np.clip(np.rint(values * STEPS), -127, 127).astype(np.int8),
        log2_size=np.log2(np.maximum(found.size[kept], 1e-3)).astype(np.float32),
        angle_deg=found.angle_deg[kept].astype(np.float32),
        poor=len(found) < (settings.thin_keypoints if thin else settings.poor_keypoints),
    )


def empty_sketch() -> Sketch:
    """Return the sketch of a panel without keypoints."""
    none = np.zeros(0, np.float32)
    return Sketch(
        descriptors=np.zeros((0, 128), np.int8), log2_size=none, angle_deg=none, poor=True
    )
