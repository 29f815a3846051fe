"""Our own SIFT beside OpenCV's, beside its own rules spelled out, and on what is hardly a panel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest

from figecho.config import Describe
from figecho.describe import sift
from figecho.describe.blobs import blobs
from figecho.describe.extrema import candidates
from figecho.describe.features import Features
from figecho.describe.forms import ALL_FORMS, AS_IS, Form, sift_in_form
from figecho.describe.gradients import to_polar
from figecho.describe.grids import gradient_grids
from figecho.describe.orientation import direction_histograms, peaks
from figecho.describe.pyramid import blur_at, gaussian_octaves
from scenes import everywhere, grey, rendering

SCENES = ("agarose", "brown", "cells", "eosin", "membrane", "scratch", "tissue")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Oracle:
    """Ours and OpenCV's keypoints of a scene, and which of ours have a twin there."""

    ours: Features
    matched: np.ndarray
    turn_deg: np.ndarray
    cosine: np.ndarray


def whole(image: np.ndarray) -> Describe:
    """Settings that leave the panel at its size and keep everything."""
    area = image.shape[0] * image.shape[1]
    return Describe(min_working_px=area, max_working_px=area, max_keypoints=100_000)


def rounded(name: str) -> np.ndarray:
    return np.rint(grey(rendering(name, 3)))


@cache
def beside_opencv(name: str) -> Oracle:
    image = rounded(name)
    ours = sift.detect(image, everywhere(image), whole(image))
    detector = cv2.SIFT_create(contrastThreshold=0.01, edgeThreshold=15.0)
    keypoints = [k for k in detector.detect(image.astype(np.uint8), None) if k.size >= 2.0]
    # OpenCV lets its doubled pixels start where the panel's do.
    xy = np.array([k.pt for k in keypoints]) - 0.25
    size = np.array([k.size for k in keypoints])
    angle = np.array([k.angle for k in keypoints])
    near = np.linalg.norm(ours.xy[:, None] - xy, axis=2) < 1.0
    near &= np.abs(np.log(ours.size[:, None] / size)) < 0.2
    turn = np.abs((ours.angle_deg[:, None] - angle + 180.0) % 360.0 - 180.0)
    twin = np.where(near, turn, np.inf).argmin(axis=1)
    matched = near.any(axis=1)
    chosen = [keypoints[i] for i in twin[matched]]
    _, raw = detector.compute(image.astype(np.uint8), chosen)
    theirs = np.sqrt(raw / raw.sum(axis=1, keepdims=True))
    return Oracle(
        ours=ours,
        matched=matched,
        turn_deg=turn[np.arange(len(ours)), twin][matched],
        cosine=(theirs * ours.descriptors[matched]).sum(axis=1),
    )


@pytest.mark.parametrize("name", SCENES)
def test_keypoints_are_those_of_opencv(name: str) -> None:
    both = beside_opencv(name)
    assert len(both.ours) > 100
    assert both.matched.mean() > 0.95


@pytest.mark.parametrize("name", SCENES)
def test_directions_and_descriptors_are_those_of_opencv(name: str) -> None:
    both = beside_opencv(name)
    assert np.mean(both.turn_deg < 5.0) > 0.9
    assert np.median(both.turn_deg) < 0.6
    assert np.median(both.cosine) > 0.99
    assert np.quantile(both.cosine, 0.1) > 0.97


def test_levels_have_the_blur_they_are_said_to_have() -> None:
    spot = np.zeros((120, 150), np.float32)
    spot[60, 70] = 1000.0
    for o, levels in enumerate(gaussian_octaves(spot)[:2]):
        yy, xx = np.mgrid[0 : levels.shape[1], 0 : levels.shape[2]]
        for i, level in enumerate(levels):
            total = level.sum(dtype=np.float64)
            x = ((level * xx).sum(dtype=np.float64) / total * 2**o + 0.5) / 2.0 - 0.5
            y = ((level * yy).sum(dtype=np.float64) / total * 2**o + 0.5) / 2.0 - 0.5
            assert (x, y) == pytest.approx((70.0, 60.0), abs=0.01)
            spread = (level * (xx - xx.mean()) ** 2).sum(dtype=np.float64) / total
            spread -= ((level * (xx - xx.mean())).sum(dtype=np.float64) / total) ** 2
            # The spot lacks the half pixel of blur that a camera gives; doubling it adds some.
            expected = blur_at(np.asarray(float(i))) ** 2 + (0.75 - 1.0) / 4.0**o
            assert spread == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("shape", [(64, 90), (65, 91), (90, 65)])
def test_levels_blurred_at_half_their_size_are_those_blurred_at_full_size(
    shape: tuple[int, int],
) -> None:
    image = np.ascontiguousarray(grey(rendering("eosin", 3))[: shape[0], : shape[1]])
    blur = blur_at(np.arange(6.0))
    for levels in gaussian_octaves(image):
        if min(levels.shape[1:]) < 40:
            break
        direct = levels[3]
        for i in (4, 5):
            step = float(np.sqrt(blur[i] ** 2 - blur[i - 1] ** 2))
            direct = cv2.GaussianBlur(direct, (0, 0), step)
            gap = np.abs(levels[i] - direct)[2:-2, 2:-2]
            assert gap.max() < 0.02 * np.std(direct)


@pytest.mark.parametrize("columns", [12, 138, 139, 265, None])
def test_extrema_are_those_of_a_plain_search(columns: int | None) -> None:
    levels = np.ascontiguousarray(gaussian_octaves(grey(rendering("brown", 3)))[0][..., :columns])
    dog = np.diff(levels, axis=0)
    inner = np.s_[1:-1, 5:-5, 5:-5]
    cube = np.ones((3, 3), np.uint8)
    high = np.stack([cv2.dilate(d, cube) for d in dog])
    low = np.stack([cv2.erode(d, cube) for d in dog])
    top = np.maximum(np.maximum(high[:-2], high[1:-1]), high[2:])[:, 5:-5, 5:-5]
    bottom = np.minimum(np.minimum(low[:-2], low[1:-1]), low[2:])[:, 5:-5, 5:-5]
    clear = np.abs(dog[inner]) > 3.0
    peak = clear & ((dog[inner] == top) | (dog[inner] == bottom))
    plain = np.argwhere(peak) + np.array([1, 5, 5])
    assert len(plain) > (200 if columns is None else 0)
    found = candidates(levels, np.float32(3.0))
    assert len(found) == len(plain)
    assert {tuple(p) for p in found} == {tuple(p) for p in plain}


def test_blobs_stay_near_are_high_enough_and_come_once() -> None:
    levels = gaussian_octaves(grey(rendering("brown", 3)))[0]
    found = blobs(levels, 3.0, 15.0)
    places = found[:, [4, 1, 0]]
    off = np.abs(places[:, None] - candidates(levels, np.float32(0.5))).max(axis=2).min(axis=1)
    assert np.mean(off < 1.0) > 0.9
    assert np.abs(found[:, 2] - found[:, 4]).max() <= 0.5
    assert (found[:, 3] >= 1.0).all()
    assert len(np.unique(np.rint(places), axis=0)) == len(places)
    assert len(found) > len(blobs(levels, 6.0, 15.0)) > 0
    assert len(found) > len(blobs(levels, 3.0, 4.0)) > 0


def test_directions_by_polynomial_are_those_of_the_arctangent() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 2000)).astype(np.float32)
    x[:4], y[:4] = (1, 0, -1, 0), (0, 1, 0, -1)
    length, turn = x.copy(), y.copy()
    to_polar(length, turn, 2000)
    assert np.allclose(length, np.hypot(x, y), rtol=1e-6)
    off = (turn - np.arctan2(y, x) / (2 * np.pi) + 0.5) % 1.0 - 0.5
    assert np.abs(off).max() < 3e-6


@pytest.mark.parametrize("degrees", [0, 30, 90, 200, 315])
def test_a_slope_has_its_own_direction(degrees: int) -> None:
    yy, xx = np.mgrid[0:60, 0:60].astype(np.float32)
    slope = np.cos(np.deg2rad(degrees)) * xx + np.sin(np.deg2rad(degrees)) * yy
    levels = np.repeat(slope[None].astype(np.float32), 6, axis=0)
    rows, angle = peaks(direction_histograms(levels, np.array([[30.3, 29.8, 2.5, 1.0]])))
    assert rows.tolist() == [0]
    assert (angle[0] - degrees + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=5.1)


def plain_grid(level: np.ndarray, x: float, y: float, blur: float, angle_deg: float) -> np.ndarray:
    """The descriptor in plain numpy, one pixel after the other."""
    angle = np.deg2rad(angle_deg)
    bins = np.zeros((6, 6, 8))
    for j in range(1, level.shape[0] - 1):
        for i in range(1, level.shape[1] - 1):
            if (i - round(x)) % 2 or (j - round(y)) % 2:
                continue
            dx, dy = i - x, j - y
            column = (dx * np.cos(angle) + dy * np.sin(angle)) / (3 * blur)
            row = (dy * np.cos(angle) - dx * np.sin(angle)) / (3 * blur)
            if max(abs(row), abs(column)) >= 2.5:
                continue
            across, up = level[j, i + 1] - level[j, i - 1], level[j - 1, i] - level[j + 1, i]
            value = np.hypot(across, up) * np.exp(-(row**2 + column**2) / 8.0)
            direction = (np.arctan2(up, across) + angle) / (2 * np.pi) * 8
            places = (row + 2.5, column + 2.5, direction)
            for r, c, d in np.ndindex(2, 2, 2):
                whole_ = [int(np.floor(p)) + k for p, k in zip(places, (r, c, d), strict=True)]
                near = [1 - abs(p - w) for p, w in zip(places, whole_, strict=True)]
                bins[whole_[0], whole_[1], whole_[2] % 8] += value * np.prod(near)
    grid = bins[1:-1, 1:-1].ravel()
    return np.minimum(grid, 0.2 * np.linalg.norm(grid))


@pytest.mark.parametrize(
    "point", [(40.3, 35.7, 2.0, 33.0), (40.0, 35.0, 2.4, 90.0), (9.6, 60.2, 3.1, 201.0)]
)
def test_the_compiled_descriptor_is_the_plain_one(point: tuple[float, ...]) -> None:
    level = gaussian_octaves(grey(rendering("tissue", 3)))[1]
    x, y, blur, angle = point
    fast = gradient_grids(level, np.array([[x, y, blur, 2.0, angle]]))[0]
    plain = plain_grid(level[2].astype(np.float64), x, y, blur, angle)
    assert np.allclose(fast, plain, atol=2e-4 * plain.max())


def turned(image: np.ndarray, form: Form, quarter: bool) -> np.ndarray:
    image = 255.0 - image if form.inverted else image
    image = image[:, ::-1] if form.mirrored else image
    return np.ascontiguousarray(np.rot90(image) if quarter else image, dtype=np.float32)


@pytest.mark.parametrize("quarter", [False, True], ids=["upright", "quarter"])
@pytest.mark.parametrize("form", ALL_FORMS, ids=lambda f: f.words)
def test_a_turned_mirrored_or_inverted_panel_has_the_same_keypoints(
    form: Form, quarter: bool
) -> None:
    # An odd doubled size would have every octave start elsewhere in the mirrored panel.
    image = rounded("eosin")
    one = sift.detect(image, everywhere(image), whole(image))
    other = turned(image, form, quarter)
    two = sift.detect(other, everywhere(other), whole(image))
    back = two.xy
    if quarter:
        back = np.c_[image.shape[1] - 1 - back[:, 1], back[:, 0]]
    if form.mirrored:
        back = np.c_[image.shape[1] - 1 - back[:, 0], back[:, 1]]
    near = np.linalg.norm(one.xy[:, None] - back, axis=2) < 0.5
    near &= np.abs(np.log(one.size[:, None] / two.size)) < 0.1
    similar = sift_in_form(one.descriptors, form) @ two.descriptors.T
    best = np.where(near, similar, 0.0).max(axis=1)
    assert near.any(axis=1).mean() > (0.98 if form == AS_IS and not quarter else 0.8)
    assert np.median(best[near.any(axis=1)]) > 0.99


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (1, 300), (300, 1), (2, 2), (3, 40), (8, 8)])
@pytest.mark.parametrize("textured", [False, True])
def test_tiny_panels_do_no_harm(shape: tuple[int, int], textured: bool) -> None:
    rng = np.random.default_rng(1)
    image = rng.uniform(0, 255, shape) if textured else np.full(shape, 90.0)
    seen = sift.detect(image.astype(np.float32), np.ones(shape, bool), Describe())
    assert seen.descriptors.shape == (len(seen), 128)
    assert np.isfinite(seen.descriptors).all()
    if not textured or min(shape) == 1:
        assert len(seen) == 0


def test_the_same_panel_gives_the_same_bytes_and_no_more_than_asked_for() -> None:
    image = grey(rendering("brown", 3))
    settings = Describe(max_keypoints=150)
    one, two = (sift.detect(image.copy(), everywhere(image), settings) for _ in range(2))
    assert len(one) == 150
    for name in ("xy", "size", "angle_deg", "descriptors"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
        assert getattr(one, name).dtype == np.float32
    assert ((one.angle_deg >= 0.0) & (one.angle_deg <= 360.0)).all()
