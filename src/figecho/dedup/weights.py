"""Find and read the weights of a network, from disk unless the network is allowed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figecho.config import nearest
from figecho.dedup.quiet import quiet
from figecho.dedup.settings import CnnSettings, Unavailable
from figecho.errors import ConfigError

_ORIGIN = "https://download.pytorch.org/models/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrained:
    """The weights imagededup uses for a network, as torch hub names them."""

    name: str
    file: str
    size_mb: int

    @property
    def url(self) -> str:
        """Where torch publishes them."""
        return _ORIGIN + self.file

    @property
    def digest(self) -> str:
        """The first digits of their SHA-256, which the file name ends in."""
        return self.file.removesuffix(".pth").rpartition("-")[2]


PRETRAINED = {
    "mobilenet": Pretrained(
        name="mobilenet_v3_small", file="mobilenet_v3_small-047dcff4.pth", size_mb=10
    ),
    "vit": Pretrained(name="vit_b_16", file="vit_b_16_swag-9ac1b537.pth", size_mb=331),
    "efficientnet": Pretrained(
        name="efficientnet_b4", file="efficientnet_b4_rwightman-23ab8bcd.pth", size_mb=74
    ),
}


def pretrained(model: str) -> Pretrained:
    """Return what is known about the weights of ``model``.

    Raises
    ------
    ConfigError
        There is no such network.
    """
    if model not in PRETRAINED:
        raise ConfigError(f"unknown model '{model}': {nearest(model, tuple(PRETRAINED))}")
    return PRETRAINED[model]


def hub_file(model: str) -> Path:
    """Return where torch hub keeps the weights; worked out without importing torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser()
    return home / "hub" / "checkpoints" / pretrained(model).file


def find(settings: CnnSettings) -> Path:
    """Return the file that holds the weights; imports torch only to fetch them.

    Raises
    ------
    Unavailable
        There is none, and fetching it is not allowed or fails.
    """
    if settings.weights is not None:
        return settings.weights
    known, path = pretrained(settings.model), hub_file(settings.model)
    if path.is_file():
        return path
    if not settings.online:
        raise Unavailable(
            f"no weights for {known.name}: --online fetches them once ({known.size_mb} MB), "
            f"or --cnn-weights FILE names a copy of {known.file}"
        )
    _fetch(known, path)
    return path


def read(path: Path) -> tuple[Mapping[str, Any], str]:
    """Read a state dict and the SHA-256 of its file; no code in the file is run.

    Raises
    ------
    ConfigError
        The file cannot be read or holds no state dict.
    """
    import torch

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"weights '{path.name}' cannot be read: {_plain(error)}") from error
    try:
        with quiet():
            state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    # A damaged file makes the decoder raise nearly anything.
    except Exception as error:
        raise ConfigError(
            f"weights '{path.name}' are damaged, or hold more than tensors, and were not loaded"
        ) from error
    if not isinstance(state, Mapping) or not state or not all(map(_is_tensor, state.values())):
        raise ConfigError(f"weights '{path.name}' hold no state dict (tensors by name)")
    return state, hashlib.sha256(data).hexdigest()


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _fetch(known: Pretrained, path: Path) -> None:
    import torch

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place, checked, then moved: a broken download leaves nothing.
        with quiet():
            torch.hub.download_url_to_file(known.url, str(path), known.digest, progress=False)
    except (OSError, RuntimeError) as error:
        raise Unavailable(
            f"the weights for {known.name} cannot be fetched: {_plain(error)}; "
            f"--cnn-weights FILE names a copy of {known.file}"
        ) from error


def _plain(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return " ".join(str(reason).split())[:200] or type(error).__name__
