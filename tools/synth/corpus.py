"""Hundreds of panels with truth, for benchmarks and calibration.

Cells of class and transform are visited in a balanced order. Every case draws from its own stream,
so the first hundred panels are the same whether a hundred or a thousand are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synth.collection import Collection
from synth.kinds import Byte, Rng, streams
from synth.labels import decorate, label_style
from synth.models import CLASSES, MODELS
from synth.plant import NARROW, TRANSFORMS, Planted, allowed, plant, plant_clone

DOCUMENTS = ("browser", "chart", "table", "blank", "gradient", "noise")
NEGATIVES = (
    "alike",
    "same-labels",
    "single",
    "alike",
    "same-labels",
    "alike",
    "document",
    "single",
)


def corpus(
    seed: int,
    panels: int = 400,
    positives_share: float = 0.35,
    *,
    classes: Sequence[str] = CLASSES,
    transforms: Sequence[str] | None = None,
) -> Collection:
    """Draw panels of which a share holds planted reuse, the rest being look-alikes and singles.

    Parameters
    ----------
    seed : int
    panels : int
        Number of panels, each a figure of its own; rounded up to even.
    positives_share : float in 0..1
        Share of panels that belong to a planted case.
    classes : sequence of str
        Panel models to draw from.
    transforms : sequence of str, optional
        Keys of :data:`synth.plant.TRANSFORMS`, or ``clone``; all by default.

    Raises
    ------
    ValueError
        If no class knows any of the transforms.
    """
    made = Collection(seed=seed, tokens=True)
    cells = _cells(seed, classes, transforms)
    if not cells:
        raise ValueError("no class knows any of these transforms")
    positive = negative = 0
    for case in range((panels + 1) // 2):
        rng = streams(seed, case)
        if turn(case, positives_share):
            _positive(made, rng, *cells[positive % len(cells)])
            positive += 1
        else:
            kind = NEGATIVES[negative % len(NEGATIVES)]
            _negative(made, rng, kind, classes[int(rng.integers(len(classes)))], classes)
            negative += 1
    return made


def clones(seed: int, panels: int, *, classes: Sequence[str] = CLASSES) -> Collection:
    """Draw panels of which every second has a part repeated inside."""
    made = Collection(seed=seed, tokens=True)
    names = [name for name in classes if name != "dotplot"]
    for case in range(panels):
        rng = streams(seed, case)
        name = names[(case // 2) % len(names)]
        if case % 2 == 0:
            _within(made, rng, name, plant_clone(rng, name))
        else:
            _lone(made, rng, name)
    return made


def turn(case: int, share: float) -> bool:
    """Spread a share of the cases evenly over all of them."""
    return int((case + 1) * share + 1e-9) > int(case * share + 1e-9)


def _cells(
    seed: int, classes: Sequence[str], transforms: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Order the cells so that any first part of them is spread over classes and transforms."""
    rng = streams(seed, 2 * 10**6)
    wanted = set(transforms if transforms is not None else [*TRANSFORMS, "clone"])
    columns = []
    for name in (classes[k] for k in rng.permutation(len(classes))):
        ways = [*allowed(name), *([] if name == "dotplot" else ["clone"])]
        kept = [ways[k] for k in rng.permutation(len(ways)) if ways[k] in wanted]
        columns.append([(name, way) for way in kept])
    longest = max((len(column) for column in columns), default=0)
    return [column[k % len(column)] for k in range(longest) for column in columns if column]


def _positive(made: Collection, rng: Rng, name: str, way: str) -> None:
    """Add two panels: a pair, or a panel with a clone inside and a single one."""
    if way == "clone":
        _within(made, rng, name, plant_clone(rng, name))
        _lone(made, rng, name)
        return
    planted = plant(rng, name, way)
    narrow = name in NARROW
    numbers = [
        made.add(_subject(rng, name), labelled(rng, p, narrow)) for p in (planted.a, planted.b)
    ]
    made.pair(numbers[0], numbers[1], planted)


def _negative(made: Collection, rng: Rng, kind: str, name: str, classes: Sequence[str]) -> None:
    """Add two panels that share style, labels, chrome or nothing, and never pixels."""
    labels = label_style(rng) | {"bar": "50 µm"}
    if kind == "document":
        name = DOCUMENTS[int(rng.integers(len(DOCUMENTS)))]
    model = MODELS[name]
    if kind in {"alike", "document"}:
        style, (height, width) = model.style(rng), model.size(rng)
        numbers = []
        for _ in range(2):
            image = model.render(rng, height, width, style)
            image = image if name in NARROW or kind == "document" else decorate(image, labels)
            numbers.append(made.add(_subject(rng, name), image, model.screened))
        if name == "browser":
            made.templates.append(numbers)
        elif kind == "alike":
            made.lookalikes.append(numbers)
        return
    for own in (name, classes[int(rng.integers(len(classes)))]):
        image = MODELS[own](rng, *MODELS[own].size(rng))
        if own not in NARROW:
            image = decorate(image, labels if kind == "same-labels" else label_style(rng))
        made.add(_subject(rng, own), image)


def _within(made: Collection, rng: Rng, name: str, planted: Planted) -> None:
    image = labelled(rng, planted.a, name in NARROW)
    number = made.add(_subject(rng, name), image)
    made.pair(number, number, replace(planted, a=image, b=image))


def _lone(made: Collection, rng: Rng, name: str) -> None:
    image = MODELS[name](rng, *MODELS[name].size(rng))
    made.add(_subject(rng, name), labelled(rng, image, name in NARROW))


def labelled(rng: Rng, image: Byte, narrow: bool) -> Byte:
    """Return the panel with labels of its own, but strips and tiny ones as they are."""
    return image if narrow or min(image.shape[:2]) < 80 else decorate(image, label_style(rng))


def _subject(rng: Rng, name: str) -> str:
    return str(rng.choice(MODELS[name].subjects))
