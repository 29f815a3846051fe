"""Places of one panel that are the same to the pixel: moved by whole pixels and nothing else.

Their finest octave agrees everywhere, where nothing is to be seen as well as at edges; what repeats
by nature (tiles, windows, lattices) agrees at its edges alone. So the region is where that octave
agrees without a gap, and the evidence is what its calmer half shows.
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.agree import Agreement, cosine
from figecho.verify.bands import BANDS, Octaves, mean_filter
from figecho.verify.chance import SHIFTS
from figecho.verify.frame import warp_linear, warp_mask
from figecho.verify.nats import fisher_z
from figecho.verify.nats_inside import NATS_A_GAIN

#: Local correlation of the finest octave in a copy that was saved well, the window it is measured
#: in, the energy below which nothing can be told, and what is too narrow to be more than an edge.
_SAME, _WINDOW_PX, _FAINT, _EDGE_PX = 0.9, 2.5, 0.02, 9
#: Drawings and type repeat to the pixel by themselves, but between their edges they have no grain:
#: half of their pixels are like all neighbours, of a photograph where it is not black few.
_BARE, _BARE_WINDOW_PX, _ONE_TONE = 0.3, 5.0, 0.5
#: At the rim of a copy half the window shows something else.
_RIM, _RIM_PX = 0.5, 7
#: What the edges of windows and tiles reach where they agree best: up to 0.94 in photographs.
_BY_NATURE = 0.94
#: Samples that the choice among all motions of a panel uses up; streaks of an enlarged strip, which
#: differ along one direction alone, hold ten.
_CHOSEN_SAMPLES = 24.0


def grainy(grey: FloatArray) -> BoolArray:
    """Return where hardly a pixel is like all its neighbours, as in photographs.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    """
    square = np.ones((3, 3), np.uint8)
    bare = cv2.dilate(grey, square) - cv2.erode(grey, square) < _ONE_TONE
    share = mean_filter(np.asarray(bare, dtype=np.float32), _BARE_WINDOW_PX)
    return np.asarray(share < _BARE)


def same_pixels(
    octaves: Octaves, motion: Matrix, apart: BoolArray, grain: BoolArray
) -> Agreement | None:
    """Return the piece of a panel with most evidence that a whole motion takes to the same pixels.

    Parameters
    ----------
    octaves : Octaves
        Of the panel in full size.
    motion : ndarray of shape (3, 3)
        By whole pixels, turned by quarters or mirrored at most.
    apart : ndarray of bool, shape (h, w)
        Where the motion takes a pixel far enough.
    grain : ndarray of bool, shape (h, w)
        See :func:`grainy`; what has none may belong to the piece, but is no evidence.

    Returns
    -------
    Agreement or None
        Of the finest octave alone: the lower correlation of the whole piece and of its calmer half.
    """
    size = octaves.usable.shape[1], octaves.usable.shape[0]
    a, b = octaves.values[0], warp_linear(octaves.values[0], motion, size)
    density = np.minimum(octaves.density[0], warp_linear(octaves.density[0], motion, size))
    core = octaves.usable & warp_mask(octaves.usable, motion, size) & apart
    best: Agreement | None = None
    coarser = (0.0,) * (BANDS - 1)
    for piece in _pieces(a, b, core):
        told = piece & grain
        if np.count_nonzero(told) < _EDGE_PX**2:
            continue
        calm = told & (octaves.steepness <= np.median(octaves.steepness[told]))
        rho = min(_correlation(a, b, density, told), _correlation(a, b, density, calm))
        samples = min(float(density[told].sum()), 2.0 * float(density[calm].sum()))
        nats = same_nats(rho, samples, _repeat(a, b, told))
        if nats > 0.0 and (best is None or nats > best.nats):
            best = Agreement(
                nats=nats, zncc=rho, rho=(rho, *coarser), samples=(samples, *coarser), region=piece
            )
    return best


def same_nats(rho: float, samples: float, repeat: float) -> float:
    """Return the evidence for a copy to the pixel.

    Parameters
    ----------
    rho, samples : float
        Correlation and independent samples of the finest octave.
    repeat : float
        Correlation that other motions reach there: a printed screen or a drawn pattern repeats to
        the pixel by itself.
    """
    gain = max(fisher_z(rho) - fisher_z(max(repeat, _BY_NATURE)), 0.0)
    return NATS_A_GAIN * 0.5 * max(samples - _CHOSEN_SAMPLES, 0.0) * gain**2


def _pieces(a: FloatArray, b: FloatArray, core: BoolArray) -> list[BoolArray]:
    """Return the connected pieces in which two planes agree without a gap."""
    weight = core.astype(np.float32)
    planes = cv2.merge([a * b * weight, 0.5 * (a * a + b * b) * weight])
    product, energy = cv2.split(mean_filter(planes, _WINDOW_PX))
    told = core & (energy > _FAINT)
    gapless = (told & (product > _SAME * energy)).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_EDGE_PX, _EDGE_PX))
    rim = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_RIM_PX, _RIM_PX))
    grown = cv2.dilate(cv2.morphologyEx(gapless, cv2.MORPH_OPEN, disc), rim) > 0
    grown &= told & (product > _RIM * energy)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        grown.astype(np.uint8), connectivity=4
    )
    large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] >= 2 * _EDGE_PX**2]
    return [np.asarray(labels == k) for k in large]


def _correlation(a: FloatArray, b: FloatArray, density: FloatArray, where: BoolArray) -> float:
    weight = np.sqrt(density[where])
    return cosine(weight * a[where], weight * b[where])


def _repeat(a: FloatArray, b: FloatArray, region: BoolArray) -> float:
    """Return the highest correlation of the region with B displaced inside its box."""
    ys, xs = np.nonzero(region)
    window = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    inside, here, there = region[window], a[window], b[window]
    height, width = inside.shape
    return max(
        cosine(
            here[inside],
            np.roll(there, (round(dy * height), round(dx * width)), axis=(0, 1))[inside],
        )
        for dy, dx in SHIFTS
    )
