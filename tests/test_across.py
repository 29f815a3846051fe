"""Neither bands nor lanes: dust and grain tell two membranes apart that share every band."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from figecho.verify.across import OCTAVES, across
from figecho.verify.agree import agreement
from figecho.verify.bands import Octaves, octaves_of
from figecho.verify.frame import build
from figecho.verify.membrane import calmer
from figecho.verify.overlay import Overlay, octave_by_octave, overlay
from figecho.verify.views import Views
from scenes import everywhere, jpeg, moved

SHAPE = (240, 320)


def bands() -> np.ndarray:
    """Draw five lanes of soft bands, all of one protocol."""
    x, y = np.arange(SHAPE[1])[None, :], np.arange(SHAPE[0])[:, None]
    image = np.zeros(SHAPE)
    for at in range(40, 300, 60):
        lane = 1.0 / (1.0 + np.exp((np.abs(x - at) - 20) / 2.0))
        for level, bright in ((30, 70), (75, 110), (120, 55), (190, 90)):
            image += bright * lane * np.exp(-(((y - level) / 9.0) ** 2))
    return image


def membrane(seed: int) -> np.ndarray:
    """Draw the dust and the grain of one membrane."""
    rng = np.random.default_rng(seed)
    dust = np.zeros(SHAPE, np.float32)
    for x, y in rng.integers(0, (SHAPE[1], SHAPE[0]), (120, 2)).tolist():
        cv2.circle(dust, (x, y), int(rng.integers(1, 3)), float(rng.uniform(10, 30)), -1)
    soft = cv2.GaussianBlur(rng.normal(0, 8, SHAPE).astype(np.float32), (0, 0), 1.2)
    return np.asarray(cv2.GaussianBlur(dust, (0, 0), 0.8) + soft)


def gel(seed: int, noise: int) -> np.ndarray:
    """Take a picture of a gel: what is on its membrane, and the noise of the camera."""
    image = 40.0 + bands() + membrane(seed)
    image += np.random.default_rng(noise).normal(0, 2.0, SHAPE)
    return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)


def seen(image: np.ndarray) -> Octaves:
    return octaves_of(image.astype(np.float32), everywhere(image))


def laid(first: Octaves, second: Octaves) -> Overlay:
    """Lay two pictures of one size on each other as they are."""
    return Overlay(
        a=first.values, b=second.values,
        density=[np.minimum(*d) for d in zip(first.density, second.density, strict=True)],
        steep=first.steep, both=first.usable & second.usable,
    )  # fmt: skip


def test_membranes_with_the_same_bands_differ_across_them_and_copies_do_not() -> None:
    first = seen(gel(1, 0))
    found = {}
    for name, image in (("copy", jpeg(gel(1, 5), 80)), ("look-alike", gel(2, 5))):
        over = laid(first, seen(image))
        rho, samples = octave_by_octave(across(over), calmer(over, over.both), OCTAVES)
        assert len(rho) == OCTAVES
        assert min(samples) > 50.0
        found[name] = rho
    assert found["copy"][1] > 0.6
    assert max(found["look-alike"][:2]) < 0.2


def test_bands_alone_agree_along_themselves_and_hardly_across() -> None:
    plain = np.asarray(40.0 + bands(), np.float32)
    first, second = (
        seen(plain + np.random.default_rng(seed).normal(0, 1.0, SHAPE).astype(np.float32))
        for seed in (1, 2)
    )
    over = laid(first, second)
    membrane = calmer(over, over.both)
    (_, fine, coarse, _), _ = octave_by_octave(over, membrane)
    assert coarse > 0.6
    assert octave_by_octave(across(over), membrane, OCTAVES)[0][1] < 0.5 * fine + 0.1


def test_a_membrane_is_as_much_like_its_copy_however_both_lie() -> None:
    turn = cv2.getRotationMatrix2D((160, 120), 25.0, 1.0)
    inside = moved(np.full(SHAPE, 255, np.uint8), turn) > 250
    over = laid(*(octaves_of(moved(gel(1, n), turn).astype(np.float32), inside) for n in (0, 5)))
    rho, _ = octave_by_octave(across(over), calmer(over, inside), OCTAVES)
    assert rho[1] > 0.6


def test_of_nothing_in_common_there_are_no_samples() -> None:
    over = replace(laid(seen(gel(1, 0)), seen(gel(1, 5))), both=np.zeros(SHAPE, bool))
    rho, samples = octave_by_octave(across(over), over.both, OCTAVES)
    assert samples == (0.0,) * OCTAVES
    assert rho == (0.0,) * OCTAVES


def part_nats(first: np.ndarray, second: np.ndarray, *, across: bool) -> float:
    """Return how far two pictures agree as parts of gels four times their size."""
    panels = [Views(p.astype(np.float32), everywhere(p)) for p in (first, second)]
    grid = build(*panels, np.eye(3), 200_000)
    over = overlay(grid, grid.start, inverted=False)
    return agreement(over, banded=1.0, panel_px=4 * grid.panel_px, across=across).nats


def test_a_noisy_part_of_a_gel_counts_by_its_membrane_and_that_of_another_does_not() -> None:
    def noisy(image: np.ndarray) -> np.ndarray:
        noise = np.random.default_rng(9).normal(0, 5.0, SHAPE)
        return np.asarray(np.clip(image + noise, 0, 255), np.uint8)

    assert part_nats(gel(1, 0), noisy(gel(1, 5)), across=True) > 40.0
    assert part_nats(gel(1, 0), noisy(gel(1, 5)), across=False) < 12.0
    assert part_nats(gel(1, 0), noisy(gel(2, 5)), across=True) < 12.0


def test_a_compressed_part_counts_by_the_second_octave_that_compression_leaves() -> None:
    copied, look_alike = (jpeg(gel(seed, 5), 50) for seed in (1, 2))
    assert part_nats(gel(1, 0), copied, across=True) > 100.0
    assert part_nats(gel(1, 0), copied, across=False) < 12.0
    assert part_nats(gel(1, 0), look_alike, across=True) < 12.0
