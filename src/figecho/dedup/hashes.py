"""imagededup's perceptual hashes of pictures in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figecho.dedup.encode import STAGE, Picture, Progress
from figecho.dedup.quiet import methods, quiet

#: Our name of a hash to imagededup's class.
HASHERS = {"phash": "PHash", "dhash": "DHash", "whash": "WHash", "ahash": "AHash"}


def hashed(pictures: Sequence[Picture], method: str, tell: Progress) -> NDArray[np.uint64]:
    """Return the 64-bit hash of each picture.

    Parameters
    ----------
    pictures : sequence of Picture
    method : {"phash", "dhash", "whash", "ahash"}
    tell : callable

    Returns
    -------
    ndarray of shape (n,), uint64
    """
    hasher = getattr(methods(), HASHERS[method])(verbose=False)

    def code(picture: Picture) -> Any:
        return int(hasher.encode_image(image_array=picture.rgb), 16)

    found = []
    with quiet(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done, value in enumerate(pool.map(code, pictures), start=1):
            found.append(value)
            tell(STAGE, done, len(pictures))
    return np.array(found, np.uint64)
