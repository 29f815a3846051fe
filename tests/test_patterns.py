"""Two gels of one protocol share the pattern of their bands, which makes neither a copy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.judge.nfa import SEEN_BY_CHANCE, relative_evidence
from figecho.pairs import echoes
from figecho.verify.gels import is_gel
from handmade import panel
from scenes import CONFIG, alike, described, gamma, grey, jpeg, rendering

SMALL, LARGE = (120, 160), (220, 240)


def evidence(first: np.ndarray, second: np.ndarray) -> float:
    a, b = described(first, "a.png"), described(np.ascontiguousarray(second), "b.png")
    found = echoes(a, b, CONFIG)
    return max((relative_evidence(e.nats, e.chance, e.alike) for e in found), default=0.0)


def overexposed(image: np.ndarray) -> np.ndarray:
    """Show a membrane so bright that most of its ground is white."""
    shades = grey(image)
    return np.asarray(np.clip(shades * 255.0 / np.percentile(shades, 35), 0, 255), np.uint8)


@pytest.mark.parametrize(("name", "seed"), [("coomassie", 5), ("coomassie", 7), ("agarose", 0)])
def test_small_gels_with_the_same_bands_are_no_copies(name: str, seed: int) -> None:
    one, two, three = alike(name, seed, *SMALL)
    for a, b in ((one, two), (one, three), (two, three)):
        assert evidence(a, b) < SEEN_BY_CHANCE


@pytest.mark.parametrize("name", ["coomassie", "agarose", "membrane", "strip"])
@pytest.mark.parametrize("seed", [5, 7])
def test_a_copy_of_a_small_gel_is_one(name: str, seed: int) -> None:
    gel = alike(name, seed, *SMALL)[0]
    smaller = cv2.resize(gel, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    copies = (jpeg(gamma(gel, 1.3), 75), jpeg(gel[:, 32:], 60), smaller)
    assert all(evidence(gel, copy) > 1.5 * SEEN_BY_CHANCE for copy in copies)


def test_overexposed_membranes_with_the_same_bands_are_no_copies() -> None:
    one, two, three = (overexposed(gel) for gel in alike("membrane", 7, *LARGE))
    for a, b in ((one, two), (one, three), (two, three)):
        assert evidence(a, b) < SEEN_BY_CHANCE
    assert evidence(one, jpeg(gamma(one, 1.3), 75)) > 1.5 * SEEN_BY_CHANCE


def above_cells(gel: np.ndarray, seed: int) -> np.ndarray:
    """Show a gel above a field, as one panel, which is rather the field."""
    cells = rendering("cells", seed, 150, gel.shape[1])
    above, below = (x if x.ndim == 3 else np.repeat(x[:, :, None], 3, 2) for x in (gel, cells))
    return np.vstack([above, below])


@pytest.mark.parametrize("name", ["agarose", "coomassie"])
@pytest.mark.parametrize("seed", range(3))
def test_a_part_of_a_panel_that_is_a_gel_is_asked_as_one(name: str, seed: int) -> None:
    one, two, _ = alike(name, seed, 100, 220)
    mixed = above_cells(one, seed)
    assert not is_gel(panel(mixed))
    assert evidence(mixed, two) < SEEN_BY_CHANCE
    assert evidence(mixed, jpeg(gamma(one, 1.2), 80)) > 1.5 * SEEN_BY_CHANCE


@pytest.mark.parametrize("name", ["cells", "phase", "eosin"])
def test_a_faint_copy_of_a_field_is_no_pattern(name: str) -> None:
    scene = rendering(name, 3, 130, 160).astype(np.float64)
    rng = np.random.default_rng(3)
    noisy = (scene + rng.normal(0.0, 12.0, scene.shape) for _ in range(2))
    a, b = (np.clip(picture, 0, 255).astype(np.uint8) for picture in noisy)
    assert evidence(a, jpeg(b[20:110, 20:120], 60)) > SEEN_BY_CHANCE
