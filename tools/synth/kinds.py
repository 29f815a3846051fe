"""The array types and numbers that all modules of the generator share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Real = NDArray[np.floating[Any]]
Byte = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Style = dict[str, Any]
Rng = np.random.Generator


def streams(seed: int, *key: int) -> Rng:
    """Return the generator of one item, which no other item's draws can shift.

    Parameters
    ----------
    seed : int
        Seed of the whole collection.
    *key : int
        Path of the item inside it.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def between(rng: Rng, low: float, high: float) -> float:
    """Draw a float uniformly from ``[low, high)``."""
    return float(rng.uniform(low, high))


def to_byte(values: Real) -> Byte:
    """Round and clip to 0..255."""
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)
