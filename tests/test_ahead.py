"""Threads work ahead: what comes out is in order, and no more is taken than is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from figecho.farm.ahead import ahead, cores


def slow_first(k: int) -> int:
    """Return a number, the first ones last."""
    time.sleep(0.02 if k % 3 == 0 else 0.0)
    return k


def test_results_come_in_the_order_of_calls() -> None:
    assert list(ahead(partial(slow_first, k) for k in range(40))) == list(range(40))


def test_no_calls_have_no_results() -> None:
    assert list(ahead(())) == []


def test_calls_are_made_by_the_thread_that_asks_and_done_by_others() -> None:
    makers: list[int] = []

    def calls() -> Iterator[Callable[[], int]]:
        for _ in range(3):
            makers.append(threading.get_ident())
            yield threading.get_ident

    doers = set(ahead(calls()))
    assert set(makers) == {threading.get_ident()}
    assert threading.get_ident() not in doers


def test_few_calls_are_taken_beforehand() -> None:
    taken: list[int] = []

    def calls() -> Iterator[Callable[[], int]]:
        for k in range(1000):
            taken.append(k)
            yield partial(int, k)

    assert next(ahead(calls())) == 0
    assert len(taken) <= 2 * cores() + 1


def test_what_goes_wrong_is_raised() -> None:
    def fail() -> int:
        raise ValueError("broken")

    made = ahead([partial(int, 1), fail, partial(int, 3)])
    assert next(made) == 1
    with pytest.raises(ValueError, match="broken"):
        next(made)
