"""From evidence to a number of false alarms and a level.

The number of false alarms (NFA) of a finding is how many findings at least as strong are expected
among unrelated panels in a run of this size: the number of comparisons of its kind, times the share
of unrelated ones that reach such evidence (a contrario reasoning: Desolneux, Moisan and Morel, IJCV
2000). It tightens by itself as a run grows. The share is an exponential tail fitted to the
agreement of unrelated panels of that kind (``background.py``, by ``tools/calibrate.py``), after the
agreement has been divided by what the same two panels reach when displaced against each other; of
two gels what they reach a lane further on is taken off first, several times. Gels stand apart: they
are few beside all pairs of a run, but look alike far more often. A run may be surprised in each
kind, so each is dealt a part of the chance: a half to what surprises most often by far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from figecho.config import Judge
from figecho.judge.background import TAILS
from figecho.model import Level

#: How two places lie: upright and of one size in two panels; in any other pose; in one panel.
Pose = Literal["in place", "moved", "within"]
#: What is compared, and how the places lie: each kind has its own trials and its own chance.
Kind = Literal["gels in place", "gels moved", "in place", "moved", "within"]

#: Nats that even featureless panels are granted by chance.
CHANCE_FLOOR = 1.5
#: How many times the agreement of two gels where they fit second best is taken from that where
#: they are laid: of 300 pairs look-alikes reached 6 times as much, copies 17 times or more.
LOOK_ALIKES = 8.0
#: The part of a surprise that each kind is dealt, 1 in all.
DEALT: dict[Kind, float] = {
    "gels in place": 0.1, "gels moved": 0.1, "in place": 0.1, "moved": 0.5, "within": 0.2,
}  # fmt: skip
#: Relative evidence from which the tails hold.
TAIL_FROM = 4.0
#: What none of 732,000 unrelated pairs and 2,400 panels without a copy reached, 10.8 and 13.1 at
#: most: less is no more than chance, however small a run.
SEEN_BY_CHANCE = 14.0
#: Drawings are made of identical parts, so what two of them share by chance weighs this much more.
DRAWN_FACTOR = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """How many comparisons a run makes.

    Attributes
    ----------
    gels : int
        Of two gels or blots.
    others : int
        Of any other two panels.
    within : int
        Of a panel with itself.
    """

    gels: int
    others: int
    within: int

    def of(self, kind: Kind) -> int:
        """Return how many comparisons could give a finding of this kind."""
        if kind == "within":
            return self.within
        return self.gels if kind.startswith("gels") else self.others


def kind_of(pose: Pose, *, gels: bool) -> Kind:
    """Return the kind of a comparison; ``gels`` says whether both panels are gels or blots."""
    if pose == "within" or not gels:
        return pose
    return "gels in place" if pose == "in place" else "gels moved"


def relative_evidence(nats: float, chance: float, alike: float = 0.0) -> float:
    """Return how many times the evidence exceeds what displaced copies of the panels reach.

    What look-alikes account for, where the panels fit second best, is taken from it first.
    """
    return beside_look_alikes(nats, alike) / (CHANCE_FLOOR + chance)


def beside_look_alikes(nats: float, alike: float) -> float:
    """Return the evidence that is left beside what look-alikes account for."""
    return max(nats - LOOK_ALIKES * alike, 0.0)


def log10_nfa(evidence: float, trials: Trials, kind: Kind) -> float:
    """Return the decimal logarithm of the expected number of equally strong chance findings.

    Parameters
    ----------
    evidence : float
        See :func:`relative_evidence`.
    trials : Trials
        Comparisons of this run.
    kind : str
        See :func:`kind_of`.
    """
    share, decay, ever = TAILS[kind]
    log_share = np.log(share) - decay * max(evidence, TAIL_FROM)
    # Below where the tail was fitted the share rises to that of all which reach any evidence.
    log_share += max(1.0 - evidence / TAIL_FROM, 0.0) * max(np.log(ever) - log_share, 0.0)
    tests = np.log10(max(1, trials.of(kind)) / DEALT[kind])
    return float(tests + max(log_share / np.log(10.0), -300.0))


def level_of(
    nfa: float, evidence: float, area_px: float, coverage: float, settings: Judge, *, inside: bool
) -> Level | None:
    """Return the level of a finding, None where it is no better than chance.

    Strong asks for an NFA of at most 1e-6 and a verified area; moderate for an NFA of at most 1e-2
    and, between two panels, a share of one of them that no label fills, the more so where it is as
    small as a word, inside one panel an area that no single cell or pore fills; weak for at most 1.
    What unrelated panels were seen to reach is weak, however few panels a run has: panels of one
    kind may agree so far more often than any two.
    """
    word = area_px < settings.min_area_px and coverage < settings.small_coverage
    label = coverage < settings.min_coverage or word
    small = area_px < settings.min_area_within_px if inside else label
    if small or evidence < SEEN_BY_CHANCE:
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
