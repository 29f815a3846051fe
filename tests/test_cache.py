"""What is kept between runs: found again for equal content only, never believed when damaged."""

from __future__ import annotations

import gc
import os
import sqlite3
import weakref
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from figecho.config import Config, resolve
from figecho.farm.port import Lost
from figecho.model import Box, Report
from figecho.report.to_json import to_json
from figecho.result import remembered
from figecho.scan import scan
from figecho.store import codec, keys
from figecho.store.codec import Damaged, decode, encode
from figecho.store.keys import UNREAD, keys_for
from figecho.store.rows import Rows
from figecho.store.store import Store, scratch
from handmade import full_report
from scenes import rendering

#: Little work on every panel: here it counts only how often it is done.
QUICK: dict[str, Any] = {
    "methods": ("sift",),
    "describe.max_keypoints": 200,
    "describe.min_working_px": 9000,
    "verify.max_px": 5000,
}
CONFIG = resolve(overrides=QUICK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "figures"
    place.mkdir()
    scene = rendering("eosin", 21, 80, 130)
    for name, image in {
        "a.png": scene[:, :85],
        "b.png": scene[:, 35:120],
        "c.png": rendering("eosin", 22, 80, 90),
    }.items():
        Image.fromarray(np.ascontiguousarray(image)).save(place / name)
    return place


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def told(paths: list[Path], cache: Path | None, config: Config = CONFIG) -> tuple[str, list[str]]:
    """Scan, and return the report and the stages that had work to do."""
    busy: dict[str, int] = {}

    def watch(stage: str, done: int, total: int) -> None:
        first = busy.setdefault(stage, done)
        busy[stage] = min(first, done)

    report = scan(paths, config, cache=cache, progress=watch).report
    todo = [stage for stage, done in busy.items() if done < TOTALS.get(stage, 3)]
    return to_json(report), todo


TOTALS = {"comparing pairs": 6}


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=12,
)


@given(values)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    back = decode(encode(value))
    assert back == value
    assert repr(back) == repr(value)


@pytest.mark.parametrize("kind", ["u1", "<f4", "<f8", "?", "<i4", "<u2"])
@pytest.mark.parametrize("shape", [(0, 3), (5,), (3, 4, 2)])
def test_arrays_come_back_with_type_and_shape(kind: str, shape: tuple[int, ...]) -> None:
    value = (np.random.default_rng(1).random(shape) * 200).astype(kind)
    other = np.arange(7)
    back, second = decode(encode((value, other)))
    np.testing.assert_array_equal(back, value)
    np.testing.assert_array_equal(second, other)
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    assert back.flags.writeable


def test_arrays_may_lie_in_a_record_that_is_mapped(cache: Path) -> None:
    store = Store(cache)
    first, second = np.arange(5000, dtype=np.int64), np.ones((3, 7), np.float32)
    store.blobs.write("ab" * 20, encode({"first": first, "second": second}))
    one, other = (decode(store.blobs.mapped("ab" * 20), copies=False) for _ in range(2))
    one["first"][:] = 0
    np.testing.assert_array_equal(other["first"], first)
    np.testing.assert_array_equal(other["second"], second)
    np.testing.assert_array_equal(decode(store.blobs.read("ab" * 20))["first"], first)
    store.blobs.write("cd" * 20, b"")
    for key in ("cd" * 20, "ef" * 20):
        with pytest.raises(Damaged):
            store.blobs.mapped(key)


def test_a_record_is_let_go_as_soon_as_it_is_decoded(cache: Path) -> None:
    store = Store(cache)
    store.blobs.write("ab" * 20, encode([{"a": np.arange(40)}, (Box(x=1, y=2, w=3, h=4),)]))
    mapped = store.blobs.mapped("ab" * 20)
    held = weakref.ref(mapped)
    gc.disable()
    try:
        decode(mapped)
        del mapped
        assert held() is None
    finally:
        gc.enable()


def test_a_report_and_numpy_scalars_come_back() -> None:
    report = full_report()
    back: Report = decode(encode(report))
    assert back == report
    value = decode(encode(np.float32(0.1)))
    assert type(value) is np.float32
    assert value == np.float32(0.1)


def test_what_is_no_value_of_the_pipeline_is_refused() -> None:
    for value in (object(), Path("a"), {1, 2}, np.array([None]), Lost("x"), b"bytes"):
        with pytest.raises(TypeError):
            encode(value)


def test_a_record_names_only_known_dataclasses(monkeypatch: pytest.MonkeyPatch) -> None:
    record = encode(Box(x=1, y=2, w=3, h=4))
    monkeypatch.delitem(codec.KNOWN, "Box")
    with pytest.raises(Damaged):
        decode(record)


def test_any_changed_or_missing_byte_is_noticed() -> None:
    record = encode({"a": np.arange(40, dtype=np.float32), "b": [1, "x", 2.5]})
    for at in range(len(record)):
        flipped = bytearray(record)
        flipped[at] ^= 0x10
        with pytest.raises(Damaged):
            decode(bytes(flipped))
    for size in range(len(record)):
        with pytest.raises(Damaged):
            decode(record[:size])


def test_rows_are_found_again_and_damaged_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    rows = Rows(path)
    rows.keep("compare", {"aa": b"one", "bb": b""})
    assert rows.find(["aa", "bb", "cc"]) == {"aa": b"one", "bb": b""}
    rows.close()
    with sqlite3.connect(path) as file:
        file.execute("update record set value = x'00000000' || x'6f6e65' where key = x'aa'")
    rows = Rows(path)
    assert rows.find(["aa", "bb"]) == {"bb": b""}
    rows.drop(["bb"])
    assert rows.find(["bb"]) == {}


def test_a_file_that_is_no_database_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    rows = Rows(path)
    assert rows.find(["aa"]) == {}
    rows.keep("read", {"aa": b"one"})
    assert rows.find(["aa"]) == {"aa": b"one"}


def test_two_processes_write_to_one_file(tmp_path: Path) -> None:
    one, other = Rows(tmp_path / "r.sqlite"), Rows(tmp_path / "r.sqlite")
    for k in range(20):
        (one if k % 2 else other).keep("read", {f"{k:04x}": bytes([k])})
    names = [f"{k:04x}" for k in range(20)]
    assert one.find(names) == other.find(names) == {f"{k:04x}": bytes([k]) for k in range(20)}


def test_every_setting_decides_the_stages_that_read_it() -> None:
    known = {f.name for f in fields(Config)}
    assert set().union(*UNREAD.values()) <= known | {"retrieve"}
    base = keys_for(CONFIG)

    def changed(**overrides: Any) -> set[str]:
        other = keys_for(resolve(overrides=QUICK | overrides))
        return {stage for stage in base.stages if base.stages[stage] != other.stages[stage]}

    assert changed() == set()
    assert changed(scope="within") == {"report"}
    assert changed(**{"judge.min_coverage": 0.5}) == {"report"}
    assert changed(**{"match.ratio": 0.5}) == {"compare", "report"}
    assert changed(**{"describe.max_keypoints": 5}) == {"describe", "compare", "report"}
    assert changed(**{"screen.min_tones": 5}) == {"read", "cut", "report"}
    assert changed(**{"limits.max_frames": 5}) == {"read", "cut", "report"}
    assert changed(methods=("orb",)) == {"describe", "compare", "report"}


def test_the_code_and_the_libraries_decide_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys_for(CONFIG)
    for name in ("code_digest", "_version"):
        with monkeypatch.context() as changed:
            keys.environment.cache_clear()
            changed.setattr(keys, name, lambda *_: "another")
            after = keys_for(CONFIG)
        assert not set(before.stages.values()) & set(after.stages.values())
    keys.environment.cache_clear()
    assert keys_for(CONFIG) == before


def test_a_second_scan_does_nothing_again_and_says_the_same(folder: Path, cache: Path) -> None:
    plain, _ = told([folder], None)
    first, did = told([folder], cache)
    assert first == plain
    assert len(did) == 3
    assert told([folder], cache) == (plain, [])
    kept = remembered([folder], CONFIG, cache)
    assert kept is not None
    assert to_json(kept.report) == plain


def test_kept_panels_are_those_of_the_scan(folder: Path, cache: Path) -> None:
    first = scan([folder], CONFIG, cache=cache)
    kept = remembered([folder], CONFIG, cache)
    assert kept is not None
    assert list(kept.panels) == list(first.panels)
    for key, panel in first.panels.items():
        again = kept.panels[key]
        assert (again.bbox, again.pixels_sha256) == (panel.bbox, panel.pixels_sha256)
        np.testing.assert_array_equal(again.rgb, panel.rgb)
        np.testing.assert_array_equal(again.grey, panel.grey)


def test_a_changed_setting_or_file_is_done_again(folder: Path, cache: Path) -> None:
    told([folder], cache)
    judge = replace(CONFIG, judge=replace(CONFIG.judge, strong_log10_nfa=-999.0))
    assert remembered([folder], judge, cache) is None
    assert told([folder], cache, judge)[1] == []
    match = replace(CONFIG, match=replace(CONFIG.match, ratio=0.8))
    assert told([folder], cache, match)[1] == ["comparing pairs"]
    image = np.asarray(Image.open(folder / "c.png")).copy()
    image[20:40, 20:40] = image[50:70, 50:70]
    Image.fromarray(image).save(folder / "c.png")
    assert remembered([folder], CONFIG, cache) is None
    changed, did = told([folder], cache)
    assert len(did) == 3
    assert changed == told([folder], None)[0]


def test_renamed_files_keep_their_work(folder: Path, cache: Path) -> None:
    told([folder], cache)
    (folder / "a.png").rename(folder / "x.png")
    text, did = told([folder], cache)
    assert did == []
    assert text == told([folder], None)[0]


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "remove"])
def test_damaged_records_are_made_again(folder: Path, cache: Path, harm: str) -> None:
    plain, _ = told([folder], cache)
    for path in sorted((cache / "blobs").glob("??/*")):
        data = bytearray(path.read_bytes())
        if harm == "remove":
            path.unlink()
            continue
        data[len(data) // 2] ^= 1
        path.write_bytes({"flip": data, "cut": data[:-9], "empty": b""}[harm])
    judge = replace(CONFIG, match=replace(CONFIG.match, ratio=0.84))
    assert told([folder], cache, judge)[0] == told([folder], None, judge)[0]
    kept = remembered([folder], CONFIG, cache)
    assert kept is not None
    assert [p.grey.size > 0 for p in kept.panels.values()] == [True] * 3
    assert to_json(kept.report) == plain


def test_a_lost_panel_of_a_kept_scan_is_cut_again(folder: Path, cache: Path) -> None:
    scan([folder], CONFIG, cache=cache)
    for path in (cache / "blobs").glob("??/*"):
        path.unlink()
    kept = remembered([folder], CONFIG, cache)
    assert kept is not None
    assert all(panel.grey.size > 0 for panel in kept.panels.values())


def test_the_cache_is_for_its_owner_only(folder: Path, cache: Path) -> None:
    scan([folder], CONFIG, cache=cache)
    assert cache.stat().st_mode & 0o077 == 0
    assert (cache / "blobs").stat().st_mode & 0o077 == 0


def test_a_scan_without_cache_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = folder.parent / "tmp"
    empty.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(empty))
    done = scan([folder], CONFIG)
    (inside,) = empty.iterdir()
    assert inside.stat().st_mode & 0o077 == 0
    assert len(list(done.panels.values())) == 3
    del done
    assert list(empty.iterdir()) == []


def test_the_folder_of_a_killed_run_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    child = os.fork() if hasattr(os, "fork") else 0
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    orphan = tmp_path / f"figecho-{child}-x"
    mine = tmp_path / f"figecho-{os.getpid()}-y"
    for path in (orphan, mine, tmp_path / "figecho-notes"):
        path.mkdir()
    store = scratch()
    assert not orphan.exists()
    assert mine.exists()
    assert (tmp_path / "figecho-notes").exists()
    assert store.folder.exists()


def test_prune_forgets_what_was_used_longest_ago(cache: Path) -> None:
    store = Store(cache)
    for k in range(6):
        store.blobs.write(f"{k:02x}{'0' * 38}", b"x" * 1000)
        os.utime(store.blobs.path(f"{k:02x}{'0' * 38}"), (k, k))
    store.blobs.has("00" + "0" * 38)
    assert store.prune(3500) == 3000
    assert [k for k in range(6) if store.blobs.path(f"{k:02x}{'0' * 38}").exists()] == [0, 4, 5]
    assert store.prune(3500) == 0
    store.rows.keep("read", {"aa": b"x" * 900})
    assert store.clear() > 3000
    assert Store(cache).info().total_bytes == 0


def test_a_half_written_record_is_not_there(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(cache)

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="space"):
        store.blobs.write("ab" * 20, b"record")
    assert not store.blobs.has("ab" * 20)
    assert list((cache / "blobs" / "parts").iterdir()) == []
