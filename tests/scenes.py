"""Generated panels and what was done to them, for the tests of the engine."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from figecho.config import Config, resolve
from figecho.describe.described import Described, describe
from figecho.model import Panel
from handmade import panel
from synth import MODELS
from synth.kinds import streams

CONFIG = resolve()


@cache
def rendering(name: str, seed: int, height: int = 130, width: int = 160) -> np.ndarray:
    """One acquisition of a style of its own, read-only because it is shared."""
    image = MODELS[name](streams(seed, 1), height, width)
    image.setflags(write=False)
    return image


@cache
def alike(name: str, seed: int, height: int = 44, width: int = 260) -> tuple[np.ndarray, ...]:
    """Three acquisitions of one style: look-alikes that share no pixel."""
    rng = streams(seed, 2)
    style = MODELS[name].style(rng)
    images = tuple(MODELS[name].render(rng, height, width, style) for _ in range(3))
    for image in images:
        image.setflags(write=False)
    return images


def grey(image: np.ndarray) -> np.ndarray:
    plain = image if image.ndim == 2 else image.astype(np.float32).mean(axis=2)
    return np.ascontiguousarray(plain, dtype=np.float32)


def jpeg(image: np.ndarray, quality: int = 75) -> np.ndarray:
    done, data = cv2.imencode(".jpg", np.asarray(image), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))


def gamma(image: np.ndarray, power: float) -> np.ndarray:
    values = 255.0 * (np.asarray(image, np.float64) / 255.0) ** power
    return np.asarray(np.rint(values), np.uint8)


def moved(image: np.ndarray, matrix: Any, size: tuple[int, int] | None = None) -> np.ndarray:
    """Resample under ``new_from_old``; ``size`` is (width, height)."""
    size = size or (image.shape[1], image.shape[0])
    return np.asarray(
        cv2.warpAffine(
            np.asarray(image), np.asarray(matrix, float)[:2], size,
            flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT,
        )
    )  # fmt: skip


def described(image: np.ndarray, source: str = "a.png", config: Config = CONFIG) -> Described:
    return describe(panel(image, source), config)


def everywhere(image: np.ndarray) -> np.ndarray:
    return np.ones(image.shape[:2], dtype=bool)


def named(image: np.ndarray, source: str, **fields: Any) -> Panel:
    from dataclasses import replace

    return replace(panel(image, source), **fields)


def mean_gap_px(matrix: Any, truth: Any, shape: tuple[int, int]) -> float:
    """Mean distance over a grid of A between where two geometries send it."""
    height, width = shape
    yy, xx = np.mgrid[0 : height - 1 : 5j, 0 : width - 1 : 5j]
    points = np.stack([xx.ravel(), yy.ravel(), np.ones(25)])
    one, two = (np.asarray(m, float) @ points for m in (matrix, truth))
    return float(np.linalg.norm(one[:2] / one[2] - two[:2] / two[2], axis=0).mean())
