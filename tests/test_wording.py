"""What a user reads is neutral: the tool observes similarity, it accuses nobody."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "figecho"
JUDGING = re.compile(
    r"fraud|\bfak(e|ed|ery|ing)\b|\bforg(e|ed|ery|eries|ing)\b|manipulat|misconduct"
    r"|suspicio|\bsuspect|tamper|\bcheat|dishonest|fabricat|falsif|\bguilt|plagiar",
    re.IGNORECASE,
)


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every string in a Python file; a whole file of any other kind."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(text.splitlines(), start=1)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def readable() -> list[Path]:
    """Return every text a user may read."""
    files = (p for p in PACKAGE.rglob("*.*") if p.is_file())
    package = (p for p in files if not {"__pycache__", ".mypy_cache"} & set(p.parts))
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/**/*.svg")]
    return sorted([*package, *pages])


@pytest.mark.parametrize("path", readable(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_text_judges(path: Path) -> None:
    judging = [(line, m[0]) for line, text in strings(path) for m in JUDGING.finditer(text)]
    assert judging == []


@pytest.mark.parametrize(
    "word", ["fraud", "Fake", "forged", "forgery", "manipulated", "misconduct", "suspicious"]
)
def test_the_check_sees_the_words(word: str) -> None:
    assert JUDGING.search(f"This is {word}.")


def test_the_check_lets_plain_words_pass() -> None:
    assert not JUDGING.search("Do not forget: false findings are made visible, by hand.")


@pytest.mark.parametrize("place", ["report/terminal.py", "report/picture.py", "cli/__init__.py"])
def test_what_shows_findings_says_that_a_person_must_judge(place: str) -> None:
    text = " ".join(text for _, text in strings(PACKAGE / place))
    assert "person must judge" in text
