"""The large parts of a mask are those that a labelling by OpenCV finds."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from figecho.verify.parts import large_parts


def plain(mask: NDArray[np.uint8], least: float, share: float) -> NDArray[np.bool_]:
    labels, stats = cv2.connectedComponentsWithStats(mask, connectivity=4)[1:3]
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= max(least, share * areas.max())
    return np.asarray(kept[labels])


@pytest.mark.parametrize("held", [0.2, 0.5, 0.6, 0.8])
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (37, 51)])
def test_parts_are_those_of_a_labelling(held: float, shape: tuple[int, int]) -> None:
    mask = (np.random.default_rng(1).random(shape) < held).astype(np.uint8)
    for least in (1.0, 3.0, 20.0):
        assert np.array_equal(large_parts(mask, least, 0.1), plain(mask, least, 0.1))


def test_what_touches_at_corners_alone_is_apart() -> None:
    mask = np.kron(np.eye(2, dtype=np.uint8), np.ones((4, 4), np.uint8))
    mask[3, 3] = 0
    kept = large_parts(mask, 16.0, 0.0)
    assert kept[4:, 4:].all()
    assert not kept[:4].any()


def test_a_part_that_closes_late_is_one() -> None:
    mask = np.zeros((9, 12), np.uint8)
    mask[:, (0, 4, 8)] = 1
    mask[8, :9] = 1
    assert large_parts(mask, 33.0, 0.0).sum() == mask.sum()
    assert not large_parts(mask, 34.0, 0.0).any()


def test_an_empty_mask_has_no_parts() -> None:
    assert not large_parts(np.zeros((5, 7), np.uint8), 0.0, 0.0).any()
