"""Which network looks, where its weights lie, and the error where there are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from figecho.errors import FigechoError


class Unavailable(FigechoError):
    """imagededup or the weights of a network are not at hand; the message names the ways out."""


def cache_folder() -> Path:
    """Return where embeddings are kept, unless told otherwise."""
    return Path(platformdirs.user_cache_dir("figecho", appauthor=False)) / "embeddings"


@dataclass(frozen=True, slots=True, kw_only=True)
class CnnSettings:
    """How to get at a network.

    Attributes
    ----------
    model : {"mobilenet", "vit", "efficientnet"}
        One of imagededup's networks.
    weights : Path or None
        A file with its state dict; None takes the copy in the cache of torch hub.
    online : bool
        Allows to fetch the weights into that cache if they are not there.
    cache : Path or None
        Folder for embeddings; None keeps none.
    """

    model: str = "mobilenet"
    weights: Path | None = None
    online: bool = False
    cache: Path | None = field(default_factory=cache_folder)
