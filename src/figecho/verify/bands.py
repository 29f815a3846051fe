"""Frequency bands of a panel, and their local whitening: what a verification compares.

Two pictures of the same kind resemble each other in their coarse structure: lanes, bands, nuclei.
Two copies of the same picture also share the fine one: grain, speckle, the exact edge of each spot.
A panel is therefore split into four octaves (differences of Gaussians), and each is divided by its
own local contrast, so that a change of brightness, contrast or gamma cancels and a faint background
counts as much as a black band beside it. A noise floor keeps flat areas from counting at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numba as nb
import numpy as np

from figecho.model import BoolArray, FloatArray
from figecho.verify.later import Later
from figecho.verify.means import mean_of_means
from figecho.verify.planes import REORDERED, roughness, tensor

SIGMAS_PX = (0.6, 1.2, 2.4, 4.8, 9.6)
BANDS = len(SIGMAS_PX) - 1
NOISE_FLOOR = 1.0
"""Grey levels (of 255) below which contrast is taken for rounding and compression."""
#: From this window on two running means at once are faster than OpenCV's one after the other.
_WIDE_PX = 5
_EDGES_PX, _FAINT_EDGES_PX = 1.2, 4.0
_PARALLEL, _SQUARE, _STRIP = 0.25, 0.19, 3.0
#: Gradients above those of so many pixels count no more than these.
_KEPT = 0.95
#: And where all directions count the same, no more than next to nothing.
_ANY_ENERGY = np.float32(1e-6)
#: The octave whose edges are those of bands and lanes, and show how a gel is turned.
SHAPES = 2
#: Where straightness, 1 at the two levels above, begins to count and counts in full.
_NATURAL, _GEL = 0.75, 0.95
#: From here on a panel is rather a gel than anything else.
RATHER_A_GEL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Octaves:
    """A panel in whitened octaves, finest first, each computed when it is first asked for.

    Attributes
    ----------
    values : sequence of ndarray of shape (h, w), float32
        About unit variance where there is texture, towards 0 where there is none.
    density : sequence of ndarray of shape (h, w), float32
        Independent samples a pixel.
    gel : sequence of one float, 0..1
        Holds ``banded``.
    steep : sequence of one ndarray of shape (h, w), float32
        Holds ``steepness``.
    usable : ndarray of shape (h, w), bool
    """

    values: Sequence[FloatArray]
    density: Sequence[FloatArray]
    gel: Sequence[float]
    steep: Sequence[FloatArray]
    usable: BoolArray

    @property
    def banded(self) -> float:
        """How far edges lie in one direction or square to it, 0..1.

        As in blots and gels, where look-alikes are the rule; less where colours say that it is
        none.
        """
        return self.gel[0]

    @property
    def steepness(self) -> FloatArray:
        """How fast the broad shapes change: large at the edge of a band, small on the membrane."""
        return self.steep[0]


def smooth(image: FloatArray, sigma_px: float) -> FloatArray:
    """Gaussian blur with reflected borders; above two pixels as three running means."""
    if sigma_px <= 2.0:
        size = 2 * int(np.ceil(3.0 * sigma_px)) + 1
        blurred = cv2.GaussianBlur(image, (size, size), sigma_px, borderType=cv2.BORDER_REFLECT)
        return np.asarray(blurred, dtype=np.float32)
    return mean_filter(image, sigma_px, passes=3)


def mean_filter(image: FloatArray, sigma_px: float, passes: int = 2) -> FloatArray:
    """Average over a window of standard deviation ``sigma_px`` by repeated running means."""
    size = 2 * round((np.sqrt(12.0 * sigma_px**2 / passes + 1.0) - 1.0) / 2.0) + 1
    result = image
    # OpenCV goes over four planes as fast as over one.
    twice = size >= _WIDE_PX and image.shape[2:] != (4,)
    if twice:
        for _ in range(passes // 2):
            result = mean_of_means(result, size)
    for _ in range(passes % 2 if twice else passes):
        result = cv2.blur(result, (size, size), borderType=cv2.BORDER_REFLECT)
    return np.asarray(result, dtype=np.float32)


def octaves_of(grey: FloatArray, usable: BoolArray) -> Octaves:
    """Split a panel into whitened octaves; masked pixels are filled smoothly and count nothing.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool

    Returns
    -------
    Octaves
    """
    weight = usable.astype(np.float32)
    whole = bool(usable.all())
    filled = grey
    if not whole:
        surroundings = mean_filter(grey * weight, 6.0) / (mean_filter(weight, 6.0) + 1e-3)
        filled = np.where(usable, grey, surroundings).astype(np.float32)
    blurred = Later(lambda k: smooth(filled, SIGMAS_PX[k]), len(SIGMAS_PX))

    def white(k: int) -> FloatArray:
        fine_px, sigma_px = SIGMAS_PX[k : k + 2]
        once = blurred[k] - blurred[k + 1]
        twice = smooth(once, fine_px) - smooth(once, sigma_px)
        octave = 2.0 * twice * weight
        window = 2.5 * sigma_px
        share = 1.0 if whole else mean_filter(weight, window)
        power = mean_filter(octave * octave, window) / (share + 1e-3)
        return np.asarray(octave / np.sqrt(power + NOISE_FLOOR**2), dtype=np.float32)

    def samples(k: int) -> FloatArray:
        return density(values[k], 2.0 * SIGMAS_PX[k + 1], weight)

    values = Later(white, BANDS)
    return Octaves(
        values=values,
        density=Later(samples, BANDS),
        gel=Later(lambda _: bandedness(filled, usable), 1),
        steep=Later(lambda _: _steepness(filled), 1),
        usable=usable,
    )


def _slopes(grey: FloatArray, sigma_px: float) -> tuple[FloatArray, FloatArray]:
    broad = smooth(grey, sigma_px)
    slope_x = np.asarray(cv2.Sobel(broad, cv2.CV_32F, 1, 0, scale=0.125), dtype=np.float32)
    slope_y = np.asarray(cv2.Sobel(broad, cv2.CV_32F, 0, 1, scale=0.125), dtype=np.float32)
    return slope_x, slope_y


def _steepness(grey: FloatArray) -> FloatArray:
    return mean_filter(np.asarray(np.hypot(*_slopes(grey, 2.0)), dtype=np.float32), 2.0)


def directions(
    grey: FloatArray, usable: BoolArray, sigma_px: float = _EDGES_PX
) -> tuple[float, float]:
    """Return how far the edges of a panel are parallel, and how far square to each other, 0..1.

    The second and fourth harmonic of the directions of the gradient, weighted by its energy: bands
    are parallel, and bands with lanes are square to each other, however the gel is turned; cells
    and tissue are neither. The energy is capped, or the one bright rim of a tissue would make a gel
    of a field. On real and drawn panels one of the two is 0.25 to 0.90 for strips and gels; nine in
    ten micrographs stay below 0.22 and 0.17.
    """
    return _directions(*(s[usable] for s in _slopes(grey, sigma_px)))


def squareness(plane: FloatArray, region: BoolArray) -> float:
    """Return how far the edges of a whitened plane lie square to each other in a region, 0..1."""
    return _directions(*(slope[region] for slope in _edges(plane)))[1]


def _edges(plane: FloatArray) -> tuple[FloatArray, FloatArray]:
    slope_x = np.asarray(cv2.Sobel(plane, cv2.CV_32F, 1, 0), dtype=np.float32)
    slope_y = np.asarray(cv2.Sobel(plane, cv2.CV_32F, 0, 1), dtype=np.float32)
    return slope_x, slope_y


def _directions(slope_x: FloatArray, slope_y: FloatArray) -> tuple[float, float]:
    energy = slope_x * slope_x + slope_y * slope_y
    total, parallel, square = _harmonics(slope_x, slope_y, np.float32(_cap(energy)))
    return abs(parallel) / max(total, 1e-6), abs(square) / max(total, 1e-6)


def tilt_rad(plane: FloatArray) -> float:
    """Return how far most edges of a picture are turned off level and upright, -pi/4..pi/4.

    A quarter of the angle of the fourth harmonic of the directions of its gradient, to which edges
    along and across count alike, and faint ones as much as strong ones.
    """
    slope_x, slope_y = _edges(plane)
    square = _harmonics(slope_x.ravel(), slope_y.ravel(), _ANY_ENERGY)[2]
    return float(np.angle(square)) / 4.0


@nb.njit(cache=True, fastmath=REORDERED, error_model="numpy")
def _harmonics(
    slope_x: FloatArray, slope_y: FloatArray, cap: np.float32
) -> tuple[float, complex, complex]:
    """Return the energy of a gradient, capped, and its second and fourth harmonic."""
    total = two_x = two_y = four_x = four_y = 0.0
    nothing = np.float32(1e-12)
    for k in range(len(slope_x)):
        x, y = slope_x[k], slope_y[k]
        energy = x * x + y * y
        kept = min(energy, cap)
        # The square of the gradient as a complex number, which doubles its direction; the fourth
        # power, divided by the energy, weighs like it.
        weight = kept / max(energy, nothing)
        twice_x, twice_y = (x * x - y * y) * weight, (x * y + x * y) * weight
        share = np.float32(1.0) / max(kept, nothing)
        total += kept
        two_x += twice_x
        two_y += twice_y
        four_x += (twice_x * twice_x - twice_y * twice_y) * share
        four_y += (twice_x * twice_y + twice_x * twice_y) * share
    return total, complex(two_x, two_y), complex(four_x, four_y)


def _cap(energy: FloatArray) -> float:
    """Return the energy that one pixel in twenty exceeds, of every third pixel."""
    sample = energy[::3]
    if sample.size == 0:
        return 0.0
    kept = int(_KEPT * (sample.size - 1))
    return float(np.partition(sample, kept)[kept])


def bandedness(grey: FloatArray, usable: BoolArray) -> float:
    """Return how far edges lie in one direction or square to it, 0..1, as in blots and gels."""
    parallel, square = directions(grey, usable)
    straight = max(parallel / _PARALLEL, square / _SQUARE)
    if straight < 1.0 and max(grey.shape) >= _STRIP * min(grey.shape):
        # The faint bands of a strip drown in its noise unless it is smoothed.
        straight = max(straight, directions(grey, usable, _FAINT_EDGES_PX)[0] / _PARALLEL)
    return float(np.clip((straight - _NATURAL) / (_GEL - _NATURAL), 0.0, 1.0))


def density(white: FloatArray, window_px: float, weight: FloatArray) -> FloatArray:
    """Return the independent samples a pixel of a whitened plane, from the local roughness.

    Roughness is the smaller eigenvalue of the structure tensor, so that a straight edge or the rim
    of a dish, which fits every other one, counts for nothing however long it is.
    """
    slope_x = np.asarray(cv2.Sobel(white, cv2.CV_32F, 1, 0, scale=0.125), dtype=np.float32)
    slope_y = np.asarray(cv2.Sobel(white, cv2.CV_32F, 0, 1, scale=0.125), dtype=np.float32)
    means = mean_filter(tensor(slope_x, slope_y, white), window_px)
    return np.asarray(roughness(means, weight), dtype=np.float32)
