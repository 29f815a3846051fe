"""Reuse planted into given, real panels by the same transforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from synth.collection import Collection
from synth.corpus import labelled, turn
from synth.kinds import Byte, Rng, streams
from synth.plant import TRANSFORMS, Planted, clone, moved_lanes, reuse

REAL_TRANSFORMS = (*TRANSFORMS, "clone")
#: Whole panels of such shape hold one row of lanes.
_STRIP = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A panel of a real picture.

    Attributes
    ----------
    image : ndarray of shape (h, w) or (h, w, 3), uint8
    group : int
        Number of its folder: panels of one folder may share a field, a channel or a membrane.
    laned : bool
        Whether the folder holds gels and blots.
    """

    image: Byte
    group: int
    laned: bool


def plant_real(
    pictures: Sequence[Picture],
    seed: int,
    positives_share: float = 0.5,
    *,
    transforms: Sequence[str] = REAL_TRANSFORMS,
) -> Collection:
    """Plant reuse into given panels; pairs of panels of one group are not judged.

    Parameters
    ----------
    pictures : sequence of Picture
        ``altered``, ``region`` and ``lanes`` use up the next one as the place the copy goes to; it
        does not appear otherwise.
    seed : int
    positives_share : float in 0..1
        Share of the cases that get a planted copy.
    transforms : sequence of str
        Any transform, or ``clone``; ``lanes`` falls to ``crop`` where there are none.
    """
    made = Collection(seed=seed, tokens=True)
    waiting = list(pictures)
    groups: dict[int, list[list[int]]] = {}
    case = positive = 0
    while waiting:
        rng = streams(seed, case)
        picture = waiting.pop(0)
        planted = host = None
        if turn(case, positives_share):
            way = transforms[positive % len(transforms)]
            way = "crop" if way == "lanes" and not picture.laned else way
            positive += 1
            other = None
            if way in {"altered", "region", "lanes"} and waiting:
                host = waiting.pop(0)
                other = _like(host.image, picture.image)
            planted = _real(rng, picture, way, other)
        case += 1
        name, narrow = _name(picture), _narrow(picture.image)
        if planted is None:
            numbers = [made.add(name, labelled(rng, picture.image, narrow))]
        elif planted.transform == "clone":
            numbers = [made.add(name, planted.a)]
            made.pair(numbers[0], numbers[0], planted)
        else:
            numbers = [made.add(name, labelled(rng, p, narrow)) for p in (planted.a, planted.b)]
            made.pair(numbers[0], numbers[1], planted)
        # What is pasted into a panel leaves it kin to those of its own folder.
        for group in {picture.group, picture.group if host is None else host.group}:
            groups.setdefault(group, []).append(numbers)
    for kin in groups.values():
        made.ignored += [(a, b) for one, other in combinations(kin, 2) for a in one for b in other]
    return made


def _narrow(image: Byte) -> bool:
    return bool(image.shape[0] < _STRIP * image.shape[1])


def _name(picture: Picture) -> str:
    if not picture.laned:
        return "field"
    return "strip" if _narrow(picture.image) else "gel"


def _real(rng: Rng, picture: Picture, way: str, other: Byte | None) -> Planted | None:
    """Plant into a real panel; None where it is too small for that."""
    image, name = picture.image, _name(picture)
    layout = {"lanes": int(rng.integers(6, 11)), "margin": 0.0}
    try:
        if way == "clone":
            return clone(rng, image, name=name, style=layout if name == "strip" else None)
        if way == "lanes":
            return None if other is None else moved_lanes(rng, image, other, layout, name=name)
        return reuse(rng, image, way, name=name, other=other)
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
