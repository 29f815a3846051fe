"""Compound figures fall into their panels; what is one picture stays whole."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from figecho.model import ByteArray
from figecho.panels.cut import split
from panel_iou import overlap, sheets
from pictures import BLACK, WHITE, canvas, cells, chart, dots, jpeg, put, rgb, strip, tissue, write


def boxes(picture: ByteArray) -> list[list[int]]:
    return [box.as_list() for box in split(picture)]


def whole(picture: ByteArray) -> list[list[int]]:
    return [[0, 0, picture.shape[1], picture.shape[0]]]


def test_a_grid_with_white_gutters() -> None:
    sheet = canvas(330, 500)
    laid = [
        put(sheet, tissue(140, 220, seed=2 * row + column), 15 + 235 * column, 15 + 155 * row)
        for row in range(2)
        for column in range(2)
    ]
    assert boxes(sheet) == laid


def test_labels_around_panels_are_left_out() -> None:
    sheet = canvas(300, 560)
    laid = [put(sheet, tissue(200, 230, seed=k), 40 + 260 * k, 60) for k in range(2)]
    write(sheet, "A", (8, 40), 1.0, BLACK)
    write(sheet, "control", (100, 45), 0.7, BLACK)
    write(sheet, "treated", (360, 45), 0.7, BLACK)
    assert boxes(sheet) == laid


def test_strips_of_a_blot_are_panels() -> None:
    sheet = canvas(240, 380)
    laid = [put(sheet, strip(40, 240, seed=k), 30, 20 + 70 * k) for k in range(3)]
    for k, name in enumerate(("p53", "ERK", "actin")):
        write(sheet, name, (290, 48 + 70 * k), 0.6, BLACK)
    assert boxes(sheet) == laid


def test_pale_strips_are_found_to_the_pixel() -> None:
    sheet = canvas(200, 400)
    pale = np.clip(strip(50, 300).astype(int) + 35, 0, 242).astype(np.uint8)
    laid = [put(sheet, pale, 50, 30), put(sheet, pale[::-1], 50, 110)]
    assert boxes(sheet) == laid


def test_black_gutters_between_bright_fields() -> None:
    sheet = canvas(170, 470, BLACK)
    laid = [put(sheet, tissue(150, 220, seed=k), 10 + 230 * k, 10) for k in range(2)]
    assert boxes(sheet) == laid


@pytest.mark.parametrize("gap", [2, 3, 5])
def test_thin_lines_between_dark_fields(gap: int) -> None:
    fields = [cells(160, 200, seed=k) for k in range(2)]
    sheet = np.concatenate([fields[0], canvas(160, gap), fields[1]], axis=1)
    first, second = boxes(sheet)
    assert first[1:] == [0, first[2], 160]
    assert abs(first[2] - 200) <= 1
    assert abs(second[0] - 200 - gap) <= 1


def near(found: list[list[int]], laid: list[list[int]], within_px: int) -> bool:
    return len(found) == len(laid) and np.abs(np.array(found) - np.array(laid)).max() <= within_px


@pytest.mark.parametrize("packed", [False, True], ids=["png", "jpeg"])
def test_dark_fields_on_black(packed: bool) -> None:
    sheet = canvas(340, 440, BLACK)
    laid = [
        put(sheet, cells(150, 200, seed=k), 10 + 210 * (k % 2), 10 + 160 * (k // 2))
        for k in range(4)
    ]
    assert near(boxes(jpeg(sheet, 90) if packed else sheet), laid, 4)


def test_a_montage_on_black_may_have_empty_places() -> None:
    sheet = canvas(330, 640, BLACK)
    laid = [
        put(sheet, cells(150, 200, seed=k), 10 + 210 * (k % 3), 10 + 160 * (k // 3))
        for k in range(4)
    ]
    assert boxes(sheet) == laid


def test_bright_fields_behind_narrow_black_gutters_in_a_jpeg() -> None:
    sheet = canvas(330, 640, BLACK)
    bright = [np.clip(tissue(158, 208, seed=k).astype(int) + 60, 0, 255) for k in range(6)]
    laid = [
        put(sheet, field.astype(np.uint8), 4 + 212 * (k % 3), 4 + 162 * (k // 3))
        for k, field in enumerate(bright)
    ]
    assert near(boxes(jpeg(sheet, 90)), laid, 5)


def test_pale_fields_on_white_in_a_jpeg() -> None:
    sheet = canvas(326, 446)
    pale = [
        np.clip(225 + (tissue(154, 214, seed=k).astype(int) - 120) // 3, 0, 252) for k in (0, 1)
    ]
    laid = [
        put(sheet, pale[k % 2].astype(np.uint8), 6 + 220 * (k % 2), 6 + 160 * (k // 2))
        for k in range(4)
    ]
    assert near(boxes(jpeg(sheet, 90)), laid, 4)


def test_framed_strips_whose_sides_line_up_are_no_frame() -> None:
    sheet = canvas(144, 344)
    laid = []
    for k in range(2):
        sheet[33 + 52 * k : 78 + 52 * k, 13:296] = 0
        pale = np.clip(strip(43, 281, seed=k).astype(int) + 50, 0, 248).astype(np.uint8)
        laid.append(put(sheet, pale, 14, 34 + 52 * k))
    assert near(boxes(jpeg(sheet, 90)), laid, 2)


@pytest.mark.parametrize(
    ("seed", "field"),
    [(203, "transmission"), (205, "invasion"), (301, "invasion"), (301, "tissue")],
)
def test_every_panel_of_a_generated_figure_is_cut(seed: int, field: str) -> None:
    """Framed strips amid letters, patchy stain with bare sides, cells smeared into the gutter."""
    for sheet in sheets(seed, [field]):
        found = split(sheet.image if sheet.image.ndim == 3 else rgb(sheet.image))
        assert len(found) == len(sheet.laid)
        assert min(max(overlap(box, other) for other in found) for box in sheet.laid) >= 0.75


def test_dark_cells_behind_gutters_that_compression_smeared() -> None:
    sheet = canvas(4 + 4 * 217, 282, BLACK)
    laid = []
    for k in range(4):
        rng = np.random.default_rng(k)
        field = rgb(rng.normal(17, 3, (213, 274)).clip(8, 30))
        for _ in range(30):
            x, y = int(rng.integers(-10, 270)), int(rng.integers(-10, 210))
            cv2.ellipse(field, (x, y), (12, 9), 30, 0, 360, (20, 40, 230), -1, cv2.LINE_AA)
        laid.append(put(sheet, field, 4, 4 + 217 * k))
    assert near(boxes(jpeg(sheet, 90)), laid, 5)


def test_a_field_that_touches_its_neighbours_labels() -> None:
    sheet = canvas(220, 520)
    laid = [put(sheet, tissue(180, 240, seed=k), 10 + 250 * k, 30) for k in range(2)]
    write(sheet, "untreated", (60, 26), 0.7, BLACK)
    assert boxes(sheet) == laid


def test_compression_moves_no_side_by_more_than_the_smear() -> None:
    sheet = canvas(330, 500)
    laid = [put(sheet, tissue(140, 220, seed=k), 15 + 235 * k, 15) for k in range(2)]
    found = boxes(jpeg(sheet, 80))
    assert np.abs(np.array(found) - np.array(laid)).max() <= 4


def test_a_chart_beside_a_micrograph_is_not_lost() -> None:
    sheet = canvas(340, 760)
    field = put(sheet, tissue(300, 300), 20, 20)
    put(sheet, chart(300, 400), 340, 20)
    found = boxes(sheet)
    assert field in found
    assert any(x >= 330 and w > 300 for x, _, w, _ in found)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(tissue(300, 400), id="micrograph"),
        pytest.param(cells(300, 400), id="dark-field"),
        pytest.param(jpeg(cells(300, 400)), id="dark-field-jpeg"),
        pytest.param(strip(60, 400), id="strip"),
        pytest.param(dots(200, 300, 300), id="dot-plot"),
        pytest.param(dots(28, 58, 8), id="few-dots"),
        pytest.param(chart(), id="chart"),
        pytest.param(canvas(200, 300), id="blank"),
        pytest.param(canvas(1, 1), id="pixel"),
    ],
)
def test_one_picture_stays_whole(picture: ByteArray) -> None:
    assert boxes(picture) == whole(picture)


def test_an_overexposed_blot_is_not_shredded() -> None:
    blot = canvas(300, 400)
    for row in (60, 150, 240):
        for column in range(5):
            cv2.ellipse(blot, (50 + 75 * column, row), (28, 9), 0, 0, 360, (20, 20, 20), -1)
    assert boxes(blot) == whole(blot)


def test_dark_field_thresholded_to_black_stays_whole() -> None:
    field = cells(300, 400)
    field[field < 14] = 0
    assert boxes(field) == whole(field)


def test_a_dark_band_with_soft_sides_is_no_gutter() -> None:
    light = np.clip(np.abs(np.arange(300) - 150) / 60.0 - 0.3, 0.04, 1)[:, None, None]
    field = np.rint(tissue(300, 400) * light).astype(np.uint8)
    assert boxes(field) == whole(field)
    assert boxes(jpeg(field)) == whole(field)


@pytest.mark.parametrize("tone", [190, 225])
def test_bands_across_a_lane_are_no_panels(tone: int) -> None:
    lane = np.full((300, 300), float(tone))
    for at in (60, 62, 150, 205, 206):
        lane[at] -= 60
    noise = np.random.default_rng(0).normal(0, 0.7, lane.shape)
    field = rgb(cv2.GaussianBlur(lane, (0, 0), 1.5) + noise)
    assert boxes(jpeg(field, 92)) == whole(field)


def smeared_lanes(seed: int, lanes: int = 7, gap_px: int = 5, ground: float = 0.0) -> ByteArray:
    """Lanes of one gel on a dark ground, each a smear with the same bands and a few of its own."""
    rng = np.random.default_rng(seed)
    y = np.arange(150)[:, None]
    at = rng.uniform(15, 135, 5)
    lane_px = 28
    gel = np.full((190, 12 + lanes * (lane_px + gap_px)), ground)
    for k in range(lanes):
        light = np.full((150, 1), 30.0)
        for place in (*at, *rng.uniform(15, 135, 2)):
            light = light + rng.uniform(60, 160) * np.exp(-(((y - place) / 2.5) ** 2))
        left = 8 + k * (lane_px + gap_px)
        gel[20:170, left : left + lane_px] += light + rng.normal(0, 2, (150, lane_px))
    return rgb(gel)


@pytest.mark.parametrize("ground", [0.0, 45.0])
@pytest.mark.parametrize("gap_px", [5, 22, 45])
@pytest.mark.parametrize("seed", range(4))
def test_lanes_of_a_gel_on_a_dark_ground_are_no_panels(
    seed: int, gap_px: int, ground: float
) -> None:
    gel = smeared_lanes(seed, gap_px=gap_px, ground=ground)
    assert boxes(gel) == whole(gel)


@pytest.mark.parametrize("seed", range(4))
def test_gels_of_many_lanes_side_by_side_on_black_are_panels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sheet = canvas(220, 640, BLACK)
    at = rng.uniform(20, 180, 3)
    laid = [put(sheet, _gel(rng, at), 10 + 312 * k, 10) for k in range(2)]
    assert near(boxes(sheet), laid, 2)


def _gel(rng: np.random.Generator, at: NDArray[np.float64]) -> ByteArray:
    """Six lanes on a grey membrane, all with bands at the given heights."""
    y, x = np.mgrid[:200.0, :300.0]
    light = np.full(y.shape, 140.0)
    for lane in range(6):
        across = np.abs(x - 27 - 49 * lane) < 17
        for place in at:
            light -= rng.uniform(20, 90) * across * np.exp(-(((y - place) / 4.0) ** 2))
    return rgb(light + rng.normal(0, 3, y.shape))


@pytest.mark.parametrize("seed", range(4))
def test_channels_of_one_field_on_black_are_panels(seed: int) -> None:
    sheet = canvas(180, 660, BLACK)
    field = np.clip(tissue(160, 200, seed=seed).astype(int) + 20, 0, 255).astype(np.uint8)
    laid = [put(sheet, (field * share).astype(np.uint8), 8 + 215 * k, 10)
            for k, share in enumerate((1.0, 0.8, 0.6))]  # fmt: skip
    assert near(boxes(sheet), laid, 2)


def test_quadrants_of_a_dot_plot_stay_together() -> None:
    plot = dots(240, 240, 400)
    plot[:, 118:120] = 0
    plot[118:120] = 0
    plot[[0, -1]] = 0
    plot[:, [0, -1]] = 0
    assert boxes(plot) == whole(plot)


def test_bars_of_a_chart_are_no_panels() -> None:
    plot = canvas(300, 500)
    for k, tone in enumerate([(200, 60, 60), (60, 60, 200), (90, 160, 90)]):
        plot[60 + 40 * k : 280, 60 + 140 * k : 140 + 140 * k] = tone
    assert boxes(plot) == whole(plot)


def test_panels_do_not_overlap_and_lie_inside() -> None:
    sheet = canvas(500, 620, (250, 250, 250))
    rng = np.random.default_rng(5)
    for k in range(6):
        h, w = int(rng.integers(90, 150)), int(rng.integers(120, 190))
        put(sheet, tissue(h, w, seed=k), 10 + 205 * (k % 3), 10 + 240 * (k // 3))
    taken = np.zeros(sheet.shape[:2], int)
    for x, y, w, h in boxes(jpeg(sheet)):
        assert x >= 0 <= y
        assert x + w <= 620
        assert y + h <= 500
        taken[y : y + h, x : x + w] += 1
    assert taken.max() == 1


def test_a_cut_repeats_itself() -> None:
    sheet = canvas(200, 500, WHITE)
    put(sheet, rgb(np.tile(np.arange(200.0) + 20, (150, 1))), 20, 20)
    put(sheet, tissue(150, 200), 260, 20)
    assert boxes(sheet) == boxes(sheet.copy())


def pale(height: int, width: int, seed: int) -> ByteArray:
    """Tissue with clefts as white as paper, many of them at its sides."""
    field = tissue(height, width, seed)
    field = np.clip(field.astype(int) + 70, 0, 255).astype(np.uint8)
    field[field > 222] = 255
    return field


@pytest.mark.parametrize("quality", [None, 85])
def test_pale_tissue_side_by_side_is_cut(quality: int | None) -> None:
    sheet = canvas(160, 500)
    laid = [put(sheet, pale(120, 220, seed=k), 15 + 240 * k, 20) for k in range(2)]
    cut = boxes(sheet if quality is None else jpeg(sheet, quality))
    assert len(cut) == 2
    assert np.abs(np.array(cut) - np.array(laid)).max() <= 4


def test_pale_tissue_alone_stays_whole() -> None:
    assert len(boxes(pale(160, 300, seed=3))) == 1


def test_what_ends_at_different_heights_is_no_row_of_pictures() -> None:
    # Two clouds of a scatter plot are apart too, but nothing cuts them off at one line.
    sheet = canvas(260, 420)
    cv2.ellipse(sheet, (110, 120), (70, 60), 0, 0, 360, (90, 90, 200), -1)
    cv2.ellipse(sheet, (310, 160), (60, 75), 0, 0, 360, (200, 90, 90), -1)
    assert boxes(sheet) == whole(sheet)


def test_a_strip_too_pale_for_a_first_look_is_found_beside_darker_ones() -> None:
    sheet = canvas(200, 400)
    dark, light = strip(40, 300, seed=1), strip(40, 300, seed=2)
    light = np.clip(light.astype(int) + 45, 0, 244).astype(np.uint8)
    laid = [put(sheet, dark, 50, 20), put(sheet, light, 50, 75), put(sheet, dark[::-1], 50, 130)]
    assert boxes(sheet) == laid


def test_a_dark_field_does_not_keep_bright_ones_beside_it_together() -> None:
    sheet = canvas(340, 480, BLACK)
    laid = [put(sheet, tissue(100, 140, seed=k), 10 + 155 * k, 10) for k in range(3)]
    put(sheet, cells(180, 300), 10, 130)
    found = boxes(sheet)
    assert [box for box in found if box in laid] == laid


@pytest.mark.parametrize("tone", [244, 250, 254])
def test_a_field_hardly_off_white_is_cut_without_a_fault(tone: int) -> None:
    sheet = canvas(200, 300)
    noise = np.random.default_rng(1).normal(0, 0.8, (120, 180))
    put(sheet, rgb(tone + noise), 40, 30)
    assert all(box[2] > 0 and box[3] > 0 for box in boxes(sheet))
