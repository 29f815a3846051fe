"""What is masked, what is not, and that a mask never swallows a panel."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from figecho.config import Config
from figecho.model import ByteArray
from figecho.panels import panels_of
from figecho.screen.gaps import gaps
from figecho.screen.masks import overlay, usable
from figecho.sources import collect
from pictures import BLACK, WHITE, canvas, cells, dots, jpeg, rgb, strip, tissue, write


def seen(picture: ByteArray) -> np.ndarray:
    return usable(picture, overlay(picture))


def hidden_share(clean: ByteArray, marked: ByteArray) -> tuple[float, float]:
    """Share of the drawn pixels that are masked, and of the others that are."""
    drawn = (clean.astype(int) - marked).any(axis=2)
    masked = ~seen(marked)
    return float(masked[drawn].mean()), float(masked[~drawn].mean())


FIELDS = [
    pytest.param(cells(240, 320), WHITE, id="white-on-dark"),
    pytest.param(tissue(240, 320), BLACK, id="black-on-tissue"),
    pytest.param(tissue(240, 320), WHITE, id="white-on-tissue"),
]


@pytest.mark.parametrize(("field", "tone"), FIELDS)
def test_burned_in_text_is_masked(field: ByteArray, tone: tuple[int, int, int]) -> None:
    marked = field.copy()
    write(marked, "15.2 1.89", (10, 220), 0.9, tone)
    drawn, others = hidden_share(field, marked)
    # Tissue holds black and white of its own, which letters may grow together with.
    assert drawn > 0.85
    assert others < 0.08


def test_text_is_masked_in_jpeg_too() -> None:
    field = cells(240, 320)
    marked = field.copy()
    write(marked, "26.3 3.55", (10, 220), 0.9, WHITE)
    drawn = (field.astype(int) - marked).any(axis=2)
    assert (~seen(jpeg(marked, 85)))[drawn].mean() > 0.95


def test_upright_text_is_masked() -> None:
    field = tissue(320, 240)
    marked = np.ascontiguousarray(np.rot90(field))
    write(marked, "untreated", (30, 60), 0.9, WHITE)
    marked = np.ascontiguousarray(np.rot90(marked, -1))
    assert hidden_share(field, marked)[0] > 0.85


@pytest.mark.parametrize("thick", [2, 4, 8])
@pytest.mark.parametrize("tone", [WHITE, BLACK])
def test_scale_bars_are_masked(thick: int, tone: tuple[int, int, int]) -> None:
    field = tissue(240, 320) if tone == WHITE else 255 - cells(240, 320)
    marked = field.copy()
    marked[215 : 215 + thick, 230:300] = tone
    assert hidden_share(field, marked)[0] > 0.97


@pytest.mark.parametrize("thick", [1, 2, 3])
@pytest.mark.parametrize("tone", [WHITE, BLACK, (230, 120, 30), (30, 60, 250)])
def test_frame_lines_along_the_border_are_masked(thick: int, tone: tuple[int, int, int]) -> None:
    marked = tissue(120, 200)
    marked[:thick] = marked[-thick:] = tone
    marked[:, :thick] = marked[:, -thick:] = tone
    mask = seen(marked)
    inner = np.zeros_like(mask)
    inner[thick:-thick, thick:-thick] = True
    assert not mask[~inner].any()
    assert mask[inner].mean() > 0.85


def test_a_border_of_picture_is_kept() -> None:
    for picture in (tissue(120, 200), cells(120, 200), strip(60, 240)):
        assert seen(picture).mean() > 0.97


def test_thick_annotation_boxes_are_masked() -> None:
    field = tissue(240, 320)
    marked = field.copy()
    cv2.rectangle(marked, (180, 120), (260, 200), (30, 210, 20), 8)
    drawn, others = hidden_share(field, marked)
    assert drawn > 0.95
    assert others < 0.06


def test_arrows_are_masked() -> None:
    field = cells(240, 320)
    marked = field.copy()
    cv2.line(marked, (60, 60), (85, 85), WHITE, 4)
    cv2.fillConvexPoly(marked, np.array([[100, 100], [76, 88], [88, 76]]), WHITE)
    assert hidden_share(field, marked)[0] > 0.8


def test_axes_and_quadrant_lines_are_masked_and_dots_kept() -> None:
    plot = dots(200, 260, 300)
    marked = plot.copy()
    marked[100] = 0
    marked[:, 130] = 0
    mask = seen(marked)
    assert not mask[100].any()
    assert not mask[:, 130].any()
    events = plot.min(axis=2) < 128
    assert mask[events].mean() > 0.9


def plot_with_axes(ticks: bool = True) -> tuple[ByteArray, np.ndarray]:
    """A dot plot inside axes with crowded ticks and titles, and where its events are."""
    plot = canvas(260, 300)
    events = dots(180, 200, 250)
    plot[30:210, 60:260] = events
    inside = np.zeros(plot.shape[:2], bool)
    inside[30:210, 60:260] = events.min(axis=2) < 128
    plot[30:211, 58:60] = 0
    plot[210:212, 58:260] = 0
    for k in range(0, 180, 4 if ticks else 1000):
        plot[30 + k, 51:58] = 0
    write(plot, "Annexin V", (110, 245), 0.6, BLACK)
    return plot, inside


def test_axes_with_ticks_and_what_stands_around_them_are_masked_and_events_kept() -> None:
    plot, events = plot_with_axes()
    mask = seen(plot)
    assert not mask[100, 51:60].any()
    assert not mask[212:].any()
    assert mask[events].mean() > 0.85


def row_of_plots(frames: int = 3) -> tuple[ByteArray, np.ndarray]:
    """Three scatter plots of which some are framed, colour bars between; and where events are."""
    row = canvas(210, 760)
    events = np.zeros(row.shape[:2], bool)
    for k in range(3):
        x = 40 + 240 * k
        plot = dots(150, 160, 60, seed=k)
        row[30:180, x : x + 160] = plot
        events[30:180, x : x + 160] = plot.min(axis=2) < 128
        if k < frames:
            cv2.rectangle(row, (x, 30), (x + 159, 179), (190, 190, 190), 1)
            row[30:180, x + 164 : x + 172] = np.linspace(60, 200, 150)[:, None, None]
            for step in range(5):
                place = (x + 178, 40 + 32 * step)
                write(row, str(step), place, 0.25, BLACK)
                row[place[1] - 3, x + 172 : x + 175] = 0
    return row, events


def test_what_stands_between_plots_is_masked_and_their_events_are_kept() -> None:
    row, events = row_of_plots()
    mask = seen(row)
    for x in (200, 440, 680):
        assert not mask[30:180, x : x + 75].any()
    assert mask[events].mean() > 0.85


def test_a_plot_without_a_frame_beside_framed_ones_is_kept() -> None:
    row, events = row_of_plots(frames=2)
    alone = events.copy()
    alone[:, :520] = False
    assert seen(row)[alone].mean() > 0.85


def test_nothing_is_between_the_plots_of_a_panel_with_one() -> None:
    page = canvas(260, 300)
    shades = np.random.default_rng(2).integers(60, 250, (20, 12, 3), np.uint8)
    page[30:230, 40:160] = np.kron(shades, np.ones((10, 10, 1), np.uint8))
    page[60:200, 190:205] = np.linspace(60, 200, 140)[:, None, None]
    cv2.polylines(page, [np.array([[164, 40], [180, 40], [180, 120], [164, 120]])], False, BLACK)
    assert not gaps(page).any()


def test_what_stands_between_photographs_and_bands_on_white_is_kept() -> None:
    pair = canvas(200, 420)
    pair[10:190, 10:190] = tissue(180, 180)
    pair[10:190, 230:410] = tissue(180, 180, seed=1)
    cv2.circle(pair, (210, 100), 6, (120, 40, 40), -1)
    assert seen(pair)[96:105, 207:214].all()
    bands = canvas(120, 420)
    for k in range(4):
        cv2.ellipse(bands, (60 + 100 * k, 60), (34, 28), 0, 0, 360, (40, 40, 40), -1, cv2.LINE_AA)
    assert seen(bands)[40:80, 100:320].mean() > 0.9


def test_what_stands_around_lines_in_a_picture_is_kept() -> None:
    field = tissue(240, 320)
    marked = field.copy()
    marked[120, 40:280] = 0
    marked[40:200, 160] = 0
    mask = seen(marked)
    assert mask[:30].mean() > 0.9 and mask[:, :30].mean() > 0.9


@pytest.mark.parametrize("letter", ["A", "B", "D", "G"])
@pytest.mark.parametrize(("field", "tone"), FIELDS[:1])
def test_the_letter_of_a_panel_is_masked(
    field: ByteArray, tone: tuple[int, int, int], letter: str
) -> None:
    marked = field.copy()
    write(marked, letter, (6, 24), 0.8, tone)
    drawn, others = hidden_share(field, marked)
    assert drawn > 0.9
    assert others < 0.05


def test_a_round_cell_in_the_corner_is_no_letter() -> None:
    field = cells(240, 320, count=1, peak=0)
    cv2.circle(field, (14, 14), 7, WHITE, -1, cv2.LINE_AA)
    assert seen(field)[8:20, 8:20].mean() > 0.9


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(dots(100, 180, 400), id="dots"),
        pytest.param(dots(180, 180, 900), id="a-dense-cloud-of-dots"),
        pytest.param(cells(240, 320, count=40, peak=249), id="saturated-nuclei"),
        pytest.param(strip(60, 300), id="bands"),
        pytest.param(tissue(240, 320), id="tissue"),
        pytest.param(255 - cells(240, 320, count=40, peak=249), id="dark-cells"),
    ],
)
def test_pictures_are_not_taken_for_labels(picture: ByteArray) -> None:
    over = overlay(picture)
    assert (over.labels | over.lines | over.bars).mean() < 0.01


def test_black_bands_of_a_gel_are_not_text() -> None:
    gel = canvas(240, 320, (190, 190, 190))
    for lane in range(6):
        for row in (40, 70, 95, 150, 200):
            cv2.ellipse(gel, (35 + 50 * lane, row), (18, 4), 0, 0, 360, (10, 10, 10), -1)
    assert overlay(gel).labels.mean() < 0.01


def test_red_letters_are_masked_in_jpeg() -> None:
    """Compression leaves coloured letters less even than white and black ones."""
    field = tissue(240, 320)
    dark = (field // 4).astype(np.uint8)
    stamped = dark.copy()
    write(stamped, "UVP01459 Mar", (40, 220), 0.7, (255, 0, 0))
    drawn = (np.abs(stamped.astype(int) - dark) > 60).any(axis=2)
    assert (~seen(jpeg(stamped, 75)))[drawn].mean() > 0.95


def labelled_lane() -> tuple[ByteArray, ByteArray]:
    """One lane drawn out to a square, bands from side to side, without and with labels."""
    rng = np.random.default_rng(5)
    membrane = 230 - 7 * cv2.GaussianBlur(rng.normal(0, 1, (256, 1)), (1, 0), 0.01, sigmaY=1.5)
    for row in (60, 95, 130, 200):
        membrane[row : row + 3] -= 70
    clean = rgb(np.repeat(membrane, 256, axis=1))
    marked = clean.copy()
    write(marked, "H", (4, 22), 0.7, BLACK)
    write(marked, "Vehicle", (180, 22), 0.5, BLACK)
    write(marked, "37.6 4.97", (4, 244), 0.6, BLACK)
    write(marked, "200 um", (190, 232), 0.5, BLACK)
    marked[244:247, 188:250] = 0
    return clean, marked


def test_light_membrane_under_a_label_is_no_plate() -> None:
    clean, marked = labelled_lane()
    drawn, rest = hidden_share(clean, marked)
    assert drawn > 0.95
    assert rest < 0.2


def test_a_strip_that_was_cut_off_with_the_labels_shows_nothing_else() -> None:
    clean, marked = labelled_lane()
    drawn, rest = hidden_share(clean[212:], marked[212:])
    assert drawn > 0.95
    assert rest < 0.2


def test_a_mask_never_swallows_a_panel() -> None:
    page = canvas(120, 420)
    write(page, "nothing but text", (10, 50), 1.2, BLACK)
    write(page, "in this panel", (10, 100), 1.2, BLACK)
    assert seen(page).mean() > 0.6


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("tone", [0, 128, 255])
@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 9), (1, 500), (500, 1), (3, 900), (17, 900), (900, 18), (64, 64)]
)
def test_any_shape_of_one_tone_has_a_mask(shape: tuple[int, int], tone: int) -> None:
    assert seen(canvas(*shape, (tone, tone, tone))).shape == shape


def test_no_real_crop_is_lost(real_data: Path) -> None:
    """Every crop of the published examples stays, most of it usable."""
    crops = sorted((real_data / "bik2016").glob("Fig?/*_*.png"))
    crops = [path for path in crops if "cut_out" not in path.name and "Full" not in path.name]
    assert len(crops) == 28, os.fspath(real_data)
    config = Config()
    for figure in collect(crops, config.limits).figures:
        panels, aside = panels_of(figure, config)
        assert not aside
        (panel,) = panels
        assert panel.usable.mean() > 0.7, figure.source


@pytest.mark.parametrize("side", [80, 110, 160])
@pytest.mark.parametrize("tone", [WHITE, BLACK])
def test_the_length_of_a_scale_bar_is_masked_in_a_small_panel(
    side: int, tone: tuple[int, int, int]
) -> None:
    field = cells(side, side) if tone == WHITE else 255 - cells(side, side)
    marked = field.copy()
    marked[side - 11 : side - 8, side - 28 : side - 9] = tone
    draw = ImageDraw.Draw(page := Image.fromarray(marked))
    draw.text((side - 33, side - 24), "100 um", tone, ImageFont.load_default(9))
    marked = np.asarray(page)
    drawn = (np.abs(field.astype(int) - marked) > 90).any(axis=2)
    assert (~seen(marked))[drawn].mean() > 0.95


@pytest.mark.parametrize("side", [120, 150])
def test_cells_beside_a_scale_bar_are_left_in(side: int) -> None:
    field = cells(side, side, count=14)
    marked = field.copy()
    marked[side - 12 : side - 9, side - 40 : side - 10] = WHITE
    masked = ~seen(marked)
    masked[side - 24 :, side - 52 :] = False
    assert not masked.any()
