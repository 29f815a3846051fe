"""The process that reads one document: bytes come on stdin, its parts go to stdout."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.sources.parts import Asked, LeftOut, Part, decoding
from figecho.sources.wire import receive, send, send_part

_WATCH_S = 0.5
Reader = Callable[[bytes, Asked], Iterator[Part]]

#: Kind of a document to the module and function that read it; imported only when needed.
READERS: dict[str, tuple[str, str]] = {
    ".pdf": ("figecho.sources.pdf", "read_pdf"),
    ".pptx": ("figecho.sources.pptx", "read_pptx"),
    ".docx": ("figecho.sources.docx", "read_docx"),
    ".xlsx": ("figecho.sources.xlsx", "read_xlsx"),
}


def main() -> None:
    """Answer the one request on stdin."""
    die_with_parent()
    # Libraries must not write into the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = receive(sys.stdin.buffer, limit=1 << 62)
    if request is None:
        return
    head, (data,) = request
    asked = Asked(
        limits=Limits(**head["limits"]), password=head["password"], originals=head["originals"]
    )
    module, name = READERS[head["kind"]]
    read: Reader = getattr(importlib.import_module(module), name)
    confine(asked.limits)
    send(out, {"is": "ready"})
    left_out = 0
    try:
        with decoding():
            for part in read(data, asked):
                if isinstance(part, LeftOut):
                    left_out += part.count
                else:
                    send_part(out, part)
    except SourceError as error:
        send(out, {"is": "refused", "reason": str(error)})
        return
    send_part(out, LeftOut(count=left_out))
    send(out, {"is": "end"})


def die_with_parent() -> None:
    """End this process when its parent is gone, for a parent that is killed cannot end it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def confine(limits: Limits) -> None:
    """Limit memory and processor time, and forbid to write files, as far as the system lets us."""
    try:
        import resource
    except ImportError:  # Windows
        return
    seconds = int(limits.max_document_seconds) + 5
    for what, most in (
        (resource.RLIMIT_AS, limits.max_document_memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            _, hard = resource.getrlimit(what)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (least, hard))


if __name__ == "__main__":
    main()
