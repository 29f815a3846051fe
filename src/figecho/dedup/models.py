"""Make imagededup's CNN from weights at hand, so that nothing is fetched behind the user's back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figecho.dedup.quiet import check_installed, methods, quiet, versions
from figecho.dedup.settings import CnnSettings
from figecho.dedup.weights import find, pretrained, read
from figecho.errors import ConfigError

#: What follows the features of a network, which imagededup does not use.
_HEADS = ("classifier.", "heads.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A network ready to look.

    Attributes
    ----------
    name : str
    weights_sha256 : str or None
        Of the file its weights came from; None for a model made in Python.
    key : str or None
        Equal for equal weights, preprocessing and versions; None where that cannot be known, so
        that its embeddings are not kept.
    cnn : imagededup.methods.CNN
    """

    name: str
    weights_sha256: str | None
    key: str | None
    cnn: Any

    @property
    def facts(self) -> dict[str, str]:
        """What a report says about it."""
        weights = {"cnn_weights_sha256": self.weights_sha256} if self.weights_sha256 else {}
        return {"cnn": self.name, **weights, **versions()}


def load(settings: CnnSettings) -> Model:
    """Return one of imagededup's networks with its weights.

    Raises
    ------
    Unavailable
        imagededup or the weights are missing; found out before anything slow is imported.
    ConfigError
        There is no such model, or the weights are damaged or of another network.
    """
    check_installed()
    known = pretrained(settings.model)
    path = find(settings)
    api = methods()
    state, digest = read(path)
    network = _NETWORKS[settings.model]
    with quiet():
        from imagededup.utils import models
        from torchvision.models import get_model

        net = get_model(known.name, weights=None, **network.options).eval()
        _fill(net, state, path, known.name)
        transform = getattr(models, network.like).transform
        features = network.features(net).eval()
        config = models.CustomModel(name=known.name, model=features, transform=transform)
        cnn = api.CNN(verbose=False, model_config=config)
    key = {
        "form": 1,
        "model": known.name,
        "weights": digest,
        "transform": repr(transform),
        "device": cnn.device.type,
        "versions": versions(),
    }
    return Model(
        name=known.name,
        weights_sha256=digest,
        key=hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest(),
        cnn=cnn,
    )


def wrap(custom: Any) -> Model:
    """Return a model of the caller's own, an ``imagededup.utils.CustomModel``.

    It is put into evaluation mode. Its embeddings are not kept on disk, since no key could tell
    one version of its code from another.
    """
    api = methods()
    if hasattr(custom.model, "eval"):
        custom.model.eval()
    with quiet():
        cnn = api.CNN(verbose=False, model_config=custom)
    return Model(name=str(custom.name), weights_sha256=None, key=None, cnn=cnn)


def _pooled(net: Any) -> Any:
    import torch

    return torch.nn.Sequential(net.features, net.avgpool, torch.nn.Flatten())


def _mean_token(net: Any) -> Any:
    """Return the mean of all tokens; imagededup leaves the class token empty on the way in."""
    import torch
    from torchvision.models.feature_extraction import create_feature_extractor

    class Mean(torch.nn.Module):  # type: ignore[misc]
        def forward(self, found: Mapping[str, Any]) -> Any:
            return found["tokens"].mean(dim=1)

    net.class_token.data.zero_()
    return torch.nn.Sequential(create_feature_extractor(net, {"encoder": "tokens"}), Mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Network:
    """What imagededup takes of a network of torchvision, and its class with the preprocessing."""

    features: Callable[[Any], Any]
    options: Mapping[str, Any]
    like: str


_NETWORKS = {
    "mobilenet": _Network(features=_pooled, options={}, like="MobilenetV3"),
    "vit": _Network(features=_mean_token, options={"image_size": 384}, like="ViT"),
    "efficientnet": _Network(features=_pooled, options={}, like="EfficientNet"),
}


def _fill(net: Any, state: Mapping[str, Any], path: Path, name: str) -> None:
    """Load all but the head of a state dict, whose every name and shape must fit."""
    own = {n: tuple(t.shape) for n, t in net.state_dict().items() if not n.startswith(_HEADS)}
    given = {n: tuple(t.shape) for n, t in state.items() if not n.startswith(_HEADS)}
    unfit = [n for n in own if own[n] != given.get(n)]
    unknown = [n for n in given if n not in own]
    if unfit or unknown:
        raise ConfigError(
            f"weights '{path.name}' are not of {name}: of its {len(own)} tensors {len(unfit)} are "
            f"missing or of another shape, and {len(unknown)} are not its own, "
            f"as '{(unfit or unknown)[0]}'"
        )
    net.load_state_dict({n: t for n, t in state.items() if n in own}, strict=False)
