"""Small deterministic networks, for the tests that run imagededup's real code."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

needs_imagededup = pytest.mark.skipif(
    util.find_spec("imagededup") is None,
    reason="imagededup is not installed (pip install 'figecho[cnn]')",
)


def small(seed: int = 0, name: str = "small") -> Any:
    """Return a CustomModel: two seeded convolutions over a thumbnail."""
    import torch
    from imagededup.utils import CustomModel
    from torchvision import transforms

    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 5, stride=2),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 16, 3, stride=2),
        torch.nn.Dropout(0.5),
        torch.nn.AdaptiveAvgPool2d(4),
        torch.nn.Flatten(),
    )
    steps = [transforms.Resize((48, 48)), transforms.ToTensor(), transforms.Normalize(0.5, 0.25)]
    return CustomModel(name=name, model=net, transform=transforms.Compose(steps))


def state_of(name: str, seed: int = 0) -> dict[str, Any]:
    """Return seeded weights of a network of torchvision."""
    import torch
    from torchvision.models import get_model

    torch.manual_seed(seed)
    state = get_model(name, weights=None).state_dict()
    return dict(state)


def save(state: Any, path: Path) -> Path:
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path)
    return path


def scene(seed: int, height: int = 90, width: int = 120) -> np.ndarray:
    """Return a coloured field of soft blobs, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    field = np.zeros((height, width, 3))
    for _ in range(25):
        cy, cx, size = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(3, 12)
        blob = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * size**2))
        field += blob[..., None] * rng.uniform(40, 200, 3)
    return np.clip(field + rng.normal(0, 4, field.shape) + 20, 0, 255).astype(np.uint8)
