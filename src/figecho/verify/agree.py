"""How strongly, and where, two aligned panels agree: the evidence of a finding.

Where they agree is told by local correlation, how strongly by :mod:`figecho.verify.nats`; of two
gels, which share every band with others of their protocol, by :mod:`figecho.verify.membrane`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray
from figecho.verify import membrane
from figecho.verify.bands import BANDS, mean_filter
from figecho.verify.membrane import WHOLE_NATS
from figecho.verify.nats import LOOK_ALIKE_GELS, LOOK_ALIKE_LANES, averaged, nats_of
from figecho.verify.overlay import Overlay, octave_by_octave
from figecho.verify.parts import large_parts
from figecho.verify.planes import agreeing_pixels, products

#: A region is the whole of a gel from this share on of the larger panel.
_WHOLE = 0.45
_AGREES = 0.40
#: Three windows, each so much wider than the first, and how little each counts beside the last one.
_WIDER, _LESS_TRUST = (1.0, 2.5, 6.25), 0.1
#: A part of a region has so many pixels at least, and so many of the largest part.
_PART_PX, _PART_SHARE = 40.0, 0.05
#: Below this local correlation of the coarse octaves panels show something else; where there is
#: less texture nothing can be told.
_DIFFERS, _TOLD_ENERGY = 0.2, 0.2
_DIFFERS_WINDOW_PX, _DIFFERS_LEAST_PX = 8.0, 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement:
    """What the pixels say about one geometry.

    Attributes
    ----------
    nats : float
        Log-likelihood gained over a look-alike, all octaves together.
    zncc : float
        Correlation of the high-passed pixels inside the region, -1..1.
    rho, samples : tuple of float
        Correlation and number of independent samples in each octave, finest first.
    region : ndarray of bool, shape (h, w)
        Where the panels agree, on the grid.
    """

    nats: float
    zncc: float
    rho: tuple[float, ...]
    samples: tuple[float, ...]
    region: BoolArray


def agreement(
    laid: Overlay,
    *,
    within: BoolArray | None = None,
    banded: float = 0.0,
    panel_px: int = 0,
    least_whole: float = WHOLE_NATS,
    across: bool = True,
    least_rho: float = 0.0,
) -> Agreement:
    """Measure the agreement of two aligned panels on the region where they agree.

    Parameters
    ----------
    laid : Overlay
    within : ndarray of bool, optional
        Restricts the region.
    banded : float, 0..1
        How far both panels are gels, which look alike.
    panel_px : int
        Pixels of the larger panel on its grid, where ``banded`` is given.
    least_whole : float
        Nats that the whole of a gel is left, whatever its calmer half shows.
    across : bool
        Whether gels may agree by what is neither bands nor lanes where these leave less than that.
    least_rho : float
        Correlation of the finest octave below which the coarser ones are not asked.

    Returns
    -------
    Agreement
        Of 0 nats where the panels hardly overlap or agree nowhere, or the finest octave does not.
    """
    core = laid.both if within is None else laid.both & within
    region = agreeing_region(laid.a, laid.b, core) if np.count_nonzero(core) >= 64 else None
    if region is None or np.count_nonzero(region) < 48:
        return _nothing(core.shape)
    if least_rho > 0.0:
        rho, samples = octave_by_octave(laid, region, octaves=1)
        if rho[0] < least_rho:
            rest = (0.0,) * (BANDS - 1)
            return _agreement(laid, region, 0.0, rho + rest, samples + rest)
    rho, samples = octave_by_octave(laid, region)
    whole = is_whole(region, panel_px)
    gels = LOOK_ALIKE_GELS if whole else LOOK_ALIKE_LANES
    told = rho if within is not None else averaged(rho)
    nats = nats_of(told, samples, banded=banded, gels=gels)
    if banded > 0.0:
        nats = membrane.left_of(
            laid, region, nats, samples[0], banded,
            whole=whole, least_whole=least_whole, ask_across=across,
        )  # fmt: skip
    return _agreement(laid, region, nats, rho, samples)


def is_whole(region: BoolArray, panel_px: int) -> bool:
    """Whether a region is the whole of the larger panel, not a part of it."""
    return bool(np.count_nonzero(region) >= _WHOLE * panel_px)


def agreement_from_afar(laid: Overlay, *, banded: float) -> Agreement:
    """Measure the agreement of two gels at half the resolution, by the grain of their membrane.

    The noise of a dark or rescanned gel has averaged out there, and what is left between the bands
    is dust and scratches.

    Parameters
    ----------
    laid : Overlay
    banded : float, 0..1
        How far both panels are gels.

    Returns
    -------
    Agreement
    """
    region = agreeing_region(laid.a, laid.b, laid.both)
    if np.count_nonzero(region) < 48:
        return _nothing(laid.both.shape)
    nats = membrane.from_afar(laid, region, banded)
    return _agreement(laid, region, nats, *octave_by_octave(laid, region))


def _agreement(
    laid: Overlay, region: BoolArray, nats: float, rho: tuple[float, ...],
    samples: tuple[float, ...],
) -> Agreement:  # fmt: skip
    fine, other = ((p[0] + p[1] + p[2])[region] for p in (laid.a, laid.b))
    return Agreement(nats=nats, zncc=cosine(fine, other), rho=rho, samples=samples, region=region)


def agreeing_region(
    octaves_a: Sequence[FloatArray], octaves_b: Sequence[FloatArray], core: BoolArray
) -> BoolArray:
    """Return the pixels around which the two panels agree.

    Local correlation in a window; where a window holds too little texture to tell (the white
    between the dots of a plot), wider windows decide.
    """
    planes = products(octaves_a[:3], octaves_b[:3], core)
    window = float(np.clip(min(core.shape) / 10.0, 2.5, 6.0))
    means = [mean_filter(planes, window * wider) for wider in _WIDER]
    agreeing = agreeing_pixels(*means, core, np.float32(_LESS_TRUST), np.float32(_AGREES))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = np.asarray(cv2.morphologyEx(agreeing, cv2.MORPH_OPEN, kernel), dtype=np.uint8)
    return np.asarray(large_parts(opened, _PART_PX, _PART_SHARE))


def differing_share(laid: Overlay) -> float:
    """Return how much of the textured overlap of two panels differs, in one piece: 0..1.

    The coarse octaves are asked, for noise and compression spare them: where one panel shows what
    the other does not, they do not correlate at all.
    """
    local = mean_filter(products(laid.a[1:], laid.b[1:], laid.both), _DIFFERS_WINDOW_PX)
    told = laid.both & (local[:, :, 1] > _TOLD_ENERGY)
    differs = told & (local[:, :, 0] < _DIFFERS * local[:, :, 1])
    kernel = np.ones((_DIFFERS_LEAST_PX, _DIFFERS_LEAST_PX), np.uint8)
    opened = np.asarray(cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, kernel))
    areas = cv2.connectedComponentsWithStats(opened)[2][1:, cv2.CC_STAT_AREA]
    return float(areas.max(initial=0)) / max(1, int(np.count_nonzero(told)))


def _nothing(shape: tuple[int, ...]) -> Agreement:
    zeros = (0.0,) * BANDS
    return Agreement(nats=0.0, zncc=0.0, rho=zeros, samples=zeros, region=np.zeros(shape, bool))


def cosine(x: FloatArray, y: FloatArray) -> float:
    """Return the correlation of two sets of whitened samples about zero; 0 where they are flat."""
    power = float(x @ x) * float(y @ y)
    return float(x @ y) / float(np.sqrt(power)) if power > 1e-9 else 0.0
