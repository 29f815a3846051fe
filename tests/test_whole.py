"""Copies inside a photograph that were only moved, among what repeats there by nature."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.echo import Echo
from figecho.match.whole import detail_alike, same_around, whole_motion, whole_motions
from figecho.pairs import echoes
from figecho.verify.bands import octaves_of
from figecho.verify.exact import grainy, same_nats, same_pixels
from figecho.verify.outline import filled
from scenes import CONFIG, described, everywhere, jpeg

SIDE = 56
SOURCE, TARGET = (31, 43), (187, 148)


def facade(seed: int = 1, height: int = 240, width: int = 300) -> np.ndarray:
    """Windows of one kind in a row, as a camera takes them: the grain is each one's own."""
    rng = np.random.default_rng(seed)
    window = cv2.GaussianBlur(rng.normal(0, 60, (24, 30)).astype(np.float32), (0, 0), 1.2)
    window[4:20, 6:24] -= 50
    tiles = np.tile(window, (height // 24 + 1, width // 30 + 1))[:height, :width]
    light = np.linspace(-15, 15, width)[None, :]
    grain = cv2.GaussianBlur(rng.normal(0, 9, (height, width)).astype(np.float32), (0, 0), 0.6)
    return np.clip(np.rint(130 + tiles + light + grain), 0, 255).astype(np.uint8)


def copied(image: np.ndarray, turns: int = 0, *, mirrored: bool = False) -> np.ndarray:
    """Paste a part of a picture elsewhere, off the beat of its windows."""
    pasted = image.copy()
    (x, y), (u, v) = SOURCE, TARGET
    part = image[y : y + SIDE, x : x + SIDE]
    pasted[v : v + SIDE, u : u + SIDE] = np.rot90(part[:, ::-1] if mirrored else part, turns)
    return pasted


def shifted(x: float, y: float) -> np.ndarray:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def same_inside(image: np.ndarray) -> list[Echo]:
    one = described(image)
    return [e for e in echoes(one, one, CONFIG) if e.same]


def covered(polygon: np.ndarray, corner: tuple[int, int], shape: tuple[int, ...]) -> float:
    """Return how far a polygon is the square at a corner: their common share of both."""
    found = filled(polygon, (shape[1], shape[0]))
    truth = np.zeros(shape[:2], bool)
    truth[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE] = True
    return float((found & truth).sum() / (found | truth).sum())


def two_of_a_kind(*, copied_with_grain: bool) -> np.ndarray:
    """Return a large picture of one shape at two places, taken twice or copied with its grain."""
    rng = np.random.default_rng(1)
    shapes = cv2.GaussianBlur(rng.normal(0, 1, (560, 640)).astype(np.float32), (0, 0), 3.0)
    shapes *= 40.0 / shapes.std()
    grain = rng.normal(0, 10, shapes.shape)
    for plane in (shapes, grain) if copied_with_grain else (shapes,):
        plane[330:430, 400:520] = plane[90:190, 120:240]
    return np.clip(np.rint(120 + shapes + grain), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("quality", [None, 100])
@pytest.mark.parametrize("turns", [0, 1, 2])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_part_that_was_only_moved_is_found_among_windows_that_are_alike(
    turns: int, mirrored: bool, quality: int | None
) -> None:
    image = copied(facade(), turns, mirrored=mirrored)
    (best, *_) = same_inside(image if quality is None else jpeg(image, quality))
    ends = (SOURCE, TARGET) if best.polygon_a[:, 1].mean() < 120 else (TARGET, SOURCE)
    assert covered(best.polygon_a, ends[0], image.shape) > 0.75
    assert covered(best.polygon_b, ends[1], image.shape) > 0.75
    assert np.sign(np.linalg.det(best.b_from_a)) == (-1 if mirrored else 1)
    assert (best.b_from_a == np.rint(best.b_from_a)).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_windows_that_are_alike_by_nature_are_not_the_same(seed: int) -> None:
    assert same_inside(facade(seed)) == []


def test_a_copy_that_was_resampled_is_not_the_same_to_the_pixel() -> None:
    image = facade()
    part = image[SOURCE[1] : SOURCE[1] + SIDE, SOURCE[0] : SOURCE[0] + SIDE]
    turned = cv2.warpAffine(part, cv2.getRotationMatrix2D((28, 28), 20, 1), (56, 56))
    image[160:200, 195:235] = turned[8:48, 8:48]
    assert same_inside(image) == []


def test_a_large_panel_is_asked_for_its_grain_in_full_size() -> None:
    one = described(two_of_a_kind(copied_with_grain=False))
    assert echoes(one, one, CONFIG) == []
    copy = described(two_of_a_kind(copied_with_grain=True))
    (best, *_) = echoes(copy, copy, CONFIG)
    assert best.same
    assert np.abs(best.b_from_a[:2, 2]).tolist() == [280.0, 240.0]


def test_type_and_symbols_repeat_to_the_pixel_without_being_copies() -> None:
    page = np.full((240, 300), 235, np.uint8)
    for y in range(30, 230, 40):
        for x in range(10, 280, 90):
            cv2.putText(page, "Kinase 4", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 20, 1, cv2.LINE_AA)
            cv2.circle(page, (x + 30, y + 12), 5, 90, -1, cv2.LINE_AA)
    usable = everywhere(page)
    octaves = octaves_of(page.astype(np.float32), usable)
    move = shifted(90.0, 40.0)
    assert same_pixels(octaves, move, usable, grainy(page.astype(np.float32))) is None
    assert same_pixels(octaves, move, usable, usable) is not None


def test_a_screen_of_dots_agrees_under_other_motions_as_well() -> None:
    assert same_nats(0.995, 200.0, repeat=0.1) > 1000.0
    assert same_nats(0.995, 200.0, repeat=0.995) == 0.0
    assert same_nats(0.94, 200.0, repeat=0.1) == 0.0
    assert same_nats(0.995, 15.0, repeat=0.1) == 0.0


def test_grain_is_where_pixels_differ_from_their_neighbours() -> None:
    image = facade().astype(np.float32)
    image[:, 150:] = 20.0
    grain = grainy(image)
    assert grain[:, :130].all()
    assert not grain[:, 170:].any()


def test_the_nearest_whole_motion_holds_where_the_points_are() -> None:
    points = np.array([[100.0, 80.0], [120.0, 90.0], [110.0, 100.0]])
    off = np.array([[1.01, 0.02, 39.0], [-0.02, 1.0, -21.5], [0.0, 0.0, 1.0]])
    found = whole_motion(off, points)
    assert found is not None
    centre = np.array([110.0, 90.0, 1.0])
    assert np.abs((found - off) @ centre).max() <= 0.5
    assert (found[:2, :2] == np.eye(2)).all()


@pytest.mark.parametrize("turn, scale", [(12.0, 1.0), (45.0, 1.0), (0.0, 1.2), (90.0, 0.8)])
def test_what_turns_or_scales_is_no_whole_motion(turn: float, scale: float) -> None:
    c, s = scale * np.cos(np.deg2rad(turn)), scale * np.sin(np.deg2rad(turn))
    motion = np.array([[c, -s, 30.0], [s, c, 5.0], [0.0, 0.0, 1.0]])
    assert whole_motion(motion, np.array([[10.0, 10.0]])) is None


def test_a_motion_is_mended_by_a_pixel_and_refused_where_the_noise_differs() -> None:
    image = copied(facade()).astype(np.float32)
    rng = np.random.default_rng(4)
    points = rng.uniform([45, 57], [73, 85], (12, 2))
    move = shifted(156.0, 105.0)
    wrong = shifted(157.0, 104.0)
    beat = shifted(30.0, 24.0)
    usable = everywhere(image)
    assert (same_around(image, usable, wrong, points) == move).all()
    assert same_around(image, usable, beat, points) is None
    assert same_around(image, np.zeros_like(usable), move, points) is None


def test_matches_are_read_one_way_and_few_tell_no_motion() -> None:
    image = copied(facade()).astype(np.float32)
    usable = everywhere(image)
    a = np.array([[50.0, 60.0], [60.0, 70.0], [70.0, 80.0], [55.0, 75.0]])
    b = a + np.array([156.0, 105.0])
    both = np.r_[a[:2], b[2:]], np.r_[b[:2], a[2:]]
    turn, cosine = np.zeros(4, np.float32), np.full(4, 0.99, np.float32)
    ((move, points),) = whole_motions(image, usable, *both, turn, cosine, mirrored=False, most=5)
    assert move[:2, 2].tolist() == [156.0, 105.0]
    assert sorted(points.tolist()) == sorted(a.tolist())
    few = whole_motions(
        image, usable, a[:2], b[:2], turn[:2], cosine[:2], mirrored=False, most=5
    )  # fmt: skip
    assert few == []


def test_compiled_detail_agrees_as_plain_numpy_says() -> None:
    rng = np.random.default_rng(5)
    grey = rng.uniform(0, 255, (90, 120)).astype(np.float32)
    grey[50:80, 60:100] = grey[10:40, 20:60] + rng.normal(0, 20, (30, 40))
    usable = everywhere(grey)
    usable[85:, :] = False
    points = np.array([[30, 20], [40, 30], [45, 70], [3, 30], [50, 78]])
    turns = np.array([np.eye(2), [[0, -1], [1, 0]], np.diag([-1, 1]), np.eye(2), np.eye(2)])
    shifts = np.array([[40, 40], [60, 10], [110, -45], [40, 40], [20, -30]])
    found = detail_alike(grey, usable, points, turns, shifts)
    detail = grey.copy()
    rows, columns = grey[:-2, 1:-1] + grey[2:, 1:-1], grey[1:-1, :-2] + grey[1:-1, 2:]
    detail[1:-1, 1:-1] -= 0.25 * (rows + columns)
    spread = np.stack(np.meshgrid(np.arange(-7, 8), np.arange(-7, 8)), axis=-1).reshape(-1, 2)
    for k in range(3):
        x, y = (points[k] + spread).T
        u, v = (turns[k] @ points[k] + shifts[k] + spread @ turns[k].T).astype(int).T
        a, b = detail[y, x].astype(float), detail[v, u].astype(float)
        assert found[k] == pytest.approx(a @ b / np.sqrt((a @ a) * (b @ b)), abs=1e-4)
    # One too near the border, one that reaches into what is masked.
    assert found[3:].tolist() == [0.0, 0.0]
    assert found[0] > 0.9


@pytest.mark.parametrize("seed", [3, 4, 10])
def test_grain_tells_where_a_copy_is_the_same_to_the_pixel_by_little(seed: int) -> None:
    rng = np.random.default_rng(seed)
    broad, fine = (
        cv2.GaussianBlur(rng.normal(0, level, (200, 200)), (0, 0), sigma)
        for level, sigma in ((180, 6), (40, 0.8))
    )
    picture = np.asarray(128 + broad + fine)
    picture[110:136, 120:146] = picture[40:66, 30:56]
    panel = described(jpeg(np.clip(np.rint(picture), 0, 255).astype(np.uint8), 98))
    (found,) = echoes(panel, panel, CONFIG)
    assert found.nats > 150.0
