"""Worker processes beside this one that may die without taking the scan along.

Each worker has a pipe of its own and does one chunk at a time, so it is known what a dead worker
was at. Its chunk is tried again in halves; a unit that is left alone is tried once more when
nothing else runs, for memory may be short because of others; then it is given up and stated.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

import numba as nb

from figecho.farm.port import Lost, Task, attempt, settled
from figecho.farm.shelf import Shelf
from figecho.store.blobs import Blobs
from figecho.store.keys import Keys
from figecho.threads import alone, one_thread

_WATCH_S = 0.5
_DYING_S = 1.0
#: Chunks for each worker into which what is left is divided at least.
_LEFT = 4


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    #: First and last place, exclusive, of the units it is at.
    at: tuple[int, int] | None = None


class Processes:
    """Does tasks in worker processes.

    Workers start when they are first needed and end with the ``with`` block, however it ends.

    Parameters
    ----------
    jobs : int
        Number of processes.
    blobs : Blobs
    keys : Keys
    keep_bytes : int
        Memory that panels may take in each.
    """

    describes = True

    def __init__(self, jobs: int, blobs: Blobs, keys: Keys, keep_bytes: int) -> None:
        self._jobs = jobs
        self._own = (blobs, keys, keep_bytes)
        # Forked workers share what is loaded already; elsewhere Python cannot fork safely.
        self._context: Any = multiprocessing.get_context(
            "fork" if sys.platform.startswith("linux") else "spawn"
        )
        self._workers: list[_Worker] = []

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._ended(worker)
        self._workers.clear()

    def run(self, task: Task, units: Sequence[Any], chunk: int) -> Iterator[tuple[int, Any]]:
        """Yield the place and the result of every unit, as they get done."""
        todo = deque(_chunks(len(units), chunk, self._jobs))
        last: deque[tuple[int, int]] = deque()
        self._hand_out(task, units, todo)
        while todo or last or self._busy:
            final = not self._busy
            if final:  # what is left has cost a worker before, so it runs alone
                self._hand_out(task, units, last, most=1)
            made = self._results(todo, last, final=final)
            # Nobody waits for what becomes of results.
            self._hand_out(task, units, todo)
            for place, result in made:
                yield place, settled(result)

    @property
    def _busy(self) -> list[_Worker]:
        return [w for w in self._workers if w.at is not None]

    def _hand_out(
        self, task: Task, units: Sequence[Any], todo: deque[tuple[int, int]], most: int = 1_000_000
    ) -> None:
        while todo and len(self._workers) < min(self._jobs, len(self._busy) + len(todo)):
            self._workers.append(self._started())
        for worker in list(self._workers):
            if not todo or most == 0:
                return
            if worker.at is None:
                low, high = todo.popleft()
                most -= 1
                worker.at = (low, high)
                # A worker that died while idle is noticed when its results are waited for.
                with suppress(OSError):
                    worker.pipe.send((task, units[low:high]))

    def _results(
        self, todo: deque[tuple[int, int]], last: deque[tuple[int, int]], *, final: bool
    ) -> list[tuple[int, Any]]:
        """Wait for results; return all that are there."""
        results: list[tuple[int, Any]] = []
        pipes = {w.pipe: w for w in self._busy}
        for pipe in wait(list(pipes)):
            worker = pipes[pipe]  # type: ignore[index]
            assert worker.at is not None
            low, high = worker.at
            try:
                made = worker.pipe.recv()
            except (EOFError, OSError):
                self._workers.remove(worker)
                reason = _cause(self._ended(worker))
                if high - low > 1:
                    middle = (low + high) // 2
                    todo.extend(((low, middle), (middle, high)))
                elif final:
                    results.append((low, Lost(reason)))
                else:
                    last.append((low, high))
                continue
            worker.at = None
            results.extend(enumerate(made, start=low))
        return results

    def _started(self) -> _Worker:
        if not self._workers:
            _first_kernel()
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, *self._own, os.getpid()), daemon=True
        )
        # A fork in which OpenCV still counts on threads of its parent never comes to an end.
        with one_thread(), warnings.catch_warnings():
            # Python warns of threads beside a fork: ours only draw the bar, and hold no lock that
            # a worker needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _ended(self, worker: _Worker) -> int | None:
        """Bury a worker that is dead or dying, with what it has half written; return its code."""
        worker.pipe.close()
        worker.process.join(_DYING_S)
        worker.process.kill()
        worker.process.join()
        code: int | None = worker.process.exitcode
        self._own[0].sweep(worker.process.pid)
        return code


def _chunks(count: int, most: int, jobs: int) -> Iterator[tuple[int, int]]:
    """Yield first and last place of chunks, ever smaller in the end, so that all end together."""
    low = 0
    while low < count:
        high = low + max(1, min(most, (count - low) // (_LEFT * jobs)))
        yield low, high
        low = high


@nb.njit(cache=True)
def _first_kernel() -> None:
    """Do nothing; whichever kernel a process calls first costs it a third of a second.

    Forked workers inherit that from this process, which runs kernels itself later on.
    """


def _cause(code: int | None) -> str:
    """Say in one line how a worker ended."""
    if code is not None and code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
            memory = ", perhaps for want of memory" if name == "SIGKILL" else ""
            return f"its worker process was ended by {name}{memory}"
    return f"its worker process ended with code {code}"


def _serve(pipe: Connection, blobs: Blobs, keys: Keys, keep_bytes: int, parent: int) -> None:
    """Do chunks until the pipe closes or the process that wants them is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    alone()
    shelf = Shelf(blobs, keys, keep_bytes)
    while True:
        try:
            task, units = pipe.recv()
            pipe.send([attempt(task, unit, shelf) for unit in units])
        except (EOFError, OSError):
            return


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
