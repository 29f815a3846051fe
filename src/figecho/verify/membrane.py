"""What two gels share besides their bands: all that a lane owns is the membrane it runs on.

Lanes of one protocol and the ladders of one maker share every band, and so the edges of all bands,
which is most of what a smooth gel holds; the grain and the dust between them are its own.
"""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray
from figecho.verify.across import OCTAVES, across
from figecho.verify.bands import RATHER_A_GEL
from figecho.verify.nats import LOOK_ALIKE_GELS, LOOK_ALIKE_LANES, nats_of, nats_over_none
from figecho.verify.overlay import Overlay, averaged_octaves, octave_by_octave

#: What is shared of a gel is worth this many times what the calmer half of it shows; where that is
#: a part of it, in so many of the finest octaves. The ladders of one maker on two gels mostly agree
#: there by no more than 0.4 and 0.84, parts that were copied by 0.6 and 0.84 at least, and coarser
#: octaves see the bands from the membrane. Two lanes of one ladder on one gel reached 0.42 and 0.96
#: by the skirts of their bands: the grain, in the finest octave, has to carry a half of it. Where
#: nothing is rough with grain the finest octave sees skirts as well, up to 0.73.
_CALM_WEIGHS, _CALM_OCTAVES, _GRAIN_CARRIES = 3.0, 2, 0.5
_GRAINY, _LEAST_GRAIN, _SKIRTS = 0.02, 2.0, 0.8
#: And the whole of one is left up to this many nats: saved twice it has lost most of its grain. But
#: so many times what its membrane shows over none in common: 32 nats and more in copies, where
#: lanes of one gel with the same bands reach 3. In so few samples as a small panel has, bands and
#: all, there is too little membrane to ask.
WHOLE_NATS, _FAINT_GRAIN_WEIGHS, SMALL_SAMPLES = 50.0, 2.0, 100.0
#: What neighbouring lanes of one gel, mirrored or not, have in common besides bands and lanes, and
#: how many times more counts, if the finest octave shows a quarter of it over none in common; and
#: the utmost that 2,400 pairs of lanes had in the two finest octaves, beyond which all counts. But
#: the finest must show anything: without grain the smooth corners of bands agree by any amount.
LOOK_ALIKE_ACROSS, _UTMOST_ACROSS = (0.10, 0.30, 0.85), (0.25, 0.50)
_ACROSS_WEIGHS, _FINEST_ACROSS_WEIGHS, _LEAST_FINEST = 3.0, 4.0, 2.0
#: Seen at half the resolution, gels of one protocol reach this, the first where the membrane is
#: rough with grain or dust: the skirts of the bands, which are smooth, agree by any amount. Rough
#: is a pixel that holds so much of an independent sample.
LOOK_ALIKE_AFAR = (0.70, 0.91)
_ROUGH = 0.04


def left_of(
    laid: Overlay, region: BoolArray, nats: float, fine_samples: float, banded: float,
    *, whole: bool, least_whole: float, ask_across: bool,
) -> float:  # fmt: skip
    """Return the evidence that the membrane leaves two gels of what their octaves show, in nats.

    Parameters
    ----------
    laid : Overlay
    region : ndarray of bool, shape (h, w)
        Where they agree.
    nats : float
        What all octaves show together.
    fine_samples : float
        On how many samples of the finest octave that rests.
    banded : float, 0..1
        How far both are gels.
    whole : bool
        Whether the region is the whole of one; of its parts the best of many is found.
    least_whole : float
        Nats that the whole of a gel is left, whatever its calmer half shows.
    ask_across : bool
        Whether they may agree by what is neither bands nor lanes where these leave less than
        :data:`WHOLE_NATS`.
    """
    asked = ask_across and banded > RATHER_A_GEL
    if nats <= 0.0 and not asked:
        return nats
    membrane = calmer(laid, region)
    if nats > 0.0:
        if whole:
            small = fine_samples < SMALL_SAMPLES
            calm = _whole_nats(laid, membrane, banded, least_whole, small=small)
        else:
            calm = _part_nats(laid, membrane, banded)
        gel = 1.0 if banded > RATHER_A_GEL else banded
        nats += gel * (min(nats, calm) - nats)
    if asked and nats < WHOLE_NATS:
        nats = max(nats, banded * _nats_across(laid, membrane))
    return nats


def from_afar(laid: Overlay, region: BoolArray, banded: float) -> float:
    """Return what two gels share by the grain of their membrane at half the resolution, in nats."""
    calm = calmer(laid, region)
    rough = octave_by_octave(laid, calm & (laid.density[0] >= _ROUGH))
    both = octave_by_octave(laid, calm)
    rho, samples = ((grain[0], all_of_it[1]) for grain, all_of_it in zip(rough, both, strict=True))
    return banded * _CALM_WEIGHS * nats_of(rho, samples, banded=banded, gels=LOOK_ALIKE_AFAR)


def calmer(laid: Overlay, region: BoolArray) -> BoolArray:
    """Return the calmer half of a region: the membrane between the bands."""
    return np.asarray(region & (laid.steepness <= np.median(laid.steepness[region])))


def _whole_nats(
    laid: Overlay, membrane: BoolArray, banded: float, least: float, *, small: bool
) -> float:
    rho, samples = averaged_octaves(laid, membrane)
    nats = _CALM_WEIGHS * nats_of(rho, samples, banded=banded, gels=LOOK_ALIKE_GELS)
    faint = _FAINT_GRAIN_WEIGHS * nats_over_none(rho[0], samples[0])
    return max(nats, least if small else min(least, faint))


def _part_nats(laid: Overlay, membrane: BoolArray, banded: float) -> float:
    rho, samples = averaged_octaves(laid, membrane, _CALM_OCTAVES)
    if rho[0] <= _SKIRTS and not _has_grain(laid, membrane):
        return 0.0
    nats, carried = (
        _CALM_WEIGHS * nats_of(values, samples, banded=banded, gels=LOOK_ALIKE_LANES)
        for values in (rho, (rho[0], *(0.0 for _ in rho[1:])))
    )
    return min(nats, carried / _GRAIN_CARRIES)


def _nats_across(laid: Overlay, membrane: BoolArray) -> float:
    """Return what the calmer half of two gels shows besides bands and lanes, in nats."""
    left = across(laid)
    finest = nats_of(*octave_by_octave(left, membrane, octaves=1), other=(0.0,))
    if finest < _LEAST_FINEST:
        return 0.0
    rho, samples = averaged_octaves(left, membrane, OCTAVES)
    usual = min(
        _ACROSS_WEIGHS * nats_of(rho, samples, other=LOOK_ALIKE_ACROSS),
        _FINEST_ACROSS_WEIGHS * finest,
    )
    fine = slice(len(_UTMOST_ACROSS))
    return max(usual, _ACROSS_WEIGHS * nats_of(rho[fine], samples[fine], other=_UTMOST_ACROSS))


def _has_grain(laid: Overlay, membrane: BoolArray) -> bool:
    """Whether the calmer half of a region is rough anywhere."""
    finest = laid.density[0]
    grainy = finest[membrane & (finest >= _GRAINY)]
    return float(grainy.sum(dtype=np.float64)) >= _LEAST_GRAIN
