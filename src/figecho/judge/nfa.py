"""From evidence to a number of false alarms and a level.

The number of false alarms (NFA) of a finding is how many findings at least as strong are expected
among unrelated panels in a run of this size: the number of pairs compared, times the share of
unrelated pairs that reach such evidence (a contrario reasoning: Desolneux, Moisan and Morel, IJCV
2000). It tightens by itself as a run grows. The share is an exponential tail fitted to the best
agreement of unrelated panels of all kinds, after the agreement has been divided by what the same
two panels reach when they are displaced against each other.
"""

from __future__ import annotations

import numpy as np

from figecho.config import Judge
from figecho.model import Level

#: Nats that even featureless panels are granted by chance.
CHANCE_FLOOR = 1.5
#: Drawings are made of identical parts, so what two of them share by chance weighs this much more.
DRAWN_FACTOR = 3.0
#: Share of unrelated pairs that reach any evidence: in the pose of the original (upright, one
#: size), and in all the other poses together, which offer chance far more ways.
TAIL_SHARE_IN_PLACE = 0.05
TAIL_SHARE_MOVED = 0.95
#: Decay of that share for each unit of relative evidence.
TAIL_DECAY = 0.40


def relative_evidence(nats: float, chance: float) -> float:
    """Return how many times the evidence exceeds what displaced copies of the panels reach."""
    return nats / (CHANCE_FLOOR + chance)


def log10_nfa(nats: float, chance: float, pairs: int, *, in_place: bool) -> float:
    """Return the decimal logarithm of the expected number of equally strong chance findings.

    Parameters
    ----------
    nats : float
        Evidence of the finding.
    chance : float
        Mean evidence of displaced copies of the same two panels.
    pairs : int
        Pairs compared in this run.
    in_place : bool
        Whether the regions have one orientation and one size (see :func:`in_place`).
    """
    share = TAIL_SHARE_IN_PLACE if in_place else TAIL_SHARE_MOVED
    decay = TAIL_DECAY * relative_evidence(nats, chance) / np.log(10.0)
    return float(np.log10(max(pairs, 1) * share) - min(decay, 300.0))


def level_of(
    nfa: float, area_px: float, coverage: float, settings: Judge, *, inside: bool
) -> Level | None:
    """Return the level of a finding, None where it is no better than chance.

    Strong asks for an NFA of at most 1e-6 and a verified area; moderate for an NFA of at most 1e-2
    and, between two panels, a share of one of them that no label fills; weak for at most 1.
    """
    if not inside and coverage < settings.min_coverage:
        return "weak" if nfa <= settings.weak_log10_nfa else None
    if nfa <= settings.strong_log10_nfa and (
        area_px >= settings.strong_min_area_px and coverage >= settings.strong_min_coverage
    ):
        return "strong"
    if nfa <= settings.moderate_log10_nfa:
        return "moderate"
    if nfa <= settings.weak_log10_nfa:
        return "weak"
    return None
