"""Reuse planted into given, real panels by the same transforms."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from synth.collection import Collection
from synth.corpus import labelled, turn
from synth.kinds import Byte, Rng, streams
from synth.plant import TRANSFORMS, Planted, clone, reuse

REAL_TRANSFORMS = (*(key for key in TRANSFORMS if key != "lanes"), "clone")


def plant_real(
    images: Sequence[Byte],
    seed: int,
    positives_share: float = 0.5,
    *,
    transforms: Sequence[str] = REAL_TRANSFORMS,
) -> Collection:
    """Plant reuse into given panels.

    Parameters
    ----------
    images : sequence of ndarray of shape (H, W) or (H, W, 3), uint8
        Panels, presumed distinct. ``altered`` and ``region`` use up the next one as the place the
        copy goes to; it does not appear otherwise.
    seed : int
    positives_share : float in 0..1
        Share of the cases that get a planted copy.
    transforms : sequence of str
        Any transform but ``lanes``, or ``clone``.
    """
    made = Collection(seed=seed, tokens=True)
    waiting = list(images)
    case = positive = 0
    while waiting:
        rng = streams(seed, case)
        image = waiting.pop(0)
        narrow = image.shape[0] < 0.3 * image.shape[1]
        planted = None
        if turn(case, positives_share):
            way = transforms[positive % len(transforms)]
            positive += 1
            other = None
            if way in {"altered", "region"} and waiting:
                other = _like(waiting.pop(0), image)
            planted = _real(rng, image, way, narrow, other)
        case += 1
        if planted is None:
            made.add("real", labelled(rng, image, narrow))
        elif planted.transform == "clone":
            number = made.add("real", planted.a)
            made.pair(number, number, planted)
        else:
            numbers = [made.add("real", labelled(rng, p, narrow)) for p in (planted.a, planted.b)]
            made.pair(numbers[0], numbers[1], planted)
    return made


def _real(rng: Rng, image: Byte, way: str, narrow: bool, other: Byte | None) -> Planted | None:
    """Plant into a real panel; None where it is too small for that."""
    try:
        if way == "clone":
            style = {"lanes": int(rng.integers(6, 11)), "margin": 0.0} if narrow else None
            return clone(rng, image, style=style)
        return reuse(rng, image, way, name="strip" if narrow else "real", other=other)
    except ValueError:
        return None


def _like(other: Byte, image: Byte) -> Byte:
    """Bring another panel to the size and colours of an image."""
    out = np.asarray(cv2.resize(other, image.shape[1::-1], interpolation=cv2.INTER_AREA))
    if image.ndim == 3 and out.ndim == 2:
        return np.repeat(out[..., None], 3, axis=2)
    if image.ndim == 2 and out.ndim == 3:
        return np.asarray(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return out.astype(np.uint8)
