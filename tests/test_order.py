"""Pairs are compared in an order that finds most panels in memory, whoever asks for whom."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import pytest

from figecho.farm.order import close_together

Pair = tuple[int, int]


def loads(pairs: Sequence[Pair], kept: int) -> int:
    """Count how often a panel is loaded where the last few stay in memory."""
    memory: OrderedDict[int, None] = OrderedDict()
    count = 0
    for pair in pairs:
        for panel in dict.fromkeys(pair):
            count += panel not in memory
            memory[panel] = None
            memory.move_to_end(panel)
            if len(memory) > kept:
                memory.popitem(last=False)
    return count


def families(count: int, size: int, seed: int) -> list[Pair]:
    """All pairs of families whose members lie scattered among the others."""
    names = np.random.default_rng(seed).permutation(count).reshape(-1, size)
    return sorted((int(a), int(b)) for some in names for a in some for b in some if a <= b)


def ordered(pairs: Sequence[Pair], count: int) -> list[Pair]:
    places = close_together(pairs, count)
    assert sorted(places) == list(range(len(pairs)))
    return [pairs[k] for k in places]


@pytest.mark.parametrize("pairs", [[], [(0, 0)], [(2, 0), (1, 1), (0, 2)]])
def test_every_pair_comes_once(pairs: list[Pair]) -> None:
    assert sorted(ordered(pairs, 3)) == sorted(pairs)


def test_scattered_families_are_loaded_once() -> None:
    pairs = families(120, 6, seed=3)
    assert loads(pairs, 20) > 300
    assert loads(ordered(pairs, 120), 20) <= 132


def test_partners_at_random_are_loaded_less_often_than_by_name() -> None:
    rng = np.random.default_rng(5)
    chosen = {(min(a, b), max(a, b)) for a, b in rng.integers(0, 100, (400, 2)).tolist()}
    pairs = sorted(chosen)
    assert loads(ordered(pairs, 100), 24) < loads(pairs, 24)


def test_all_pairs_of_many_panels_are_loaded_square_by_square() -> None:
    pairs = [(a, b) for a in range(80) for b in range(a, 80)]
    assert loads(pairs, 20) > 2000
    assert loads(ordered(pairs, 80), 20) < 700


def test_the_order_of_equal_pairs_is_always_the_same() -> None:
    pairs = families(60, 5, seed=8)
    assert close_together(pairs, 60) == close_together(list(pairs), 60)
