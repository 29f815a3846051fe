"""What gels of one protocol share by design, where they show hardly anything else: their pattern.

In a small picture of a gel the bands are a few pixels high, and show in the octaves in which larger
ones show grain; a larger one may have lost its whole ground to exposure. There the same bands in
the same lanes agree as well as saved copies of other gels do. And a part of a panel may be a gel
though the panel, most of which shows something else, is none.
"""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray
from figecho.verify.agree import Agreement, is_whole
from figecho.verify.bands import squareness
from figecho.verify.fields import middle
from figecho.verify.membrane import SMALL_SAMPLES
from figecho.verify.nats import LOOK_ALIKE_PATTERNS, nats_of
from figecho.verify.overlay import Overlay

#: Of gels that are shared as a whole, those of so few pixels are asked, if their third octave, that
#: of small bands, holds so many samples a pixel, and the finest, that of grain, no more than so
#: many times these; of larger ones those that are shared by few samples.
_SMALL_PX, _PATTERN, _GRAIN = 26_000, 0.006, 3.0
#: How far bands lie square to their lanes in both panels: 0.21 to 0.53 where a part of a panel
#: agreed with a gel of its protocol; of 50 faint copies of fields all but two have less, of 228
#: others all but one, a field of long parallel worms.
_SQUARE = 0.205


def left_of_patterns(found: Agreement, panel_px: int) -> float:
    """Return the evidence that the pattern of the bands leaves two gels, in nats.

    Parameters
    ----------
    found : Agreement
        Of two gels.
    panel_px : int
        Pixels of the larger of them on the common grid.
    """
    if not is_whole(found.region, panel_px):
        return found.nats
    grain, _, bands, _ = found.samples
    if panel_px <= _SMALL_PX:
        fine = bands >= _PATTERN * np.count_nonzero(found.region)
        patterned = fine and grain <= _GRAIN * bands
    else:
        patterned = grain < SMALL_SAMPLES
    if not patterned:
        return found.nats
    beside = nats_of(found.rho, found.samples, banded=1.0, gels=LOOK_ALIKE_PATTERNS)
    return min(found.nats, beside)


def are_bands(laid: Overlay, region: BoolArray) -> bool:
    """Whether two aligned panels, be they gels or not, agree by the bands of one.

    Parameters
    ----------
    laid : Overlay
    region : ndarray of bool, shape (h, w)
        Where they agree.
    """
    return all(squareness(middle(octaves), region) >= _SQUARE for octaves in (laid.a, laid.b))
