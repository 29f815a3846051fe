"""The two costly stages spread over processes; results do not depend on how many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

import cv2
from threadpoolctl import threadpool_limits

from figecho.config import Config
from figecho.describe.described import Described, describe
from figecho.model import Panel
from figecho.pairs import Echo, echoes

Progress = Callable[[str, int, int], None]
Result = tuple[int, int, list[Echo]]
_CHUNK = 24


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


def describe_all(
    panels: Sequence[Panel], config: Config, jobs: int, tell: Progress
) -> list[Described]:
    """Describe every panel, in order."""
    described = []
    with one_thread():
        for panel in panels:
            described.append(describe(panel, config))
            tell("describing panels", len(described), len(panels))
    return described


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
    cv2.setNumThreads(1)
    threadpool_limits(1)


def _work(chunk: Sequence[tuple[int, int]]) -> list[Result]:
    assert _held is not None
    return _compare(_held[0], chunk, _held[1])
