"""Workers may die, be many or be interrupted: the report says what is missing, and nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from figecho.config import resolve
from figecho.farm import local, tasks
from figecho.farm.local import Processes
from figecho.farm.port import Executor, Here, Lost
from figecho.farm.shelf import Shelf
from figecho.model import Report
from figecho.report.to_json import to_json
from figecho.scan import scan
from figecho.store.codec import Damaged
from figecho.store.keys import keys_for
from figecho.store.store import Store
from scenes import rendering

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks workers")

QUICK: dict[str, Any] = {
    "methods": ("sift",),
    "describe.max_keypoints": 200,
    "describe.min_working_px": 9000,
    "verify.max_px": 5000,
}
CONFIG = resolve(overrides=QUICK)
NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "figures"
    place.mkdir()
    scene = rendering("eosin", 21, 80, 130)
    images = (scene[:, :85], scene[:, 35:120], rendering("cells", 22), rendering("eosin", 23))
    for name, image in zip(NAMES, images, strict=True):
        Image.fromarray(np.ascontiguousarray(image)).save(place / name)
    return place


def executors(tmp_path: Path) -> list[Executor]:
    store = Store(tmp_path / "store")
    keys = keys_for(CONFIG)
    shelf = Shelf(store.blobs, keys, 10**6)
    return [Here(shelf), Processes(1, store.blobs, keys, 10**6), Processes(3, store.blobs, keys, 0)]


def tenfold(unit: int, shelf: Shelf) -> int:
    if unit == 13:
        raise ValueError("unlucky\nnumber")
    if unit == 14:
        raise MemoryError
    return unit * 10


def test_workers_start_beside_the_threads_of_opencv(tmp_path: Path) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(4)
    try:
        cv2.warpAffine(np.zeros((2000, 2000), np.float32), np.eye(3)[:2], (2000, 2000))
        with executors(tmp_path)[2] as who:  # type: ignore[attr-defined]
            assert dict(who.run(tenfold, range(5), 1)) == {k: 10 * k for k in range(5)}
        assert cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(before)


def deadly(unit: int, shelf: Shelf) -> int:
    if unit == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    if unit in (5, 29):
        os._exit(3)
    return unit * 10


def damaged(unit: int, shelf: Shelf) -> int:
    raise Damaged("ab")


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_every_unit_has_one_result_whoever_does_it(tmp_path: Path, which: int, chunk: int) -> None:
    who = executors(tmp_path)[which]
    try:
        assert list(who.run(tenfold, [], chunk)) == []
        made = list(who.run(tenfold, range(20), chunk))
    finally:
        if isinstance(who, Processes):
            who.__exit__(None, None, None)
    assert sorted(k for k, _ in made) == list(range(20))
    results = dict(made)
    assert results.pop(13) == Lost("ValueError: unlucky number")
    assert results.pop(14) == Lost("not enough memory")
    assert results == {k: 10 * k for k in range(20) if k not in (13, 14)}


def noted(unit: Path, shelf: Shelf) -> None:
    unit.touch()


def test_a_worker_goes_on_while_its_results_are_looked_at(tmp_path: Path) -> None:
    who = executors(tmp_path)[1]
    assert isinstance(who, Processes)
    units = [tmp_path / f"{k}" for k in range(3)]
    with who:
        results = who.run(noted, units, 1)
        assert next(results) == (0, None)
        patience = time.monotonic() + 20.0
        while not units[1].exists() and time.monotonic() < patience:
            time.sleep(0.01)
        assert units[1].exists()
        assert sorted(results) == [(1, None), (2, None)]


@pytest.mark.parametrize("jobs", [1, 2, 7])
@pytest.mark.parametrize("most", [1, 5, 64])
def test_chunks_hold_every_unit_once_and_shrink_in_the_end(jobs: int, most: int) -> None:
    for count in (0, 1, 30, 1000):
        chunks = list(local._chunks(count, most, jobs))
        assert [k for low, high in chunks for k in range(low, high)] == list(range(count))
        sizes = [high - low for low, high in chunks]
        assert sizes == sorted(sizes, reverse=True)
        assert max(sizes, default=0) <= most
        assert sizes[-jobs:] == [1] * min(jobs, count)


@pytest.mark.parametrize("which", [0, 2])
def test_damage_is_raised_for_the_caller_to_mend(tmp_path: Path, which: int) -> None:
    who = executors(tmp_path)[which]
    with pytest.raises(Damaged) as raised:
        list(who.run(damaged, range(3), 1))
    if isinstance(who, Processes):
        who.__exit__(None, None, None)
    assert raised.value.key == "ab"


@pytest.mark.parametrize("chunk", [1, 7, 40])
def test_a_unit_that_kills_its_worker_is_the_only_one_lost(tmp_path: Path, chunk: int) -> None:
    store = Store(tmp_path / "store")
    with Processes(3, store.blobs, keys_for(CONFIG), 0) as who:
        results = dict(who.run(deadly, range(40), chunk))
        assert dict(who.run(tenfold, range(5), 2)) == {k: 10 * k for k in range(5)}
        pids = [w.process.pid for w in who._workers]
    lost = {k: r.reason for k, r in results.items() if isinstance(r, Lost)}
    assert set(lost) == {5, 13, 29}
    assert "SIGKILL" in lost[13]
    assert "code 3" in lost[5]
    assert [results[k] for k in range(40) if k not in lost] == [
        10 * k for k in range(40) if k not in lost
    ]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def dying(function: Callable[..., Any], when: Callable[..., bool]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if when(*arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)

    return wrapped


def lost_lines(report: Report) -> list[tuple[str, str]]:
    return [(n.source, n.reason) for n in report.not_scanned]


def test_a_worker_that_dies_while_reading_costs_one_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "read", dying(tasks.read, lambda e, _: e.source == "b.png"))
    report = scan([folder], CONFIG, jobs=2).report
    ((source, reason),) = lost_lines(report)
    assert source == "b.png"
    assert re.fullmatch(r"could not be read: its worker process was ended by SIGKILL.*", reason)
    assert report.complete is False
    assert [i.source for i in report.inputs] == ["a.png", "c.png", "d.png"]


def test_a_worker_that_dies_while_describing_costs_one_panel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_c(panel: Any, _: Any = None) -> bool:
        return bool(panel.figure[0] == "c.png")

    monkeypatch.setattr(tasks, "describe", dying(tasks.describe, at_c))
    report = scan([folder], CONFIG, jobs=2).report
    ((source, reason),) = lost_lines(report)
    assert source == "c.png"
    assert reason.startswith("figure 1, panel 1 could not be described: ")
    assert (report.coverage.pairs_compared, report.coverage.pairs_possible) == (6, 10)


def test_a_worker_that_dies_over_a_pair_costs_that_pair(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = to_json(scan([folder], CONFIG, jobs=2).report)
    names = {"c.png", "d.png"}
    with monkeypatch.context() as deadly:
        fatal = dying(tasks.echoes, lambda a, b, _: {a.panel.figure[0], b.panel.figure[0]} == names)
        deadly.setattr(tasks, "echoes", fatal)
        report = scan([folder], CONFIG, jobs=2, cache=tmp_path / "cache").report
    ((source, reason),) = lost_lines(report)
    assert source in names
    assert "figure 1, panel 1 could not be compared with" in reason
    assert report.complete is False
    assert (report.coverage.pairs_compared, report.coverage.pairs_possible) == (9, 10)
    assert len(report.findings) == 1
    # What could not be done is tried again; what could is not.
    told: list[tuple[str, int]] = []
    again = scan(
        [folder], CONFIG, cache=tmp_path / "cache", progress=lambda s, d, t: told.append((s, d))
    )
    assert to_json(again.report) == whole
    assert [d for s, d in told if s == "comparing pairs"] == [9, 10]


def test_the_report_does_not_depend_on_who_works(folder: Path) -> None:
    texts = {to_json(scan([folder], CONFIG, jobs=jobs).report) for jobs in (0, 1, 2, 5)}
    assert len(texts) == 1


SLOW = """
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
import sys, time
from pathlib import Path
from figecho.farm import local, tasks
from figecho.cli import main
compare, describe = tasks.echoes, tasks.describe
def slowly(work, seconds):
    def done(*arguments):
        time.sleep(seconds)
        return work(*arguments)
    return done
tasks.echoes, tasks.describe = slowly(compare, PAIR), slowly(describe, PANEL)
main(sys.argv[1:])
"""


def started(arguments: list[str], tmp: Path, *, pair: float, panel: float = 0.0) -> Any:
    program = tmp / "slow.py"
    program.write_text(SLOW.replace("PAIR", str(pair)).replace("PANEL", str(panel)))
    settings = [f"--set={k}={','.join(v) if isinstance(v, tuple) else v}" for k, v in QUICK.items()]
    (tmp / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, str(program), "scan", *arguments, *settings, "--quiet", "--no-cnn"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp / "tmp")},
        start_new_session=True,
    )


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(k) for k in found]


def until(happens: Callable[[], Any], seconds: float = 120.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := happens()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
    return value


def gone(pids: list[int]) -> bool:
    return all(not Path(f"/proc/{pid}").exists() for pid in pids)


def test_ctrl_c_ends_soon_and_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    run = started([str(folder), "--no-cache", "--jobs", "2"], tmp_path, pair=60)
    workers = until(lambda: len(pids := children(run.pid)) == 2 and pids)
    assert len(list((tmp_path / "tmp").glob("figecho-*"))) == 1
    time.sleep(0.3)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.strip().endswith("interrupted")
    assert "Traceback" not in err
    assert gone(workers)
    assert list((tmp_path / "tmp").glob("figecho-*")) == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_request_to_end_is_tidied_as_ctrl_c_is(folder: Path, tmp_path: Path, jobs: str) -> None:
    run = started([str(folder), "--no-cache", "--jobs", jobs], tmp_path, pair=60)
    until(lambda: list((tmp_path / "tmp").glob("figecho-*/**/*.sqlite")))
    workers = until(lambda: len(pids := children(run.pid)) == 2 and pids) if jobs == "2" else []
    time.sleep(0.3)
    run.terminate()
    _, err = run.communicate(timeout=60)
    assert run.returncode == 143
    assert err.strip().endswith("terminated")
    assert "Traceback" not in err
    assert gone(workers)
    assert list((tmp_path / "tmp").glob("figecho-*")) == []


@pytest.mark.parametrize("stage", ["compare", "describe"])
def test_a_killed_scan_goes_on_where_it_was(folder: Path, tmp_path: Path, stage: str) -> None:
    cache = tmp_path / "cache"
    slow = {"pair": 0.35} if stage == "compare" else {"pair": 0.0, "panel": 0.5}
    arguments = [str(folder), "--cache-dir", str(cache), "--jobs", "2"]
    run = started(arguments, tmp_path, **slow)

    def kept() -> bool:
        if not (cache / "records.sqlite").exists():
            return False
        if stage == "describe":  # four panels are cut, and some of them described
            return len(list((cache / "blobs").glob("??/*"))) in (5, 6)
        return Store(cache).rows.sizes().get("compare", (0, 0))[0] >= 2

    until(kept)
    workers = children(run.pid)
    run.kill()
    run.communicate()
    until(lambda: gone(workers))
    told: dict[str, int] = {}
    report = scan(
        [folder], CONFIG, cache=cache, progress=lambda s, done, _: told.setdefault(s, done) and None
    ).report
    assert told["reading files"] == 4
    if stage == "compare":
        assert told["describing panels"] == 4
        assert 2 <= told["comparing pairs"] < 10
    else:
        assert 1 <= told["describing panels"] < 4
    assert to_json(report) == to_json(scan([folder], CONFIG).report)
