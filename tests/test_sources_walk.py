"""Which files are read, under which names, in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from figecho.config import Limits
from figecho.report.to_json import to_json
from figecho.sources import Collected, collect
from handmade import full_report


def picture(path: Path, tone: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (20, 20), tone).save(path, "PNG")
    return path


def scan(*paths: Path) -> Collected:
    return collect(paths, Limits())


def names(collected: Collected) -> list[str]:
    return [figure.source for figure in collected.figures]


def test_a_folder_is_walked_and_sorted_as_people_count(tmp_path: Path) -> None:
    for name in ("fig10.png", "fig2.png", "b/fig1.png", "Fig1.png"):
        picture(tmp_path / name)
    assert names(scan(tmp_path)) == ["b/fig1.png", "Fig1.png", "fig2.png", "fig10.png"]


def test_hidden_and_unrelated_files_are_passed_over_in_silence(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / ".hidden.png")
    picture(tmp_path / ".git/b.png")
    for name in ("notes.md", "truth.json", "table.csv", "readme.txt"):
        (tmp_path / name).write_text("x")
    collected = scan(tmp_path)
    assert names(collected) == ["a.png"]
    assert collected.not_scanned == ()


def test_documents_in_a_folder_are_listed(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "deck.PPTX").write_bytes(b"PK\x03\x04")
    listed = {m.source: m.reason for m in scan(tmp_path).not_scanned}
    assert listed == {
        "paper.pdf": "damaged PDF: its structure cannot be read",
        "deck.PPTX": "damaged PPTX document: its list of parts cannot be read",
    }


def test_what_is_named_is_listed_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("{}")
    picture(tmp_path / ".hidden.png")
    assert scan(tmp_path / "truth.json").not_scanned[0].reason == "not an image (text)"
    assert names(scan(tmp_path / ".hidden.png")) == [".hidden.png"]


def test_same_bytes_under_two_names_are_two_inputs(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    collected = scan(tmp_path)
    assert len(collected.inputs) == 2
    assert len({entry.sha256 for entry in collected.inputs}) == 1


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    one, two = picture(tmp_path / "x/one/a.png"), picture(tmp_path / "x/two/a.png")
    other = picture(tmp_path / "b.png")
    assert names(scan(one, two, other)) == ["b.png", "one/a.png", "two/a.png"]


def test_several_folders_prefix_their_names(tmp_path: Path) -> None:
    picture(tmp_path / "one/a.png")
    picture(tmp_path / "two/a.png")
    assert names(scan(tmp_path / "one", tmp_path / "two")) == ["one/a.png", "two/a.png"]


def test_a_path_named_twice_is_read_once(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    assert names(scan(path, path)) == ["a.png"]
    assert len(names(scan(tmp_path, path))) == 1


def test_links_that_loop_end(tmp_path: Path) -> None:
    picture(tmp_path / "sub/a.png")
    (tmp_path / "sub/loop").symlink_to(tmp_path, target_is_directory=True)
    assert names(scan(tmp_path)) == ["sub/a.png"]


def test_a_broken_link_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")
    assert [m.reason for m in scan(tmp_path).not_scanned] == ["broken link"]
    assert [m.reason for m in scan(tmp_path / "a.png").not_scanned] == ["broken link"]


def test_what_is_not_a_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert [m.reason for m in scan(tmp_path / "a.png").not_scanned] == ["not a regular file"]


def test_a_file_without_permission_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    readable = Path.read_bytes

    def guarded(self: Path) -> bytes:
        if self.name == "a.png":
            raise PermissionError(13, "Permission denied")
        return readable(self)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    collected = scan(tmp_path)
    assert names(collected) == ["b.png"]
    assert [(m.source, m.reason) for m in collected.not_scanned] == [("a.png", "permission denied")]


def test_a_folder_without_permission_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "shut/b.png")
    entries = Path.iterdir

    def guarded(self: Path):  # type: ignore[no-untyped-def]
        if self.name == "shut":
            raise PermissionError(13, "Permission denied")
        return entries(self)

    monkeypatch.setattr(Path, "iterdir", guarded)
    collected = scan(tmp_path)
    assert names(collected) == ["a.png"]
    assert [m.source for m in collected.not_scanned] == ["shut"]


def test_a_call_for_nothing_is_told_from_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "no images in folder" in scan(tmp_path / "empty").misused[0]
    missing = scan(tmp_path / "gone.png")
    assert "no such file or folder" in missing.misused[0]
    assert missing.not_scanned[0].source == "gone.png"
    assert scan(tmp_path / "torn.png").misused == ()


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    picture(tmp_path / "a.png")
    try:
        (tmp_path / "a.png").rename(os.fsdecode(raw))
    except OSError:
        pytest.skip("the file system wants text")
    (name,) = names(scan(tmp_path))
    assert name.encode("utf-8") == b"caf\\xe9.png"


def test_evidence_beside_a_report_is_no_figure(tmp_path: Path) -> None:
    for folder in ("", "results", "other"):
        picture(tmp_path / folder / "evidence" / "F001.png")
    picture(tmp_path / "results" / "own.png")
    (tmp_path / "results" / "report.json").write_text(to_json(full_report()), encoding="utf-8")
    (tmp_path / "other" / "report.json").write_text('{"mine": 1}', encoding="utf-8")
    assert names(scan(tmp_path)) == [
        "evidence/F001.png",
        "other/evidence/F001.png",
        "results/own.png",
    ]
    assert names(scan(tmp_path / "results" / "evidence")) == ["F001.png"]
