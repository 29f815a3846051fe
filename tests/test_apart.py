"""The nearest neighbours inside one panel are those that comparing all pairs one by one gives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from figecho.match.apart import nearest_apart


def plain(
    even: NDArray[np.float32], odd: NDArray[np.float32], xy: NDArray[np.float32],
    depth: int, floor: float, min_shift_px: float,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:  # fmt: skip
    near = np.linalg.norm(xy[:, None] - xy[None], axis=2) < min_shift_px
    found = []
    for sign in (1.0, -1.0):
        cosine = even @ even.T + sign * (odd @ odd.T)
        cosine[near | (cosine <= floor)] = floor
        order = np.argsort(-cosine, axis=1, kind="stable")[:, :depth]
        top = np.take_along_axis(cosine, order, axis=1)
        found.append((top, np.where(top > floor, order, 0)))
    tops, orders = zip(*found, strict=True)
    return np.array(tops), np.array(orders)


def whole_numbers(seed: int, count: int) -> tuple[NDArray[np.float32], ...]:
    """Descriptors whose products are exact in any order, so that many of them are equal."""
    rng = np.random.default_rng(seed)
    even, odd = (rng.integers(-2, 3, (count, 8)).astype(np.float32) for _ in range(2))
    return even, odd, rng.uniform(0, 100, (count, 2)).astype(np.float32)


@pytest.mark.parametrize("count", [3, 64, 65, 200, 1100])
@pytest.mark.parametrize("floor", [-1e3, 12.0, 1e3])
def test_same_neighbours_as_all_pairs_one_by_one(count: int, floor: float) -> None:
    even, odd, xy = whole_numbers(count, count)
    top, order = nearest_apart(even, odd, xy, depth=2, floor=floor, min_shift_px=16.0)
    plain_top, plain_order = plain(even, odd, xy, 2, floor, 16.0)
    assert np.array_equal(top, plain_top)
    assert np.array_equal(order, plain_order)


def test_a_mirrored_twin_is_the_nearest_one_of_the_mirrored_form_alone() -> None:
    rng = np.random.default_rng(1)
    even, odd = (rng.normal(size=(100, 32)).astype(np.float32) / 8.0 for _ in range(2))
    even[70], odd[70] = even[3], -odd[3]
    xy = np.c_[np.arange(100) * 40.0, np.zeros(100)].astype(np.float32)
    _, order = nearest_apart(even, odd, xy, depth=2, floor=-1.0, min_shift_px=16.0)
    assert order[1, 3, 0] == 70 and order[1, 70, 0] == 3
    assert order[0, 3, 0] != 70


def test_a_twin_close_by_is_no_neighbour() -> None:
    even, odd, xy = whole_numbers(2, 50)
    even[1], odd[1], xy[1] = even[0], odd[0], xy[0] + 3.0
    _, order = nearest_apart(even, odd, xy, depth=4, floor=-1e3, min_shift_px=16.0)
    assert 1 not in order[0, 0]
    _, order = nearest_apart(even, odd, xy, depth=4, floor=-1e3, min_shift_px=2.0)
    assert order[0, 0, 0] == 1
