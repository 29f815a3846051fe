"""The cache: a folder with a file of small records and a file for each large one.

It holds pixels of manuscripts, so only its owner may enter it, and nothing but figecho ever looks.
A store of one run, for those who want no cache, is the same thing in a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from figecho.errors import ConfigError
from figecho.store.blobs import Blobs
from figecho.store.rows import Rows

DEFAULT_LIMIT_BYTES = 5_000_000_000
#: Part of the limit that small records may fill.
_SHARE_OF_ROWS = 4
_SCRATCH = "figecho-"
_LAYOUT = "v1"


@dataclass(frozen=True, slots=True)
class Info:
    """What a cache holds: records and bytes of each kind."""

    folder: Path
    held: dict[str, tuple[int, int]]

    @property
    def total_bytes(self) -> int:
        """Bytes of all records."""
        return sum(size for _, size in self.held.values())


class Store:
    """Records of finished work, in one folder.

    Parameters
    ----------
    folder : Path
        Made where it does not exist, open to its owner only.

    Raises
    ------
    ConfigError
        The folder cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.blobs = Blobs(folder / "blobs")
            self.blobs.folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise ConfigError(
                f"cache folder '{folder}': {reason}; --cache-dir names another, --no-cache none"
            ) from error
        if not os.access(self.blobs.folder, os.W_OK):
            raise ConfigError(f"cache folder '{folder}' is not open to you; try --cache-dir")
        self.rows = Rows(folder / "records.sqlite")

    def info(self) -> Info:
        """Count what is held."""
        sizes = [size for _, size, _ in self.blobs.all()]
        held = dict(sorted(self.rows.sizes().items()))
        return Info(self.folder, {**held, "pixels and keypoints": (len(sizes), sum(sizes))})

    def prune(self, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> int:
        """Forget what was not used for longest until at most ``limit_bytes`` are left.

        Returns
        -------
        int
            Bytes that were freed.
        """
        self.blobs.sweep()
        small = self._small()
        self.rows.prune(limit_bytes // _SHARE_OF_ROWS)
        left = limit_bytes - self._small()
        freed = small - self._small()
        for path, size, _ in sorted(self.blobs.all(), key=lambda f: (-f[2], f[0])):
            left -= size
            if left < 0:
                path.unlink(missing_ok=True)
                freed += size
        return freed

    def _small(self) -> int:
        return sum(size for _, size in self.rows.sizes().values())

    def clear(self) -> int:
        """Forget everything; return how many bytes that was."""
        freed = self.info().total_bytes
        self.close()
        for path in self.folder.glob("records.sqlite*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.blobs.folder, ignore_errors=True)
        return freed

    def close(self) -> None:
        """Let go of the files."""
        self.rows.close()


def default_folder() -> Path:
    """Return the folder of the cache where none is named."""
    return user_cache_path("figecho", appauthor=False) / "scan" / _LAYOUT


def scratch() -> Store:
    """Return a store of this run alone: removed with the last reference to it, or at exit."""
    for old in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        _remove_orphan(old)
    folder = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
    store = Store(folder)
    weakref.finalize(store, _remove, folder, os.getpid())
    return store


def _remove(folder: Path, owner: int) -> None:
    # A forked worker inherits the wish to clean up, but not the right to.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_orphan(folder: Path) -> None:
    """Remove the folder of a run that was killed."""
    try:
        owner = int(folder.name.removeprefix(_SCRATCH).split("-")[0])
        if folder.stat().st_uid != os.getuid():
            return
        os.kill(owner, 0)
    except ProcessLookupError:
        shutil.rmtree(folder, ignore_errors=True)
    except (ValueError, OSError, AttributeError):
        return
