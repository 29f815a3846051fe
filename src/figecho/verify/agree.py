"""How strongly, and where, two aligned panels agree: the evidence of a finding.

For each octave the correlation of the whitened pixels is compared with what look-alikes of the same
kind reach (:data:`LOOK_ALIKE`): neighbouring fields share their coarse structure, so a coarse
octave counts only where it agrees almost perfectly, a fine one as soon as it agrees at all. Loading
controls and gels of one protocol agree in the shape of every band and so at every edge of one:
:data:`LOOK_ALIKE_GELS`, between panels whose edges say that they are gels.
With Fisher's z, ``(n - 3) / 2 * (atanh rho - atanh rho0)^2`` is the log-likelihood gained in nats
for ``n`` independent samples; ``n`` is measured from the roughness of the pixels themselves, so a
blurred, enlarged or nearly empty panel counts for what it holds, not for its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import BANDS, RATHER_A_GEL, mean_filter
from figecho.verify.frame import Frame, warp_linear, warp_mask, warp_together
from figecho.verify.later import Later, in_groups
from figecho.verify.parts import large_parts
from figecho.verify.planes import agreeing_pixels, correlation, products

#: Correlation that look-alikes reach in each octave, finest first: of any kind; whole gels; and
#: parts of gels, of which the best of many is found.
LOOK_ALIKE = (0.10, 0.25, 0.50, 0.75)
LOOK_ALIKE_GELS = (0.30, 0.75, 0.95, 0.98)
LOOK_ALIKE_LANES = (0.40, 0.88, 0.95, 0.98)
#: A region is the whole of a gel from this share on of the larger panel.
_WHOLE = 0.45
#: What exceeds the look-alikes among gels is rarer, and weighs more.
_GELS_WEIGH = 8.0
#: Samples that the search for the motion and for the region uses up: a few dozen pixels of two
#: small panels can be brought to agree almost perfectly.
_FITTED_SAMPLES = 20.0
#: What is shared of a gel is worth this many times what the calmer half of it shows; where that is
#: a part of it, in so many of the finest octaves. The ladders of one maker on two gels mostly agree
#: there by no more than 0.4 and 0.84, parts that were copied by 0.6 and 0.84 at least, and coarser
#: octaves see the bands from the membrane. Two lanes of one ladder on one gel reached 0.42 and 0.96
#: by the skirts of their bands: the grain, in the finest octave, has to carry a half of it. Where
#: nothing is rough with grain the finest octave sees skirts as well, up to 0.73.
_CALM_WEIGHS, _CALM_OCTAVES, _GRAIN_CARRIES = 3.0, 2, 0.5
_GRAINY, _LEAST_GRAIN, _SKIRTS = 0.02, 2.0, 0.8
#: Seen at half the resolution, gels of one protocol reach this, the first where the membrane is
#: rough with grain or dust: the skirts of the bands, which are smooth, agree by any amount. Rough
#: is a pixel that holds so much of an independent sample.
LOOK_ALIKE_AFAR = (0.70, 0.91)
_ROUGH = 0.04
#: And the whole of one is left up to this many nats: saved twice it has lost most of its grain. But
#: so many times what its membrane shows over none in common: 32 nats and more in copies, where
#: lanes of one gel with the same bands reach 3. In so few samples as a small panel has, bands and
#: all, there is too little membrane to ask.
WHOLE_NATS, _FAINT_GRAIN_WEIGHS, _SMALL_SAMPLES = 50.0, 2.0, 100.0
CEILING = 0.995
_AGREES = 0.40
#: Three windows, each so much wider than the first, and how little each counts beside the last one.
_WIDER, _LESS_TRUST = (1.0, 2.5, 6.25), 0.1
#: Which octaves are brought to the grid of A together: three tell the region.
_TOGETHER = ((0, 1, 2), (3,))
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlay:
    """Two panels laid on each other, octave by octave, on one grid; its planes may come later."""

    a: Sequence[FloatArray]
    b: Sequence[FloatArray]
    density: Sequence[FloatArray]
    steep: Sequence[FloatArray]
    both: BoolArray

    @property
    def steepness(self) -> FloatArray:
        """That of panel A, see :class:`figecho.verify.bands.Octaves`."""
        return self.steep[0]


def overlay(frame: Frame, geometry: Matrix, *, inverted: bool) -> Overlay:
    """Bring the octaves of B onto the grid of A.

    Parameters
    ----------
    frame : Frame
    geometry : ndarray of shape (3, 3)
        Grid of B from grid of A.
    inverted : bool
        Whether B has its tones inverted.
    """
    a, b, size = frame.a, frame.b, frame.size

    def values(some: tuple[int, ...]) -> Sequence[FloatArray]:
        planes = warp_together([b.values[k] for k in some], geometry, size)
        return [-plane for plane in planes] if inverted else planes

    def density(k: int) -> FloatArray:
        return np.minimum(a.density[k], warp_linear(b.density[k], geometry, size))

    both = a.usable & warp_mask(b.usable, geometry, size)
    core = np.asarray(cv2.erode(both.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    return Overlay(
        a=a.values,
        b=in_groups(values, _TOGETHER),
        density=Later(density, BANDS),
        steep=a.steep,
        both=core,
    )


def agreement(
    laid: Overlay,
    *,
    within: BoolArray | None = None,
    banded: float = 0.0,
    panel_px: int = 0,
    least_whole: float = WHOLE_NATS,
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
    whole = bool(np.count_nonzero(region) >= _WHOLE * panel_px)
    gels = LOOK_ALIKE_GELS if whole else LOOK_ALIKE_LANES
    nats = nats_of(rho, samples, banded=banded, gels=gels)
    if banded > 0.0 and nats > 0.0:
        small = samples[0] < _SMALL_SAMPLES
        calm = _calm_nats(laid, region, banded, least_whole if whole else None, small=small)
        gel = 1.0 if banded > RATHER_A_GEL else banded
        nats += gel * (min(nats, calm) - nats)
    return _agreement(laid, region, nats, rho, samples)


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
    calm = _calm(laid, region)
    rough = octave_by_octave(laid, calm & (laid.density[0] >= _ROUGH))
    both = octave_by_octave(laid, calm)
    rho, samples = ((grain[0], all_of_it[1]) for grain, all_of_it in zip(rough, both, strict=True))
    nats = banded * _CALM_WEIGHS * nats_of(rho, samples, banded=banded, gels=LOOK_ALIKE_AFAR)
    return _agreement(laid, region, nats, *octave_by_octave(laid, region))


def _agreement(
    laid: Overlay, region: BoolArray, nats: float, rho: tuple[float, ...],
    samples: tuple[float, ...],
) -> Agreement:  # fmt: skip
    fine, other = ((p[0] + p[1] + p[2])[region] for p in (laid.a, laid.b))
    return Agreement(nats=nats, zncc=cosine(fine, other), rho=rho, samples=samples, region=region)


def calmer_half(laid: Overlay, region: BoolArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the correlation and the samples of each octave on the membrane between the bands.

    Lanes of one protocol and the ladders of one maker share every band, and so the edges of all
    bands, which is most of what a smooth gel holds; the grain between them is its own.
    """
    return octave_by_octave(laid, _calm(laid, region))


def _calm(laid: Overlay, region: BoolArray) -> BoolArray:
    return np.asarray(region & (laid.steepness <= np.median(laid.steepness[region])))


def _calm_nats(
    laid: Overlay, region: BoolArray, banded: float, least_whole: float | None, *, small: bool
) -> float:
    """Return what the calmer half of a gel leaves of the evidence, in nats.

    ``least_whole`` is given for the whole of a gel; of its parts the best of many is found. It is
    left in any case where the panels are ``small``.
    """
    whole = least_whole is not None
    octaves = BANDS if whole else _CALM_OCTAVES
    calm = _calm(laid, region)
    rho, samples = octave_by_octave(laid, calm, octaves)
    gels = LOOK_ALIKE_GELS if whole else LOOK_ALIKE_LANES
    nats = _CALM_WEIGHS * nats_of(rho, samples, banded=banded, gels=gels)
    if least_whole is not None:
        faint = _FAINT_GRAIN_WEIGHS * _grain_nats(rho[0], samples[0])
        return max(nats, least_whole if small else min(least_whole, faint))
    if rho[0] <= _SKIRTS and not _has_grain(laid, calm):
        return 0.0
    grain = (rho[0], *(0.0 for _ in rho[1:]))
    carried = _CALM_WEIGHS * nats_of(grain, samples, banded=banded, gels=gels)
    return min(nats, carried / _GRAIN_CARRIES)


def _grain_nats(rho: float, samples: float) -> float:
    """Return the log-likelihood of a correlation over none."""
    return 0.5 * max(samples - 3.0, 0.0) * float(np.arctanh(np.clip(rho, 0.0, CEILING))) ** 2


def _has_grain(laid: Overlay, calm: BoolArray) -> bool:
    """Whether the calmer half of a region is rough anywhere: all that a lane owns is its grain."""
    finest = laid.density[0]
    grainy = finest[calm & (finest >= _GRAINY)]
    return float(grainy.sum(dtype=np.float64)) >= _LEAST_GRAIN


def octave_by_octave(
    laid: Overlay, where: BoolArray, octaves: int = BANDS
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the correlation and the independent samples of each octave on some pixels."""
    planes = zip(laid.a[:octaves], laid.b[:octaves], laid.density[:octaves], strict=True)
    found = [correlation(a, b, density, where) for a, b, density in planes]
    return tuple(rho for rho, _ in found), tuple(samples for _, samples in found)


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


def nats_of(
    rho: Sequence[float],
    samples: Sequence[float],
    *,
    banded: float = 0.0,
    gels: Sequence[float] = LOOK_ALIKE_GELS,
) -> float:
    """Return the log-likelihood gained over a look-alike, all octaves together.

    Parameters
    ----------
    rho, samples : sequence of float
        Correlation and independent samples in each octave, or in the finest ones.
    banded : float, 0..1
        How far both panels are gels.
    gels : sequence of float
        What look-alikes reach where both are.
    """
    other = np.arctanh(LOOK_ALIKE[: len(rho)])
    look_alike = other + banded * (np.arctanh(gels[: len(rho)]) - other)
    gain = np.maximum(np.arctanh(np.clip(rho, 0.0, CEILING)) - look_alike, 0.0)
    free = np.maximum(np.asarray(samples) - 3.0, 0.0)
    left = max(1.0 - _FITTED_SAMPLES / max(float(np.sum(samples)), 1e-9), 0.0)
    weight = left * (1.0 + banded * (_GELS_WEIGH - 1.0))
    return float(0.5 * (free * gain**2).sum()) * weight
