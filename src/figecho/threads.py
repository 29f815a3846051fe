"""Numerical libraries kept on one thread: faster beside workers, and sums in one order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries on one thread inside the block."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)


def alone() -> None:
    """Keep this process on one thread for good."""
    cv2.setNumThreads(1)
    threadpool_limits(1)
