"""A panel carries what the engine needs: crop, grey, mask, digests, number."""

from __future__ import annotations

import numpy as np

from figecho.config import Config
from figecho.model import Figure, Panel
from figecho.panels import panels_of
from figecho.panels.tones import to_grey, to_rgb8
from pictures import canvas, cells, put, rgb, tissue, write

FLOOR = Config().screen.blank_range


def figure(pixels: np.ndarray, source: str = "a.png", sha256: str = "00") -> Figure:
    return Figure(source=source, page=None, number=1, pixels=pixels, sha256=sha256)


def only(pixels: np.ndarray, **origin: str) -> Panel:
    (panel,), aside = panels_of(figure(pixels, **origin), Config())
    assert not aside
    return panel


def test_crop_and_box_agree() -> None:
    sheet = canvas(240, 520)
    for k in range(2):
        put(sheet, tissue(200, 230, seed=k), 20 + 250 * k, 20)
    panels, _ = panels_of(figure(sheet), Config())
    assert [panel.number for panel in panels] == [1, 2]
    for panel in panels:
        b = panel.bbox
        assert np.array_equal(panel.rgb, sheet[b.y : b.y + b.h, b.x : b.x + b.w])
        assert panel.grey.shape == panel.usable.shape == (b.h, b.w)
        assert panel.grey.dtype == np.float32
        assert panel.key == ("a.png", 0, 1, panel.number)


def test_screened_and_kept_panels_share_one_count() -> None:
    sheet = canvas(240, 790)
    sheet[20:220, 20:250] = 128
    sheet[20:220, 20:23] = sheet[20:220, 247:250] = sheet[20:23, 20:250] = sheet[
        217:220, 20:250
    ] = 0
    put(sheet, tissue(200, 230, seed=1), 280, 20)
    put(sheet, tissue(200, 230, seed=2), 540, 20)
    panels, aside = panels_of(figure(sheet), Config())
    numbers = sorted([p.number for p in panels] + [s.panel for s in aside])
    assert numbers == list(range(1, len(numbers) + 1))
    assert [s.reason for s in aside] == ["blank"]
    assert aside[0].bbox.x < panels[0].bbox.x


def test_equal_pixels_have_one_digest_whatever_the_file() -> None:
    a = only(tissue(120, 160), source="a.png", sha256="aa")
    b = only(tissue(120, 160), source="b.jpg", sha256="bb")
    other = only(tissue(120, 160, seed=1))
    assert a.pixels_sha256 == b.pixels_sha256 != other.pixels_sha256
    assert (a.sha256, b.sha256) == ("aa", "bb")


def test_grey_and_rgb_of_the_same_tones_have_one_digest() -> None:
    picture = tissue(120, 160)
    assert only(picture).pixels_sha256 == only(picture[..., 0]).pixels_sha256


def test_shape_is_part_of_the_digest() -> None:
    from figecho.panels.build import pixel_digest

    picture = tissue(60, 40)
    assert pixel_digest(picture) != pixel_digest(picture.reshape(40, 60, 3))


def test_deep_pixels_are_shown_bright_and_keep_their_order() -> None:
    deep = 300 + cells(150, 200)[..., 0].astype(np.uint16) * 5
    panel = only(deep)
    assert panel.rgb.max() > 240
    plain = only(cells(150, 200))
    assert np.corrcoef(panel.grey.ravel(), plain.grey.ravel())[0, 1] > 0.999


def test_grey_fills_its_range_and_is_the_same_for_a_dimmed_copy() -> None:
    usable = np.ones((120, 160), np.bool_)
    picture = tissue(120, 160)[..., 0].astype(np.float32)
    grey = to_grey(np.rint(picture).astype(np.uint8), usable, FLOOR)
    dim = to_grey(np.rint(picture / 2 + 30).astype(np.uint8), usable, FLOOR)
    assert (grey.min(), grey.max()) == (0, 255)
    assert np.abs(grey - dim).mean() < 2


def test_noise_on_one_tone_is_not_blown_up() -> None:
    noise = np.random.default_rng(0).integers(127, 130, (60, 80)).astype(np.uint8)
    grey = to_grey(noise, np.ones(noise.shape, np.bool_), FLOOR)
    assert np.ptp(grey) <= 2 * 255 / FLOOR


def test_a_label_does_not_dim_the_picture() -> None:
    field = cells(200, 200, peak=60)
    labelled = field.copy()
    write(labelled, "15.2", (10, 40), 1.2, (255, 255, 255))
    clear, marked = only(field), only(labelled)
    away = np.s_[80:, :]
    assert np.abs(clear.grey[away] - marked.grey[away]).mean() < 3


def test_eight_bits_are_shown_as_they_are() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(to_rgb8(grey, FLOOR), rgb(grey))
