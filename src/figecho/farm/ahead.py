"""Threads of this process that work ahead: for libraries that let go of Python as they work."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


def cores() -> int:
    """Return how many cores are open to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ahead(calls: Iterable[Callable[[], _T]]) -> Iterator[_T]:
    """Yield what calls return, in their order, while threads make the next ones.

    Only a few calls are taken beforehand, for they hold what they work on.

    Parameters
    ----------
    calls : iterable of callables without arguments
        Taken one after the other by this thread, so that making one may read from a store.
    """
    threads = cores()
    waiting: deque[Future[_T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for call in calls:
            waiting.append(pool.submit(call))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
