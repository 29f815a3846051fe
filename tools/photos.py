"""Panels cut from real pictures in folders: which are worth planting into, and which are kin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from make_corpus import SUFFIXES, read
from synth.kinds import Byte
from synth.real import Picture

#: Largest side of a panel, and most panels cut from one picture.
SIDE_PX, TILES = 480, 4
_LEAST_PX, _LEAST_LONG_PX = 40, 100
_LEVELS, _FLAT = 8, 2.0
#: One tone fills so much of a chart or a bare canvas, of a black field or an overexposed blot less.
_CANVAS = 0.85
_THUMB_PX, _SAME = 16, 0.995


def pictures(folders: Sequence[Path], seed: int, most: int = 40) -> list[Picture]:
    """Cut panels from the pictures of folders, at most so many of each, in a drawn order.

    Left out are pictures that show nothing, drawings, masks of a few grey levels, and what is in
    the folder twice.

    Parameters
    ----------
    folders : sequence of Path
        A folder inside ``blots`` holds gels and blots.
    seed : int
    most : int
        Panels of one folder at most, so that no data set outweighs the others.
    """
    rng = np.random.default_rng(seed)
    chosen: list[Picture] = []
    for group, folder in enumerate(folders):
        paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
        laned = "blots" in folder.resolve().parts
        kept: list[Byte] = []
        thumbs: list[np.ndarray] = []
        for k in rng.permutation(len(paths)):
            for tile in _tiles(read(paths[k])):
                thumb = _thumb(tile)
                if len(kept) < most and not any(float(thumb @ t) > _SAME for t in thumbs):
                    kept.append(tile)
                    thumbs.append(thumb)
        chosen += [Picture(image=tile, group=group, laned=laned) for tile in kept]
    return [chosen[k] for k in rng.permutation(len(chosen))]


def _tiles(image: Byte) -> Iterator[Byte]:
    """Yield the parts of a picture that are of panel size and show something."""
    height, width = image.shape[:2]
    down, across = max(1, height // SIDE_PX), max(1, width // SIDE_PX)
    count = 0
    for row in range(down):
        for col in range(across):
            top = row * SIDE_PX + (height - down * SIDE_PX) // 2 if height > SIDE_PX else 0
            left = col * SIDE_PX + (width - across * SIDE_PX) // 2 if width > SIDE_PX else 0
            tile = np.ascontiguousarray(image[top : top + SIDE_PX, left : left + SIDE_PX])
            if count < TILES and _telling(tile):
                count += 1
                yield tile


def _telling(tile: Byte) -> bool:
    if min(tile.shape[:2]) < _LEAST_PX or max(tile.shape[:2]) < _LEAST_LONG_PX:
        return False
    grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY) if tile.ndim == 3 else tile
    counts = np.bincount(grey.ravel(), minlength=256)
    drawn = counts.max() > _CANVAS * grey.size
    return bool(np.count_nonzero(counts) > _LEVELS and not drawn and grey.std() > _FLAT)


def _thumb(tile: Byte) -> np.ndarray:
    grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY) if tile.ndim == 3 else tile
    small = cv2.resize(grey, (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA).astype(float)
    small = (small - small.mean()).ravel()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-9))
