"""Read a document in a process of its own, so that a hostile file costs one stated reason.

The process has limits on memory and processor time, may write no file, and is ended when it stays
silent for too long or when the parent leaves, also on Ctrl-C. Nothing is ever put on disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from figecho.errors import SourceError
from figecho.sources.parts import Asked, At, LeftOut, Note, Picture
from figecho.sources.wire import part_of, receive, send

_MODULE = "figecho.sources.worker"
#: A worker that has not begun after this long never will.
_START_S = 120.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def read_guarded(kind: str, data: bytes, asked: Asked) -> Iterator[Picture | Note | LeftOut]:
    """Read one document in a worker process.

    Parameters
    ----------
    kind : str
        A key of :data:`figecho.sources.worker.READERS`.
    data : bytes
    asked : Asked

    Yields
    ------
    Picture, Note or LeftOut
        A note at the end where the process had to be ended before it was through.

    Raises
    ------
    SourceError
        The document cannot be read at all.
    """
    limits = asked.limits
    where, pixels, seen = "", 0, 0
    with _worker() as (process, watch):
        watch.begin(_START_S, _START_S)
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError):
            head = {
                "kind": kind,
                "limits": asdict(limits),
                "password": asked.password,
                "originals": asked.originals,
            }
            send(process.stdin, head, data)
            process.stdin.close()
        while True:
            message = receive(process.stdout, limit=8 * limits.max_pixels)
            if message is None:
                break
            if message[0].get("is") == "ready":
                watch.begin(limits.max_page_seconds, limits.max_document_seconds)
                continue
            watch.alive()
            head, bodies = message
            if head.get("is") == "end":
                return
            if head.get("is") == "refused":
                raise SourceError(str(head.get("reason")))
            part = part_of(head, bodies)
            if isinstance(part, At):
                where = part.where
                continue
            if isinstance(part, Picture):
                seen += 1
                pixels += part.pixels.shape[0] * part.pixels.shape[1]
                if pixels > limits.max_document_pixels:
                    yield Note(
                        reason=f"from {where or 'here'} on: its pictures have more than "
                        f"{limits.max_document_pixels} pixels in all"
                    )
                    return
            yield part
        process.wait()
        reason = watch.reason or _ended(process.returncode)
    if seen == 0 and not where:
        raise SourceError(reason)
    yield Note(reason=f"{where}: {reason}; nothing after it was read" if where else reason)


@dataclass(slots=True)
class _Watch:
    """Ends a process that is silent, or runs, for too long."""

    process: subprocess.Popen[bytes]
    reason: str = ""
    _silence_s: float = 0.0
    _end: float = 0.0
    _timer: threading.Timer | None = None

    def begin(self, silence_s: float, total_s: float) -> None:
        self._silence_s, self._end = silence_s, time.monotonic() + total_s
        self.alive()

    def alive(self) -> None:
        """Grant another stretch of silence, up to the end of the whole."""
        self.stop()
        left = max(self._end - time.monotonic(), 0.0)
        silent = left >= self._silence_s
        text = f"took longer than {self._silence_s:g} s" if silent else "the document took too long"
        self._timer = threading.Timer(min(self._silence_s, left), self._strike, (text,))
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _strike(self, reason: str) -> None:
        self.reason = reason
        self.process.kill()


@contextmanager
def _worker() -> Iterator[tuple[subprocess.Popen[bytes], _Watch]]:
    process = subprocess.Popen(
        # -P: a module lying in the folder of the user must never be imported.
        [sys.executable, "-P", "-m", _MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_ONE_THREAD},
        # Ctrl-C reaches the parent alone, which then ends the worker.
        start_new_session=True,
    )
    watch = _Watch(process)
    try:
        yield process, watch
    finally:
        watch.stop()
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()


def _ended(code: int) -> str:
    if code in (-9, -11, -6, 137):
        return f"its reader ended on signal {abs(code) % 128} (out of memory, or damaged)"
    return f"its reader ended early (code {code})"
