"""What is set aside, and above all what is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from figecho.config import Screen
from figecho.model import ByteArray, ScreenReason
from figecho.screen.graphics import is_drawn, is_filled
from figecho.screen.judge import reason
from figecho.screen.masks import overlay, usable
from pictures import BLACK, canvas, cells, chart, dots, jpeg, rgb, strip, tissue, write

RNG = np.random.default_rng(3)
Y, X = np.mgrid[-1:1:200j, -1:1:260j]


def judged(picture: ByteArray, screen: Screen | None = None) -> ScreenReason | None:
    over = overlay(picture)
    return reason(picture, usable(picture, over), over, screen or Screen())


def paragraph() -> ByteArray:
    page = canvas(200, 420)
    for k, line in enumerate(("Figure 3. Expression of", "the receptor after 24 h", "(n = 3).")):
        write(page, line, (10, 40 + 50 * k), 0.9, BLACK)
    return page


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(canvas(100, 120), id="white"),
        pytest.param(canvas(100, 120, (40, 90, 140)), id="one-colour"),
        pytest.param(rgb(128 + RNG.normal(0, 1, (100, 120))), id="faint-noise"),
        pytest.param(jpeg(rgb(200 + RNG.normal(0, 1.5, (100, 120))), 60), id="jpeg-noise"),
    ],
)
def test_one_tone_is_blank(picture: ByteArray) -> None:
    assert judged(picture) == "blank"


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(rgb(90 + 60 * X), id="gradient"),
        pytest.param(jpeg(rgb(120 + 80 * X * Y)), id="saddle"),
        pytest.param(rgb(220 - 70 * (X**2 + Y**2)), id="vignette"),
        pytest.param(rgb(120 + RNG.normal(0, 5, X.shape)), id="noise"),
        pytest.param(rgb(220 - 60 * (X**2 + Y**2) + RNG.normal(0, 3, X.shape)), id="lit-noise"),
    ],
)
def test_smooth_light_and_noise_are_low_entropy(picture: ByteArray) -> None:
    assert judged(picture) == "low-entropy"


def test_a_chart_is_a_plot_in_png_and_jpeg() -> None:
    assert judged(chart()) == "plot"
    assert judged(jpeg(chart(), 80)) == "plot"


def test_a_bar_chart_is_a_plot() -> None:
    plot = canvas(300, 420)
    cv2.line(plot, (50, 20), (50, 260), BLACK, 2)
    cv2.line(plot, (50, 260), (400, 260), BLACK, 2)
    for k, height in enumerate((120, 200, 80)):
        plot[260 - height : 260, 90 + 100 * k : 150 + 100 * k] = (70, 110, 180)
        write(plot, f"day {k}", (85 + 100 * k, 285), 0.6, BLACK)
    write(plot, "Relative level", (120, 18), 0.6, BLACK)
    assert judged(plot) == "plot"


def test_a_paragraph_is_text() -> None:
    assert judged(paragraph()) == "text"
    assert judged(jpeg(paragraph())) == "text"


def word(text: str = "Concentration") -> ByteArray:
    """A word cut out so closely that its letters touch the border, as panels of axes are."""
    page = Image.new("RGB", (600, 90), "white")
    ImageDraw.Draw(page).text((20, 20), text, "black", ImageFont.load_default(42))
    wide = np.array(page)
    ys, xs = np.nonzero(wide.min(axis=2) < 128)
    return np.ascontiguousarray(wide[ys.min() : ys.max() + 1, xs.min() + 8 : xs.max() + 1])


@pytest.mark.parametrize("text", ["Concentration", "Intensity (a.u.)", "log2 fold change"])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_word_cut_out_closely_is_text(text: str, turns: int) -> None:
    closely = np.ascontiguousarray(np.rot90(word(text), turns))
    assert judged(closely) in {"text", "blank"}
    blurred = cv2.resize(jpeg(closely, 80), None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
    assert judged(blurred) in {"text", "blank"}


@pytest.mark.parametrize("seed", range(4))
def test_a_strip_of_bands_under_a_name_is_no_line_of_print(seed: int) -> None:
    named = strip(40, 300, seed=seed)
    named[:, :90] = 255
    write(named, "actin", (4, 28), 0.8, BLACK)
    assert judged(named) is None
    narrow = strip(30, 300, seed=seed, lanes=16)
    assert judged(narrow) is None
    light = np.clip(2.2 * (narrow.astype(float) - 85), 0, 255)
    assert judged(jpeg(light.astype(np.uint8))) is None


def test_the_head_of_a_window_is_no_line_of_print() -> None:
    head = canvas(46, 420, (226, 226, 226))
    for k in range(4):
        head[4:23, 6 + 75 * k : 76 + 75 * k] = 250
    for k in range(5):
        head[28:42, 300 + 24 * k : 318 + 24 * k] = (90, 140, 200)
    page = Image.fromarray(head)
    for k in range(4):
        at = (12 + 75 * k, 6)
        ImageDraw.Draw(page).text(at, f"Track {k}", "black", ImageFont.load_default(12))
    ImageDraw.Draw(page).text((10, 28), "chr10:72,026", "black", ImageFont.load_default(12))
    assert judged(np.array(page)) is None


def test_a_page_of_print_is_text_in_spite_of_its_full_stops() -> None:
    page = Image.new("RGB", (700, 900), "white")
    for k in range(36):
        line = "The eggs, i. e. the cells in situ, were fixed. Then it is dim: no. 3."
        ImageDraw.Draw(page).text((30, 20 + 24 * k), line, "black", ImageFont.load_default(18))
    assert judged(np.array(page)) == "text"


def test_small_is_too_small_and_follows_the_setting() -> None:
    assert judged(tissue(12, 200)) == "too-small"
    assert judged(tissue(20, 20)) == "too-small"
    assert judged(tissue(20, 20), Screen(min_area_px=400)) is None
    assert judged(canvas(1, 1)) == "too-small"


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(tissue(150, 200), id="tissue"),
        pytest.param(jpeg(tissue(150, 200), 50), id="tissue-jpeg"),
        pytest.param(cells(400, 400, count=3), id="three-cells"),
        pytest.param(cells(400, 400, count=4, peak=9), id="dim-cells"),
        pytest.param(jpeg(cells(400, 400, count=4, peak=12)), id="dim-cells-jpeg"),
        pytest.param(strip(44, 350), id="strip"),
        pytest.param(rgb(190 + (strip(44, 350)[..., 0] - 190.0) / 6), id="faint-strip"),
        pytest.param(jpeg(dots(28, 58, 8)), id="eight-dots"),
        pytest.param(dots(28, 58, 8), id="eight-dots-png"),
        pytest.param(dots(85, 180, 200), id="dot-plot"),
        pytest.param(255 - cells(200, 260), id="bands-on-white"),
    ],
)
def test_pictures_stay(picture: ByteArray) -> None:
    assert judged(picture) is None


def test_a_dot_plot_with_axes_stays() -> None:
    plot = dots(300, 300, 400)
    cv2.line(plot, (20, 10), (20, 280), BLACK, 1)
    cv2.line(plot, (20, 280), (290, 280), BLACK, 1)
    write(plot, "2.4 %", (220, 40), 0.5, BLACK)
    assert judged(plot) is None


def test_a_micrograph_with_text_on_it_stays() -> None:
    field = tissue(200, 300)
    write(field, "control 24 h", (20, 50), 1.0, (255, 255, 255))
    assert judged(field) is None


def test_a_label_on_blank_canvas_does_not_save_it() -> None:
    blank = rgb(np.full((200, 300), 130.0))
    write(blank, "control 24 h", (20, 50), 1.0, (255, 255, 255))
    assert judged(blank) in {"blank", "text", "plot"}


def test_what_counts_as_blank_follows_the_setting() -> None:
    noise = rgb(120 + RNG.normal(0, 5, X.shape))
    assert judged(noise, Screen(blank_range=40.0)) == "blank"


def test_print_on_black_is_text() -> None:
    assert judged(255 - paragraph()) == "text"


@pytest.mark.parametrize("seed", range(4))
def test_sparse_nuclei_under_a_label_are_no_print(seed: int) -> None:
    field = cells(300, 300, seed=seed, count=14, peak=220).astype(float)
    grain = np.random.default_rng(seed).normal(1.0, 0.15, field.shape[:2])
    dark = np.clip((field - 12.0) * 1.2 * grain[..., None], 0, 255).astype(np.uint8)
    write(dark, "siRNA", (170, 30), 0.9, (255, 255, 255))
    write(dark, "48 h", (20, 280), 0.9, (255, 255, 255))
    assert judged(dark) is None


@pytest.mark.parametrize("peak", [45, 200])
def test_few_dim_nuclei_beside_a_label_are_no_print(peak: int) -> None:
    field = cells(320, 320, seed=1, count=5, peak=peak)
    dark = np.where(field < 14, 0, field).astype(np.uint8)
    write(dark, "24 h", (230, 30), 0.9, (255, 255, 255))
    write(dark, "20 um", (20, 300), 0.7, (255, 255, 255))
    assert judged(dark) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_dim_one_among_few_sharp_nuclei_tells_that_they_are_no_print(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dark = np.full((400, 400, 3), 10, np.uint8)
    for level in (40, 100, 110, 130, 150):
        x, y = (int(v) for v in rng.integers(50, 350, 2))
        cv2.ellipse(dark, (x, y), (6, 4), float(rng.uniform(0, 180)), 0, 360, (level,) * 3, -1)
    dark = cv2.GaussianBlur(dark, None, 0.8)
    write(dark, "Vehicle", (250, 30), 0.9, (255, 255, 255))
    write(dark, "200 um", (270, 370), 0.7, (255, 255, 255))
    assert judged(dark) is None


def test_a_heat_map_is_filled_and_a_photograph_is_not() -> None:
    shades = np.random.default_rng(0).integers(70, 255, (12, 20, 3), np.uint8)
    cells_of_a_map = np.kron(shades, np.ones((12, 12, 1), np.uint8))
    assert is_filled(cells_of_a_map)
    assert not is_drawn(cells_of_a_map)
    assert not is_filled(tissue(200, 240))
