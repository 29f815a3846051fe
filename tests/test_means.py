"""The running mean of a running mean is OpenCV's, one pass after the other."""

import cv2
import numpy as np
import pytest

from figecho.verify.means import mean_of_means


@pytest.mark.parametrize("shape", [(40, 300), (300, 31), (9, 8), (1, 5), (50, 60, 2), (20, 30, 3)])
@pytest.mark.parametrize("size", [1, 3, 7, 37])
def test_two_means_at_once_are_two_means_one_by_one(shape: tuple[int, ...], size: int) -> None:
    image = np.random.default_rng(size).normal(size=shape).astype(np.float32)
    found, plain = mean_of_means(image, size), image
    for _ in range(2):
        plain = cv2.blur(plain, (size, size), borderType=cv2.BORDER_REFLECT)
    assert found.shape == image.shape and found.dtype == np.float32
    assert np.allclose(found, plain.reshape(shape), atol=1e-6)


def test_where_all_is_one_tone_it_stays_that_tone() -> None:
    image = np.full((30, 40), 200.0, np.float32)
    assert np.array_equal(mean_of_means(image, 15), image)


def test_beside_something_bright_nothing_is_left_of_it() -> None:
    image = np.zeros((60, 80), np.float32)
    image[:, :20] = 255.0**2
    assert np.abs(mean_of_means(image, 7)[:, 40:]).max() < 1e-6
