"""The committed example set: a folder like the figures of one doubtful paper.

Every seed gives each kind of reuse once, but draws anew which kind of picture it happens to, so a
second seed is a real test for what was tuned on the first.
"""

from __future__ import annotations

from dataclasses import replace

from synth import compose, fluorescence
from synth.collection import Collection
from synth.kinds import Byte, Rng, streams
from synth.labels import decorate, label_style
from synth.models import MODELS
from synth.plant import plant, plant_clone, reuse

FIELDS = (
    ("nuclei", "dim", "cells"),
    ("eosin", "brown"),
    ("phase",),
    ("invasion", "scratch"),
    ("tissue", "cells"),
    ("transmission", "scanning"),
)
MOTIONS = ("shift", "rotate", "mirror", "scale", "combined", "crop")
LETTERS = "ABCDEFGH"


def showcase(seed: int) -> Collection:
    """Return the set for one seed: about 35 figures, 11 pairs across, 2 inside one figure."""
    made = Collection(seed=seed)
    plan = streams(seed, 0)
    _blots(made, streams(seed, 1))
    _fields(made, streams(seed, 2), plan)
    _plots(made, streams(seed, 3))
    _inside(made, streams(seed, 4), plan)
    _gels(made, streams(seed, 5))
    _channels(made, streams(seed, 6))
    _documents(made, streams(seed, 7))
    return made


def subject(rng: Rng, name: str) -> str:
    """Draw what a file of this kind is called."""
    return str(rng.choice(MODELS[name].subjects))


def labelled(rng: Rng, image: Byte) -> Byte:
    """Return the panel with labels of its own."""
    return decorate(image, label_style(rng))


def _blots(made: Collection, rng: Rng) -> None:
    """Two stacks of strips and four single ones: lanes moved, mirrored, cropped, reused."""
    strip, size = MODELS["strip"], (int(rng.integers(40, 52)), int(rng.integers(280, 330)))
    style = strip.style(rng) | {"look": str(rng.choice(["film", "camera"]))}
    control = reuse(rng, strip.render(rng, *size, style), "duplicate", name="strip")
    twins = [strip.render(rng, *size, style) for _ in range(2)]
    moved = plant(rng, "strip", "lanes", size=size)
    mirrored = plant(rng, "strip", "mirror", size=size)
    cut = plant(rng, "strip", str(rng.choice(["crop", "shift", "combined"])))
    proteins = [str(p) for p in rng.permutation(["p65", "AKT", "Bcl-2", "p53", "ERK", "STAT3"])]
    figures = []
    for letter, panels in (
        ("A", [moved.a, twins[0], control.a]),
        ("C", [mirrored.a, twins[1], control.b]),
    ):
        names = [proteins.pop(), "GAPDH", "Actin"]
        figure, offsets = compose.stack(panels, names, letter)
        figures.append((made.add("western", figure), offsets))
    (one, at_one), (two, at_two) = figures
    made.pair(one, two, control, at_one[2], at_two[2])
    made.pair(one, made.add("lamin", moved.b), moved, at_one[0])
    made.pair(two, made.add("tubulin", mirrored.b), mirrored, at_two[0])
    made.pair(made.add("actin", cut.a), made.add("gapdh", cut.b), cut)
    lone = [made.add("actin", strip.render(rng, *size, style))]
    made.lookalikes.append([one, two, *lone])


def _fields(made: Collection, rng: Rng, plan: Rng) -> None:
    """Six pairs of fields, each with another motion; the first stands in a grid of neighbours."""
    names = [str(plan.choice(FIELDS[k])) for k in plan.permutation(len(FIELDS))]
    ways = [str(MOTIONS[k]) for k in plan.permutation(len(MOTIONS))]
    for index, (name, way) in enumerate(zip(names, ways, strict=True)):
        model = MODELS[name]
        style, size = model.style(rng), model.size(rng)
        planted = plant(rng, name, way, size=size, style=style)
        second = made.add(subject(rng, name), labelled(rng, planted.b))
        if index > 0:
            first = made.add(subject(rng, name), labelled(rng, planted.a))
            made.pair(first, second, planted)
            continue
        labels = label_style(rng)
        panels = [planted.a, *(model.render(rng, *size, style) for _ in range(3))]
        panels = [
            decorate(panel, labels | {"letter": letter})
            for panel, letter in zip(panels, LETTERS, strict=False)
        ]
        figure, offsets = compose.grid(panels, 2)
        made.pair(made.add(subject(rng, name), figure), second, planted, offsets[0])


def _plots(made: Collection, rng: Rng) -> None:
    """One dot plot altered in part."""
    planted = plant(rng, "dotplot", "altered")
    made.pair(made.add("annexin", planted.a), made.add("annexin", planted.b), planted)


def _inside(made: Collection, rng: Rng, plan: Rng) -> None:
    """One field with a region repeated inside, one blot with lanes repeated."""
    field = str(plan.choice(["phase", "brown", "nuclei", "transmission", "invasion"]))
    for name, size in ((field, (220, 270)), ("strip", (48, 320))):
        planted = plant_clone(rng, name, size=size)
        image = planted.a if name == "strip" else labelled(rng, planted.a)
        number = made.add(subject(rng, name), image)
        made.pair(number, number, replace(planted, a=image, b=image))


def _gels(made: Collection, rng: Rng) -> None:
    """Two gels with one ladder and one loading plan, run apart: no copies."""
    model = MODELS["agarose"]
    style = model.style(rng)
    made.lookalikes.append([made.add("pcr", model.render(rng, 190, 260, style)) for _ in range(2)])


def _channels(made: Collection, rng: Rng) -> None:
    """One channel of a field and the merge: shared by right, judged neither way."""
    style = fluorescence.cell_style(rng) | {"fibres": True, "dots": True}
    layers = fluorescence.channels(rng, 190, 220, style)
    labels = label_style(rng)
    one = made.add("dapi", decorate(fluorescence.merge(layers[:1]), labels | {"words": "DAPI"}))
    two = made.add("merge", decorate(fluorescence.merge(layers), labels | {"words": "Merge"}))
    made.ignored.append((one, two))


def _documents(made: Collection, rng: Rng) -> None:
    """Four screenshots of one window, two blank canvases, a gradient, a chart."""
    browser = MODELS["browser"]
    window = browser.style(rng)
    made.templates.append(
        [made.add("browser", browser.render(rng, 260, 420, window)) for _ in range(4)]
    )
    for name in ("blank", "blank", "gradient", "chart"):
        model = MODELS[name]
        made.add(subject(rng, name), model(rng, *model.size(rng)), model.screened)
