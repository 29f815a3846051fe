"""Marks that unrelated pictures share are masked and make no finding; what lies under them does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from figecho.config import resolve
from figecho.model import ByteArray, Report
from figecho.scan import scan
from figecho.screen.masks import overlay, usable
from pictures import jpeg
from stamps import STAMPS, field

PANELS = 8


def report_on(folder: Path, pictures: list[ByteArray]) -> Report:
    for k, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{k}.png")
    return scan([folder], resolve(), jobs=0).report


@pytest.mark.parametrize(
    ("name", "least"),
    [("label", 0.85), ("digits", 0.85), ("plate", 0.85), ("arrow", 0.8), ("ticks", 0.9)],
)
def test_printed_marks_are_masked_on_any_ground(name: str, least: float) -> None:
    hidden, others = [], []
    for seed in range(30):
        clean = field(seed)
        marked = STAMPS[name](clean, np.random.default_rng(seed))
        drawn = (np.abs(clean.astype(int) - marked) > 60).any(axis=2)
        seen = jpeg(marked, 85) if seed % 2 else marked
        masked = ~usable(seen, overlay(seen))
        wide = cv2.dilate(drawn.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
        hidden.append(float(masked[drawn].mean()))
        others.append(float(masked[~wide].mean()))
    assert np.mean(hidden) > least
    assert np.mean(others) < 0.015


@pytest.mark.parametrize("length", [24, 32, 44])
@pytest.mark.parametrize("turns", range(4))
def test_an_arrow_with_a_thin_shaft_is_masked_askew(length: int, turns: int) -> None:
    picture = np.full((120, 160, 3), 150, np.uint8)
    picture += np.random.default_rng(length).integers(0, 20, picture.shape, dtype=np.uint8)
    # Drawn four times as large: no edge falls on the pixels.
    large = np.zeros((480, 640), np.uint8)
    tip, barb = 4 * (30 + length), 4 * max(8, length // 3)
    cv2.line(large, (120, 120), (tip - barb // 2, tip - barb // 2), 255, 7)
    head = np.array([[tip, tip], [tip - barb, tip - barb // 3], [tip - barb // 3, tip - barb]])
    cv2.fillPoly(large, [head], 255)
    ink = cv2.resize(large, (160, 120), interpolation=cv2.INTER_AREA)[..., None] / 255.0
    marked = np.rint(picture * (1.0 - ink)).astype(np.uint8)
    drawn = np.rot90((marked < 60).all(axis=2), turns)
    seen = jpeg(np.ascontiguousarray(np.rot90(marked, turns)), 90)
    assert (~usable(seen, overlay(seen)))[drawn].mean() > 0.95


@pytest.mark.parametrize("name", STAMPS)
@pytest.mark.parametrize("seed", [1, 2, 9])
def test_a_mark_that_unrelated_pictures_share_is_no_finding(
    name: str, seed: int, tmp_path: Path
) -> None:
    pictures = [field(10 * seed + k) for k in range(PANELS)]
    marked = [STAMPS[name](picture, np.random.default_rng(seed)) for picture in pictures]
    assert report_on(tmp_path, marked).findings == ()


@pytest.mark.parametrize("name", STAMPS)
def test_a_picture_is_found_under_other_marks(name: str, tmp_path: Path) -> None:
    pictures = [field(k) for k in (1, 1, 7, 8)]
    marked = [STAMPS[name](p, np.random.default_rng(k)) for k, p in enumerate(pictures)]
    (found,) = report_on(tmp_path, marked).findings
    assert {region.source for region in found.regions} == {"0.png", "1.png"}
    assert found.evidence.coverage_a > 0.6
