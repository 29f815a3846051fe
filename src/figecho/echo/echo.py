"""What a verification leaves: a region that recurs, with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from figecho.match.propose import Proposal, inverse, turned
from figecho.model import Matrix
from figecho.verify.agree import Agreement
from figecho.verify.outline import transform_points


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Echo:
    """A region of panel A that recurs in panel B, with the evidence for it.

    Attributes
    ----------
    proposal : Proposal
        The strongest proposal that led here.
    methods : tuple of str
        Every method whose own proposal agrees.
    b_from_a : ndarray of shape (3, 3)
        Aligned geometry, panel pixels.
    polygon_a, polygon_b : ndarray of shape (n, 2)
        The region in either panel, panel pixels.
    nats, chance : float
        Evidence, and what displaced copies of the same panels reach.
    zncc : float
    rho, samples : tuple of float
        Correlation and independent samples in each octave, finest first.
    differing : float, 0..1
        Share of the textured overlap of both panels that differs, in one piece.
    overlap_a, overlap_b : float, 0..1
        Share of each panel that the other covers under the geometry.
    alike : float
        Evidence at the best of the other places where the panels fit, where they are gels.
    same : bool
        Whether it is one panel, and both places are the same to the pixel.
    banded : float, 0..1
        How far it lies in a gel, where it is one panel.
    pattern : float
        How much the region is like what lies a little way off, where it is one panel.
    across : float
        Evidence that is neither bands nor lanes, where it is one gel.
    """

    proposal: Proposal
    methods: tuple[str, ...]
    b_from_a: Matrix
    polygon_a: NDArray[np.float64]
    polygon_b: NDArray[np.float64]
    nats: float
    chance: float
    zncc: float
    rho: tuple[float, ...]
    samples: tuple[float, ...]
    differing: float
    overlap_a: float
    overlap_b: float
    alike: float = 0.0
    same: bool = False
    banded: float = 0.0
    pattern: float = 0.0
    across: float = 0.0


def echo_of(
    proposal: Proposal, b_from_a: Matrix, polygon: NDArray[np.float64], found: Agreement
) -> Echo:
    """Return an echo with what its verification tells; the rest is measured if it survives."""
    return Echo(
        proposal=proposal,
        methods=(proposal.method,),
        b_from_a=b_from_a,
        polygon_a=polygon,
        polygon_b=transform_points(b_from_a, polygon),
        nats=found.nats,
        chance=0.0,
        zncc=found.zncc,
        rho=found.rho,
        samples=found.samples,
        differing=0.0,
        overlap_a=0.0,
        overlap_b=0.0,
    )


def turned_echo(echo: Echo) -> Echo:
    """Return an echo with panel B as A."""
    return replace(
        echo,
        proposal=turned(echo.proposal),
        b_from_a=inverse(echo.b_from_a),
        polygon_a=echo.polygon_b,
        polygon_b=echo.polygon_a,
        overlap_a=echo.overlap_b,
        overlap_b=echo.overlap_a,
    )
