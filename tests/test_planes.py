"""The compiled passes over two panels give what plain numpy gives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from figecho.verify.planes import correlation, products, roughness, tensor

Plane = NDArray[np.float32]


def noise(seed: int, count: int) -> list[Plane]:
    return list(np.random.default_rng(seed).normal(size=(count, 37, 51)).astype(np.float32))


def some(seed: int) -> NDArray[np.bool_]:
    return np.asarray(np.random.default_rng(seed).random((37, 51)) > 0.4)


def test_products_are_those_of_plain_numpy() -> None:
    planes, core = noise(1, 6), some(2)
    found = products(planes[:3], planes[3:], core)
    together = sum(a * b for a, b in zip(planes[:3], planes[3:], strict=True))
    energy = sum(0.5 * (a * a + b * b) for a, b in zip(planes[:3], planes[3:], strict=True))
    assert np.allclose(found[..., 0], together * core, atol=1e-6)
    assert np.allclose(found[..., 1], energy * core, atol=1e-6)


def test_a_correlation_is_that_of_plain_numpy() -> None:
    a, b, density = noise(3, 3)
    density, where = np.abs(density), some(4)
    rho, samples = correlation(a, a + b, density, where)
    x, y = (np.sqrt(density[where]) * p[where] for p in (a, a + b))
    assert rho == pytest.approx(float(x @ y) / float(np.sqrt((x @ x) * (y @ y))), rel=1e-4)
    assert samples == pytest.approx(float(density[where].sum()), rel=1e-5)
    assert correlation(a, 2.0 * a, density, where)[0] == pytest.approx(1.0)
    assert correlation(a, -a, density, where)[0] == pytest.approx(-1.0)


def test_flat_planes_and_no_pixels_do_not_correlate() -> None:
    a, density = noise(5, 2)
    density = np.abs(density)
    assert correlation(a, np.zeros_like(a), density, some(6))[0] == 0.0
    assert correlation(a, a, density, np.zeros(a.shape, bool)) == (0.0, 0.0)


def test_roughness_is_that_of_plain_numpy() -> None:
    slope_x, slope_y, white = noise(7, 3)
    means, weight = tensor(slope_x, slope_y, white), some(8).astype(np.float32)
    xx, yy, xy, power = slope_x**2, slope_y**2, slope_x * slope_y, white**2
    assert np.allclose(means, np.stack([xx, yy, xy, power], axis=2), atol=1e-6)
    means += means[::-1, ::-1]
    xx, yy, xy, power = np.moveaxis(means, 2, 0)
    rough = 0.5 * (xx + yy) - np.sqrt(0.25 * (xx - yy) ** 2 + xy**2)
    plain = np.maximum(rough, 0) / (power + 0.05) * power / (power + 0.3) / np.pi * weight
    assert np.allclose(roughness(means, weight), plain, atol=1e-6)
    assert plain.max() > 0.01
