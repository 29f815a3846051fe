"""From pictures to embeddings: each different picture once, in batches, kept for the next run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from figecho.dedup import cache
from figecho.dedup.models import Model
from figecho.dedup.quiet import quiet
from figecho.errors import ConfigError
from figecho.model import ByteArray, FloatArray

Progress = Callable[[str, int, int], None]
STAGE = "looking at pictures"


class Picture(Protocol):
    """Anything with pixels and their digest: a panel, a tile."""

    @property
    def rgb(self) -> ByteArray:
        """Shape (h, w, 3)."""

    @property
    def pixels_sha256(self) -> str:
        """Equal for equal pixels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embedded:
    """Embeddings of pictures.

    Attributes
    ----------
    vectors : ndarray of shape (n, features), float32
        In the order of the pictures.
    cached : int
        How many different pictures were known from an earlier run.
    notes : tuple of str
        What a user should know, as that the cache cannot be written.
    """

    vectors: FloatArray
    cached: int
    notes: tuple[str, ...]


def embed(
    pictures: Sequence[Picture], model: Model, folder: Path | None, tell: Progress
) -> Embedded:
    """Return the embeddings of ``pictures``, from the cache in ``folder`` where it has them.

    Raises
    ------
    ConfigError
        The model fails, or gives anything but one row of finite numbers a picture.
    """
    unique = {picture.pixels_sha256: picture for picture in pictures}
    keep = None if folder is None or model.key is None else cache.file_of(folder, model.key)
    notes: list[str] = []
    known: dict[str, FloatArray] = {}
    if keep is not None:
        known, problem = cache.read(keep, list(unique))
        notes += [problem] if problem else []
    new = [digest for digest in unique if digest not in known]
    if new:
        vectors = encode([unique[digest].rgb for digest in new], model, tell)
        fresh = dict(zip(new, vectors, strict=True))
        if keep is not None and not notes:
            problem = cache.write(keep, fresh)
            notes += [problem] if problem else []
        cached, known = len(known), known | fresh
    else:
        cached = len(known)
    rows = [known[picture.pixels_sha256] for picture in pictures]
    stacked = np.stack(rows) if rows else np.zeros((0, 1), np.float32)
    return Embedded(vectors=stacked, cached=cached, notes=tuple(notes))


def encode(arrays: Sequence[ByteArray], model: Model, tell: Progress) -> FloatArray:
    """Return one row of features a picture, computed in batches on all cores.

    Parameters
    ----------
    arrays : sequence of ndarray of shape (h, w, 3), uint8
    model : Model
    tell : callable

    Returns
    -------
    ndarray of shape (n, features), float32
    """
    cnn, found = model.cnn, []
    with quiet(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(arrays), cnn.batch_size):
            tell(STAGE, start, len(arrays))
            found.append(_batch(arrays[start : start + cnn.batch_size], cnn, model.name, pool))
        tell(STAGE, len(arrays), len(arrays))
    vectors: FloatArray = np.concatenate(found)
    if not np.isfinite(vectors).all():
        raise ConfigError(f"{model.name} gives numbers that are not finite: check its weights")
    return vectors


def _batch(
    arrays: Sequence[ByteArray], cnn: Any, name: str, pool: ThreadPoolExecutor
) -> FloatArray:
    import torch

    try:
        with torch.no_grad():
            batch = torch.stack(list(pool.map(cnn.apply_preprocess, arrays)))
            features = cnn.model(batch.to(cnn.device)).cpu().numpy()
    # A model may be anybody's code, and may run out of memory.
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(f"{name} fails: {type(error).__name__}: {reason}") from error
    if features.ndim < 2 or len(features) != len(arrays):
        raise ConfigError(f"{name} gives shape {features.shape} for {len(arrays)} pictures")
    return np.asarray(features.reshape(len(arrays), -1), np.float32)
