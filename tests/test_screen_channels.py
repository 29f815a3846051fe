"""Planes of a picture: one is enough where all are equal, and what it gives is the same."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.model import ByteArray
from figecho.screen.channels import change, seen


def noise(grey: bool) -> ByteArray:
    """Return noise, in one tone a pixel or in colours."""
    tones = np.random.default_rng(3).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    return np.repeat(tones[..., :1], 3, axis=2) if grey else tones


def test_a_grey_picture_is_seen_in_one_plane_and_a_coloured_one_in_three() -> None:
    assert seen(noise(grey=True)).shape == (30, 40)
    assert seen(noise(grey=False)).shape == (30, 40, 3)


def test_one_coloured_pixel_makes_a_picture_coloured() -> None:
    for channel in range(3):
        picture = noise(grey=True)
        picture[2, 7, channel] ^= 1
        assert seen(picture).shape == (30, 40, 3)


@pytest.mark.parametrize("grey", [True, False])
def test_change_is_the_largest_span_of_a_channel(grey: bool) -> None:
    picture = noise(grey)
    box = np.ones((5, 5), np.uint8)
    spans = cv2.dilate(picture, box) - cv2.erode(picture, box)
    assert np.array_equal(change(picture, 5), spans.max(axis=2))
