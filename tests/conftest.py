"""What every test may rely on: no colours, no terminal, no settings of the user's shell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHELL = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES")


@pytest.fixture(autouse=True)
def plain_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SHELL:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the cache of the user out of every test, and those of two tests apart."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images that FIGECHO_DATA names; tests that need it are skipped without."""
    folder = Path(os.environ.get("FIGECHO_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("FIGECHO_DATA names no folder of real images")
    return folder
