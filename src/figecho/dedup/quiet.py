"""Import and run imagededup without its log, its warnings and the log of what it imports."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata, util
from typing import Any

from figecho.dedup.settings import Unavailable

NOT_INSTALLED = "imagededup is not installed: pip install 'figecho[cnn]'"
_LIBRARIES = ("imagededup", "torch", "torchvision", "pillow")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep log records and warnings away from the user while the block runs."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def check_installed() -> None:
    """Raise :class:`Unavailable` where imagededup is missing; imports nothing."""
    if util.find_spec("imagededup") is None:
        raise Unavailable(NOT_INSTALLED)


def methods() -> Any:
    """Import ``imagededup.methods``, which takes seconds.

    Raises
    ------
    Unavailable
        It is missing, or what it needs is.
    """
    check_installed()
    try:
        with quiet():
            import imagededup.methods
    except (ImportError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise Unavailable(f"imagededup cannot be imported: {reason}") from error
    return imagededup.methods


def versions() -> dict[str, str]:
    """Return name to version of what decides an embedding or a hash."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
