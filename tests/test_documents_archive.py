"""ZIP archives: read in memory within limits, and no name leads out of them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from figecho.config import Limits
from figecho.sources import Collected, collect
from pictures import tissue
from synth import pdf as make
from synth.office import Shown, Slide, png, pptx, zipped

FIELD = tissue(60, 80, seed=1)
PNG = png(FIELD)


def read(folder: Path, parts: dict[str, bytes], limits: Limits | None = None) -> Collected:
    (folder / "papers.zip").write_bytes(zipped(parts))
    return collect([folder / "papers.zip"], limits or Limits())


def test_members_are_sources_of_their_own(tmp_path: Path) -> None:
    page = make.Page()
    page.put(make.flate(tissue(120, 160)), (72, 100, 160, 120))
    deck = zipped(pptx([Slide([Shown(media="image1.png")])], {"image1.png": PNG}))
    parts = {"b/fig10.png": PNG, "b/fig2.png": PNG, "paper.pdf": make.pdf([page]), "a.pptx": deck}
    collected = read(tmp_path, {**parts, "notes.txt": b"no picture", "__MACOSX/b/fig2.png": b"x"})
    assert [i.source for i in collected.inputs] == [
        "papers.zip/a.pptx",
        "papers.zip/b/fig2.png",
        "papers.zip/b/fig10.png",
        "papers.zip/paper.pdf",
    ]
    assert collected.not_scanned == ()
    assert {f.page for f in collected.figures if f.source.endswith("pdf")} == {1}


def test_archives_nest_once(tmp_path: Path) -> None:
    inner = zipped({"fig.png": PNG})
    deepest = zipped({"inner.zip": inner})
    collected = read(tmp_path, {"inner.zip": inner, "outer.zip": deepest})
    assert [i.source for i in collected.inputs] == ["papers.zip/inner.zip/fig.png"]
    (missed,) = collected.not_scanned
    assert missed.source == "papers.zip/outer.zip/inner.zip"
    assert "is not opened" in missed.reason


@pytest.mark.parametrize(
    "name", ["../../escaped.png", "/escaped.png", "..\\..\\escaped.png", "a/../../escaped.png"]
)
def test_no_name_leads_out(tmp_path: Path, name: str) -> None:
    home = tmp_path / "deep" / "deeper"
    home.mkdir(parents=True)
    collected = read(home, {name: PNG})
    (entry,) = collected.inputs
    assert entry.source in {"papers.zip/escaped.png", "papers.zip/a/escaped.png"}
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["papers.zip"]


def test_one_name_twice_is_two_sources(tmp_path: Path) -> None:
    collected = read(tmp_path, {"a.png": PNG, "../a.png": PNG})
    assert [i.source for i in collected.inputs] == ["papers.zip/a.png", "papers.zip/a~2.png"]


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    collected = read(tmp_path, {"bomb.png": bytes(40_000_000), "fig.png": PNG})
    assert [i.source for i in collected.inputs] == ["papers.zip/fig.png"]
    assert "times its size, limit 200" in collected.not_scanned[0].reason


def test_all_that_is_unpacked_shares_one_budget(tmp_path: Path) -> None:
    noise = [np.random.default_rng(k).bytes(3000) for k in range(6)]
    parts = {f"{k}.png": data for k, data in enumerate(noise)}
    nested = zipped({"inner.zip": zipped(parts), "later.png": PNG})
    (tmp_path / "papers.zip").write_bytes(nested)
    limits = Limits(max_archive_bytes=len(nested) + 9000)
    reasons = [n.reason for n in collect([tmp_path / "papers.zip"], limits).not_scanned]
    assert any("more bytes than the limit" in reason for reason in reasons)


def test_too_many_files_are_one_line(tmp_path: Path) -> None:
    limits = Limits(max_archive_files=5)
    collected = read(tmp_path, {f"{k}.png": PNG for k in range(9)}, limits)
    assert len(collected.inputs) == 5
    assert [n.reason for n in collected.not_scanned] == [
        "5.png and 3 more: the archive holds more files than the limit"
    ]


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    data = bytearray(zipped({"fig.png": PNG}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (len(PNG) - 9).to_bytes(4, "little")
    (tmp_path / "papers.zip").write_bytes(bytes(data))
    collected = collect([tmp_path / "papers.zip"], Limits())
    assert not collected.figures
    assert [n.reason for n in collected.not_scanned] == ["fig.png: damaged in the archive"]


def test_damaged_encrypted_and_empty_archives_have_a_reason(tmp_path: Path) -> None:
    whole = zipped({"fig.png": PNG})
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.zip").write_bytes(zipped({"readme.txt": b"x"}))
    locked = bytearray(whole)
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(magic) + at] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    reasons = {n.source: n.reason for n in collect([tmp_path], Limits()).not_scanned}
    assert reasons == {
        "cut.zip": "damaged ZIP archive: its list of files cannot be read",
        "empty.zip": "holds no pictures and no documents",
        "locked.zip": "fig.png: encrypted",
    }


def test_a_bomb_inside_an_office_document_is_refused(tmp_path: Path) -> None:
    parts = pptx([Slide([Shown(media="image1.png")])], {"image1.png": bytes(60_000_000)})
    (tmp_path / "deck.pptx").write_bytes(zipped(parts))
    collected = collect([tmp_path / "deck.pptx"], Limits())
    assert "times its size" in collected.not_scanned[0].reason


def test_a_member_packed_in_an_unknown_way_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"fig.png": PNG}))
    for magic, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(magic) + at] = 77
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        assert archive.infolist()[0].compress_type == 77
    (tmp_path / "papers.zip").write_bytes(bytes(data))
    (missed,) = collect([tmp_path / "papers.zip"], Limits()).not_scanned
    assert missed.reason == "fig.png: packed in a way that is not read"
