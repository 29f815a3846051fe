"""Versions of figecho and of the libraries that decide its results, for the report."""

from __future__ import annotations

import platform
from importlib import metadata

from figecho import __version__

_LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "numba", "scipy")


def versions() -> dict[str, str]:
    """Return name to version, figecho first."""
    found = {"figecho": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
