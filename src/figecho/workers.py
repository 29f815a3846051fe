"""The two costly stages spread over processes; results do not depend on how many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import cv2
from threadpoolctl import threadpool_limits

from figecho.config import Config
from figecho.describe.described import Described, describe
from figecho.model import Figure, Panel, Screened
from figecho.pairs import Echo, echoes
from figecho.panels import panels_of

Progress = Callable[[str, int, int], None]
Result = tuple[int, int, list[Echo]]
_CHUNK = 24
Item = TypeVar("Item")
Made = TypeVar("Made")


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries on one thread: faster beside workers, and sums in one order."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)


def cut_all(
    figures: Sequence[Figure], config: Config, jobs: int, tell: Progress
) -> list[tuple[list[Panel], list[Screened]]]:
    """Cut every figure into panels, in order."""
    work = partial(panels_of, config=config)
    return _each(work, figures, jobs, "cutting figures into panels", tell)


def describe_all(
    panels: Sequence[Panel], config: Config, jobs: int, tell: Progress
) -> list[Described]:
    """Describe every panel, in order."""
    return _each(partial(describe, config=config), panels, jobs, "describing panels", tell)


def _each(
    work: Callable[[Item], Made], items: Sequence[Item], jobs: int, stage: str, tell: Progress
) -> list[Made]:
    made: list[Made] = []
    with one_thread():
        if jobs <= 1 or len(items) < 2 * jobs:
            for item in items:
                made.append(work(item))
                tell(stage, len(made), len(items))
            return made
        with ProcessPoolExecutor(max_workers=jobs, initializer=_alone) as pool:
            for result in pool.map(work, items, chunksize=2):
                made.append(result)
                tell(stage, len(made), len(items))
    return made


def compare_all(
    described: Sequence[Described],
    pairs: Sequence[tuple[int, int]],
    config: Config,
    jobs: int,
    tell: Progress,
) -> list[Result]:
    """Compare the pairs, in order; only pairs with echoes are in the result."""
    chunks = [pairs[k : k + _CHUNK] for k in range(0, len(pairs), _CHUNK)]
    done = 0
    found: list[Result] = []
    with one_thread():
        if jobs <= 1 or len(chunks) < 2:
            for chunk in chunks:
                found += _compare(described, chunk, config)
                done += len(chunk)
                tell("comparing pairs", done, len(pairs))
            return found
        with ProcessPoolExecutor(
            max_workers=jobs, initializer=_start, initargs=(list(described), config)
        ) as pool:
            for chunk, results in zip(chunks, pool.map(_work, chunks), strict=True):
                found += results
                done += len(chunk)
                tell("comparing pairs", done, len(pairs))
    return found


def _compare(
    described: Sequence[Described], chunk: Sequence[tuple[int, int]], config: Config
) -> list[Result]:
    results = []
    for i, j in chunk:
        found = echoes(described[i], described[j], config)
        if found:
            results.append((i, j, found))
    return results


_held: tuple[Sequence[Described], Config] | None = None


def _start(described: Sequence[Described], config: Config) -> None:
    """Give a worker process its panels once, instead of with every chunk."""
    global _held
    _held = (described, config)
    _alone()


def _alone() -> None:
    """Keep a worker process on one thread for good."""
    cv2.setNumThreads(1)
    threadpool_limits(1)


def _work(chunk: Sequence[tuple[int, int]]) -> list[Result]:
    assert _held is not None
    return _compare(_held[0], chunk, _held[1])
