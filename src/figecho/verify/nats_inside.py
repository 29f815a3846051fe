"""From correlations to evidence inside one panel: what places there share by nature comes off.

Both places went through the same lens, scanner and compression, so a copy keeps its grain; round
cells and lanes of one kind agree in shape alone. With Fisher's z, the samples beyond those that the
search uses up gain the square of what the correlation exceeds that of look-alikes by.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figecho.model import Matrix
from figecho.verify.lanes import Scene
from figecho.verify.nats import averaged, fisher_z

#: What was pasted keeps its size and shape to so much.
EXACT = 1.04
#: Correlation of the finest octave that round cells, pores and lanes of one kind share by nature,
#: and of the second one where that counts.
_BY_NATURE = (0.38, 0.6)
#: Of evidence that lies turned in a gel the finest octave has to carry so much: the few proposals
#: in panels that pass for gels agree in the two finest by up to 0.34 and 0.55, a sparse field of
#: cells that passed for one by 0.46 and 0.94.
_GRAIN_CARRIES = 1.0 / 6.0
#: Samples that the fit of the motion and the choice of the places use up: of cells and pores there
#: are more to choose from than of lanes. The best of 2,000 proposals that lie turned in a gel are
#: worth 11 nats so, where 30 are asked for.
_FITTED_SAMPLES = {"field": 18.0, "gel": 12.0, "turned": 12.0}
#: Many samples of a field need not agree as well as few: the nature of many, the samples used up
#: there, and how many times more counts. Of 275 fields without a copy one proposal had 29 nats so,
#: 22 the next; ten more of 189 planted copies have 30.
_MANY_BY_NATURE, _MANY_FITTED, _MANY_WEIGH = 0.30, 26.0, 1.6
#: What places of one gel that are no copies reach besides bands and lanes in the two finest
#: octaves, of which the finest carries a half, and how much it counts: upright, and mirrored, for
#: streaks end alike on both sides. In 1,300 gels, real ones and parts of them, one had 22 nats so,
#: a lane of streaks, and the next 10; of 136 planted copies three quarters have 30.
_ACROSS_BY_NATURE, _FINEST_CARRIES = (0.2, 0.5), 0.5
_ACROSS_WEIGHS, _MIRRORED_WEIGHS = 0.9, 0.37
#: By how much the finest octave of a copy in a gel may exceed the next: of 131 planted ones by 0.09
#: at most; two bands of enlarged gels, half a turn apart, did by 0.19 and 0.25.
_FINEST_EXCEEDS = 0.1
#: From Fisher's gain to the nats of :data:`figecho.judge.background.TAILS`, which it was fitted to.
NATS_A_GAIN = 15.0


def inside_nats(
    rho: Sequence[float], samples: Sequence[float], b_from_a: Matrix,
    *, banded: float = 0.0, repeat: float = 0.0, pattern: float = 0.0, scene: Scene = "field",
) -> float:  # fmt: skip
    """Return the evidence for a copy inside a panel.

    Both places went through the same lens, scanner and compression, so a copy keeps its grain;
    round cells and lanes of one kind agree in shape alone. How far they do in the finest octave is
    measured: pores and nuclei up to 0.55, seldom 0.75 in a score of samples, lanes of one real gel
    up to 0.6, copies 0.55 to 0.9. Fisher's z counts the samples, so that a small place must agree
    better. In a gel the lanes tell by themselves how alike they are: replicates side by side agree
    like copies, but several of them do, and the evidence of each is what it exceeds the next by.
    No gel turns its bands: places that agree turned tell by the second octave as well, which is all
    that a smooth gel has. What was pasted keeps its size and shape; what only looks alike seldom
    does.

    Parameters
    ----------
    rho, samples : sequence of float
        Correlation and independent samples in each octave, finest first.
    b_from_a : ndarray of shape (3, 3)
    banded : float, 0..1
        How far the panel is a gel or a blot, and ``repeat`` counts.
    repeat : float
        The highest correlation of another motion inside the panel, where it is known.
    pattern : float
        See :func:`figecho.verify.inside.pattern`.
    scene : {"field", "gel", "turned"}
        See :func:`figecho.verify.lanes.scene_of`.
    """
    if scene != "field":
        rho = averaged(rho, beyond=_FINEST_EXCEEDS)
    known = max(banded * fisher_z(repeat), fisher_z(pattern))
    gain = [
        n * _gain(r, max(fisher_z(nature), known))
        for nature, r, n in zip(_BY_NATURE, rho, samples, strict=False)
    ]

    def worth(octaves: int) -> float:
        return _told(gain[:octaves], samples[:octaves], _FITTED_SAMPLES[scene])

    if scene == "turned":
        told = min(worth(2), worth(1) / _GRAIN_CARRIES)
    elif scene == "gel":
        told = worth(1)
    else:
        beyond = max(samples[0] - _MANY_FITTED, 0.0)
        many = beyond * _gain(rho[0], max(fisher_z(_MANY_BY_NATURE), known))
        told = max(worth(1), _MANY_WEIGH * many)
    return _nats(told, b_from_a)


def across_nats(
    rho: Sequence[float], samples: Sequence[float], b_from_a: Matrix, *, pattern: float
) -> float:
    """Return the evidence for a copy in a gel that is neither bands nor lanes.

    Parameters
    ----------
    rho, samples : sequence of float
        Correlation and independent samples of what :func:`figecho.verify.across.across` leaves
        in the two finest octaves.
    b_from_a : ndarray of shape (3, 3)
    pattern : float
        See :func:`figecho.verify.inside.pattern`, of the finest octave of what is left.
    """
    finest_z, second_z = (fisher_z(nature) for nature in _ACROSS_BY_NATURE)
    natures = (max(finest_z, fisher_z(pattern)), second_z)
    gain = [n * _gain(r, z) for r, n, z in zip(rho, samples, natures, strict=True)]
    finest, both = (
        _told(gain[:octaves], samples[:octaves], _FITTED_SAMPLES["field"]) for octaves in (1, 2)
    )
    weight = _MIRRORED_WEIGHS if np.linalg.det(b_from_a[:2, :2]) < 0 else _ACROSS_WEIGHS
    return _nats(weight * min(both, finest / _FINEST_CARRIES), b_from_a)


def rigid(b_from_a: Matrix, *, stretch: float = 1.12, scale: float = 1.35) -> bool:
    """Whether a motion keeps size and shape about, as copies within one picture do."""
    wide, narrow = np.linalg.svd(b_from_a[:2, :2] / b_from_a[2, 2], compute_uv=False)
    size = float(np.sqrt(wide * narrow))
    return bool(wide <= stretch * narrow and 1.0 / scale <= size <= scale)


def _told(gain: Sequence[float], samples: Sequence[float], fitted: float) -> float:
    """Return what some octaves gain by the samples that the search has not used up."""
    left = 1.0 - fitted / max(sum(samples), 1e-9)
    return max(left, 0.0) * sum(gain)


def _gain(rho: float, nature_z: float) -> float:
    """Return by how much a correlation exceeds another one, squared, on Fisher's scale."""
    return max(fisher_z(rho) - nature_z, 0.0) ** 2


def _nats(told: float, b_from_a: Matrix) -> float:
    """Return evidence in nats; what was pasted keeps its size and shape."""
    exact = 1.0 if rigid(b_from_a, stretch=EXACT, scale=EXACT) else 0.4
    return NATS_A_GAIN * exact * 0.5 * told
