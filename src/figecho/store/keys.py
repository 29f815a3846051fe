"""Under which name a result is kept: its content, the code, the settings and the libraries.

A stage's version is the digest of figecho's own code, so no change of the engine can ever meet a
result of the code before. Every setting counts for every stage, but those that a stage is known
not to read: a setting that is new is safe without anyone thinking of this file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from figecho.config import Config

_LIBRARIES = (
    *("numpy", "opencv-python-headless", "scikit-image", "numba", "llvmlite", "scipy"),
    *("pillow", "tifffile", "imagecodecs", "pypdfium2", "pikepdf", "faiss-cpu"),
)
#: Parts of the program that show results and decide none.
_VIEWS = ("report", "cli", "schema", "dedup", "page")

_REPORT = frozenset({"preset", "scope", "keep_weak", "judge"})
_PAIR = frozenset({"methods", "match", "blocks", "patches", "verify", "retrieve"})
#: Stage to the settings it does not read.
UNREAD: dict[str, frozenset[str]] = {
    # A file of one figure is cut as it is read.
    "read": _REPORT | _PAIR | {"describe"},
    "cut": _REPORT | _PAIR | {"describe"},
    "describe": _REPORT | (_PAIR - {"methods"}) | {"limits", "screen"},
    "compare": _REPORT | {"limits", "screen", "retrieve"},
    "report": frozenset(),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Keys:
    """Names of results under one configuration; small, and the same in every worker.

    Attributes
    ----------
    stages : dict of str to str
        Stage to the digest of all that a result of it depends on besides its input.
    """

    stages: dict[str, str]

    def of(self, stage: str, *parts: str) -> str:
        """Return the key, hexadecimal, of what ``stage`` makes of an input named by digests."""
        return digest(stage, self.stages[stage], *parts)


def keys_for(config: Config) -> Keys:
    """Return the keys for a configuration."""
    settings = dataclasses.asdict(config)
    stages = {}
    for stage, unread in UNREAD.items():
        read = {name: value for name, value in settings.items() if name not in unread}
        stages[stage] = digest(environment(), repr(sorted(read.items())))
    return Keys(stages)


def digest(*parts: str) -> str:
    """Return a digest, 40 hexadecimal digits, of texts in their order."""
    joined = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        joined.update(len(data).to_bytes(8, "little") + data)
    return joined.hexdigest()[:40]


def digest_of(*arrays: Any) -> str:
    """Return a digest of arrays: their shapes, types and samples."""
    joined = hashlib.sha256()
    for array in arrays:
        joined.update(f"{array.dtype.str}{array.shape};".encode())
        joined.update(array.data if array.flags.c_contiguous else array.tobytes())
    return joined.hexdigest()[:40]


@cache
def environment() -> str:
    """Return the digest of figecho's code, Python and the libraries."""
    libraries = [f"{name} {_version(name)}" for name in _LIBRARIES]
    return digest(platform.python_version(), platform.machine(), code_digest(), *libraries)


@cache
def code_digest() -> str:
    """Return the digest of the code that decides results."""
    top = Path(__file__).parents[1]
    joined = hashlib.sha256()
    for path in sorted(top.rglob("*.py")):
        name = path.relative_to(top)
        if name.parts[0] not in _VIEWS:
            joined.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return joined.hexdigest()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "-"
