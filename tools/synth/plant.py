"""Planted reuse: one scene, two views of it, and the truth about what they share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from synth import blots, motions, splice, tones
from synth.geometry import (
    Motion,
    View,
    apply,
    between_views,
    fitted,
    moved,
    seen,
    shared,
    texture,
    window,
)
from synth.grain import jpeg
from synth.kinds import Byte, Matrix, Rng, Style
from synth.models import MODELS, Size

Category = Literal["I", "II", "III"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planted:
    """A pair of panels that share a region, and how.

    Attributes
    ----------
    a, b : ndarray, uint8
        The two panels, grey or RGB; the same array for a copy inside one panel.
    polygon_a, polygon_b : ndarray of shape (n, 2)
        The shared region in pixels of each.
    b_from_a : ndarray of shape (3, 3)
    category : {"I", "II", "III"}
        Simple duplicate, repositioned, altered (Bik, Casadevall, Fang 2016).
    name, transform : str
        The panel model and the key of the transform.
    words : str
        The transform with its numbers.
    """

    a: Byte
    b: Byte
    polygon_a: Matrix
    polygon_b: Matrix
    b_from_a: Matrix
    category: Category
    name: str
    transform: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One way of reuse: a motion, a tone change, how much larger the scene must be.

    ``category`` is of what is put into another panel; views of one scene have it from how they lie.
    """

    category: Category = "II"
    motion: motions.MotionMaker = motions.same
    tone: tones.Tone = tones.recompressed
    room: float = 1.0


#: A simple duplicate shows so much of both views, turned by no more than a scan may be askew and
#: hardly stretched.
WHOLE, UPRIGHT_DEG, STRETCHED = 0.85, 2.0, 7 / 6

TRANSFORMS: dict[str, Transform] = {
    "duplicate": Transform(motion=motions.duplicate),
    "jpeg": Transform(tone=tones.compressed),
    "gamma": Transform(tone=tones.gamma),
    "contrast": Transform(tone=tones.contrast),
    "invert": Transform(tone=tones.inverted),
    "blur": Transform(tone=tones.blurred),
    "rescan": Transform(motion=motions.rescan, tone=tones.rescanned, room=1.08),
    "crop": Transform(motion=motions.crop, tone=tones.perhaps),
    "shift": Transform(motion=motions.shift, tone=tones.perhaps, room=1.5),
    "rotate": Transform(motion=motions.rotate, tone=tones.perhaps, room=1.35),
    "quarter": Transform(motion=motions.quarter, tone=tones.perhaps),
    "mirror": Transform(motion=motions.mirror, tone=tones.perhaps),
    "scale": Transform(motion=motions.scale, tone=tones.perhaps),
    "stretch": Transform(motion=motions.stretch, tone=tones.perhaps),
    "combined": Transform(motion=motions.combined, tone=tones.any_tone, room=1.3),
    "lanes": Transform(category="II"),
    "altered": Transform(category="III"),
    "region": Transform(category="III"),
}

NARROW = frozenset({"strip", "membrane", "agarose", "coomassie", "dotplot"})
LANED = frozenset({"strip", "membrane", "agarose", "coomassie"})


def allowed(name: str) -> tuple[str, ...]:
    """Return the transforms that authors would apply to a panel model."""
    if name == "dotplot":
        return ("duplicate", "jpeg", "altered")
    plain = tuple(key for key in TRANSFORMS if key not in {"lanes", "altered", "region"})
    return (*plain, "lanes") if name in LANED else (*plain, "altered", "region")


def plant(
    rng: Rng, name: str, transform: str, *, size: Size | None = None, style: Style | None = None
) -> Planted:
    """Render a scene of one panel model and reuse it in one way.

    Parameters
    ----------
    rng : numpy.random.Generator
    name : str
        Key of :data:`synth.models.MODELS`.
    transform : str
        Key of :data:`TRANSFORMS` that :func:`allowed` names for the model.
    size : tuple of (int, int), optional
        Height and width of the first panel.
    style : dict, optional
        What the pair shares with other renderings; drawn by default.
    """
    model, recipe = MODELS[name], TRANSFORMS[transform]
    height, width = size or model.size(rng)
    style = style or model.style(rng)
    if name == "dotplot" and transform == "altered":
        first, pair = splice.altered_plot(rng, height, width, style)
        return _spliced(rng, first, pair, recipe, name, transform)
    if transform in {"lanes", "altered", "region"}:
        first = model.render(rng, height, width, style)
        apart = name == "strip" and rng.random() < 0.5
        other = model.render(rng, height, width, blots.sibling(rng, style) if apart else style)
        if transform == "lanes":
            pair = splice.lanes(rng, first, other, style)
        elif transform == "region":
            pair = splice.region(rng, first, other)
        else:
            pair = splice.altered(rng, first, other)
        return _spliced(rng, first, pair, recipe, name, transform)
    across = recipe.room
    down = 1 + (across - 1) * 0.35 if name == "strip" else across
    scene = model.render(rng, int(height * down) + 1, int(width * across) + 1, style)
    return reuse(rng, scene, transform, name=name, size=(height, width))


def reuse(
    rng: Rng,
    scene: Byte,
    transform: str,
    *,
    name: str = "real",
    size: Size | None = None,
    other: Byte | None = None,
) -> Planted:
    """Cut two panels out of one scene, the second as a transform says.

    Parameters
    ----------
    rng : numpy.random.Generator
    scene : ndarray of shape (H, W) or (H, W, 3), uint8
        A rendering, or a real panel.
    transform : str
        A key of :data:`TRANSFORMS` other than ``lanes``.
    name : str
        Panel model; strips and gels are never turned by odd angles.
    size : tuple of (int, int), optional
        Height and width of the first panel; what the transform's room leaves by default.
    other : ndarray of the scene's shape, optional
        Panel that ``altered`` and ``region`` need as the place the copy is put into.

    Raises
    ------
    ValueError
        If the scene is too small for the motion, or a needed ``other`` is missing.
    """
    recipe = TRANSFORMS[transform]
    rows, cols = scene.shape[:2]
    narrow = name in NARROW or rows < 0.3 * cols
    if transform in {"altered", "region"}:
        if other is None:
            raise ValueError(f"{transform} needs another panel")
        pair = (splice.altered if transform == "altered" else splice.region)(rng, scene, other)
        return _spliced(rng, scene, pair, recipe, name, transform)
    height, width = size or (max(int(rows / recipe.room), 16), max(int(cols / recipe.room), 16))
    choices = [
        _views(recipe.motion(rng, height, width, narrow), scene, height, width, recipe.room)
        for _ in range(3)
    ]
    _, first, second, words = max(choices, key=lambda choice: choice[0])
    image, tone = recipe.tone(rng, seen(scene, second))
    polygon = shared(first, second)
    matrix = between_views(first, second)
    return Planted(
        a=jpeg(seen(scene, first), int(rng.integers(84, 97))),
        b=image,
        polygon_a=polygon,
        polygon_b=apply(matrix, polygon),
        b_from_a=matrix,
        category=_category(first, second, polygon, matrix),
        name=name,
        transform=transform,
        words=", ".join(part for part in (words, tone) if part) or "recompressed",
    )


def _category(first: View, second: View, polygon: Matrix, b_from_a: Matrix) -> Category:
    """Return I where nearly all of both views is shared, upright, hardly stretched; else II."""
    (a, b), (c, d) = b_from_a[:2, :2]
    upright = a * d > b * c and abs(np.degrees(np.arctan2(c - b, a + d))) <= UPRIGHT_DEG
    shares = [
        cv2.contourArea(corners.astype(np.float32)) / (view.height * view.width)
        for view, corners in ((first, polygon), (second, apply(b_from_a, polygon)))
    ]
    sizes = np.linalg.svd(b_from_a[:2, :2], compute_uv=False)
    whole = min(shares) >= WHOLE and sizes[0] <= STRETCHED * sizes[1]
    return "I" if upright and whole else "II"


def moved_lanes(rng: Rng, source: Byte, target: Byte, layout: Style, *, name: str) -> Planted:
    """Copy a run of lanes of one panel into another of the same size.

    Parameters
    ----------
    rng : numpy.random.Generator
    source, target : ndarray of one shape, uint8
    layout : dict
        Lanes and margin, as a style of a strip has them.
    name : str
    """
    pair = splice.lanes(rng, source, target, layout)
    return _spliced(rng, source, pair, TRANSFORMS["lanes"], name, "lanes")


def _views(
    motion: Motion, scene: Byte, height: int, width: int, room: float
) -> tuple[float, View, View, str]:
    """Lay two windows on a scene as a motion says; first comes how much there is to see in both."""
    rows, cols = scene.shape[:2]
    room_x, room_y = cols - width, rows - height
    left = int(np.clip(room_x / 2 - motion.at[0] / 2, 0, room_x)) if room > 1 else 0
    top = int(np.clip(room_y / 2 - motion.at[1] / 2, 0, room_y)) if room > 1 else 0
    first = window(left, top, height, width)
    second = fitted(moved(first, motion), rows, cols)
    seen_twice = apply(np.linalg.inv(first.from_scene), shared(first, second))
    return texture(scene, seen_twice), first, second, motion.words


def _spliced(
    rng: Rng, first: Byte, pair: splice.Spliced, recipe: Transform, name: str, transform: str
) -> Planted:
    return Planted(
        a=jpeg(first, int(rng.integers(84, 97))),
        b=jpeg(pair.image, int(rng.integers(80, 96))),
        polygon_a=pair.polygon_a,
        polygon_b=pair.polygon_b,
        b_from_a=pair.b_from_a,
        category=recipe.category,
        name=name,
        transform=transform,
        words=pair.words,
    )


def plant_clone(rng: Rng, name: str, *, size: Size | None = None) -> Planted:
    """Render one panel and repeat a part of it inside: lanes of blots and gels, regions else."""
    model = MODELS[name]
    height, width = size or model.size(rng)
    style = model.style(rng)
    panel = model.render(rng, height, width, style)
    return clone(rng, panel, name=name, style=style if name in LANED else None)


def clone(rng: Rng, panel: Byte, *, name: str = "real", style: Style | None = None) -> Planted:
    """Repeat a part of a panel inside it.

    Parameters
    ----------
    rng : numpy.random.Generator
    panel : ndarray of shape (H, W) or (H, W, 3), uint8
    name : str
        Panel model.
    style : dict, optional
        Lane layout: given, whole lanes are repeated, else regions.
    """
    if style is None:
        pair = splice.clone(rng, panel)
    else:
        pair = splice.lanes(rng, panel, panel, style, within=True)
    done = _spliced(rng, panel, pair, TRANSFORMS["altered"], name, "clone")
    image = jpeg(pair.image, int(rng.integers(86, 98)))
    return replace(done, a=image, b=image)
