"""A hostile document costs one stated reason, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.sources import guard
from figecho.sources.guard import read_guarded
from figecho.sources.parts import Asked, LeftOut, Note, Picture
from pictures import tissue
from synth import pdf as make

FIELD = tissue(120, 160, seed=1)


def document(pages: int = 1) -> bytes:
    made = []
    for k in range(pages):
        page = make.Page()
        page.put(make.flate(tissue(120, 160, seed=k)), (72, 100, 160, 120))
        made.append(page)
    return make.pdf(made)


@pytest.fixture
def behave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put another worker in place of the real one: how it behaves is given as code."""

    def put(code: str) -> None:
        head = """
            import os, sys, time
            import numpy as np
            from figecho.config import Limits
            from figecho.sources.parts import At, Note, Picture
            from figecho.sources.wire import receive, send, send_part
            from figecho.sources.worker import confine
            out = os.fdopen(os.dup(1), "wb")
            receive(sys.stdin.buffer, limit=1 << 40)
            picture = Picture(pixels=np.full((40, 50), 7, np.uint8), page=1)
            send(out, {"is": "ready"})
        """
        text = textwrap.dedent(head) + textwrap.dedent(code)
        (tmp_path / "odd_worker.py").write_text(text, encoding="utf-8")
        paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        monkeypatch.setenv("PYTHONPATH", paths)
        monkeypatch.setattr(guard, "_MODULE", "odd_worker")

    return put


def parts(limits: Limits | None = None) -> list[Picture | Note | LeftOut]:
    return list(read_guarded(".pdf", document(), Asked(limits=limits or Limits())))


def reasons(found: list[Picture | Note | LeftOut]) -> list[str]:
    return [part.reason for part in found if isinstance(part, Note)]


def test_what_the_worker_reads_arrives_whole() -> None:
    found = list(read_guarded(".pdf", document(3), Asked(limits=Limits())))
    pictures = [part for part in found if isinstance(part, Picture)]
    assert [p.page for p in pictures] == [1, 2, 3]
    assert np.array_equal(pictures[1].pixels, tissue(120, 160, seed=1))
    assert reasons(found) == []


def test_silence_ends_the_worker_and_keeps_what_was_read(behave) -> None:
    behave("""
        send_part(out, At(where="page 1"))
        send_part(out, picture)
        send_part(out, At(where="page 2"))
        time.sleep(60)
    """)
    found = parts(Limits(max_page_seconds=2.0))
    assert isinstance(found[0], Picture)
    assert reasons(found) == ["page 2: took longer than 2 s; nothing after it was read"]


def test_a_worker_that_is_busy_for_ever_is_ended(behave) -> None:
    behave("""
        while True:
            send_part(out, At(where="page 1"))
            time.sleep(0.1)
    """)
    limits = Limits(max_page_seconds=30.0, max_document_seconds=2.0)
    assert reasons(parts(limits)) == [
        "page 1: the document took too long; nothing after it was read"
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="the system sets no limit on memory")
def test_a_worker_that_wants_too_much_memory_is_stopped(behave) -> None:
    behave("""
        send_part(out, At(where="page 4"))
        confine(Limits(max_document_memory_bytes=2_000_000_000))
        bytearray(4_000_000_000)
    """)
    assert reasons(parts()) == [
        "page 4: its reader ended early (code 1); nothing after it was read"
    ]


@pytest.mark.skipif(not hasattr(os, "kill"), reason="no signals")
def test_a_worker_that_crashes_is_named(behave) -> None:
    behave("os.abort()")
    with pytest.raises(SourceError, match="its reader ended on signal 6"):
        parts()


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on Windows")
def test_a_worker_writes_no_file(behave, tmp_path: Path) -> None:
    behave(f"""
        confine(Limits())
        try:
            open({str(tmp_path / "left")!r}, "wb").write(b"x" * 100_000)
        except OSError:
            pass
        size = os.path.getsize({str(tmp_path / "left")!r})
        send_part(out, Note(reason=f"wrote {{size}}"))
        send(out, {{"is": "end"}})
    """)
    assert reasons(parts()) == ["wrote 0"]


@pytest.mark.parametrize(
    "answer",
    [
        'out.write(b"nonsense\\n")',
        'send(out, {"is": "picture"})',
        'send(out, {"is": "surprise"})',
        'send(out, {"is": "picture", "shape": [9, 9], "type": "object", "page": 1, "number": 1,'
        ' "origin": None, "original": False}, b"x" * 81, b"")',
        'send(out, {"is": "picture", "shape": [9, 9], "type": "uint8", "page": 1, "number": 1,'
        ' "origin": None, "original": False}, b"x" * 80, b"")',
    ],
)
def test_a_worker_that_lies_is_not_believed(behave, answer: str) -> None:
    behave(answer + "\nout.flush()")
    with pytest.raises(SourceError, match="cannot be understood"):
        parts()


def test_pixels_of_a_document_are_limited_in_all() -> None:
    limits = Limits(max_document_pixels=50_000)
    found = list(read_guarded(".pdf", document(5), Asked(limits=limits)))
    assert len([p for p in found if isinstance(p, Picture)]) == 2
    assert reasons(found) == ["from page 3 on: its pictures have more than 50000 pixels in all"]


def gone(pid: int) -> bool:
    """Whether a process ends, which one without a parent does when it next looks for it."""
    for _ in range(300):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal on Windows")
def test_an_interrupt_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    """Ctrl-C while a document is read: code 130, no worker, nothing in the temporary folder."""
    (tmp_path / "paper.pdf").write_bytes(document())
    odd = tmp_path / "code"
    odd.mkdir()
    (odd / "slow_worker.py").write_text(
        "import os, sys, time\n"
        "from figecho.sources.worker import die_with_parent\n"
        "die_with_parent()\n"
        "sys.stdin.buffer.read()\n"
        f"open({str(odd / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(120)\n"
    )
    code = (
        # A test run in the background inherits an ignored interrupt.
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from figecho.sources import guard; guard._MODULE = 'slow_worker';"
        "from figecho.cli import run; sys.exit(run(['scan', sys.argv[1]]))"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(odd), os.environ.get("PYTHONPATH", "")]),
        "TMPDIR": str(temporary),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "paper.pdf")], env=env, stderr=subprocess.PIPE
    )
    pid = odd / "pid"
    for _ in range(600):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted" in err
    assert gone(int(pid.read_text()))
    assert list(temporary.iterdir()) == []
