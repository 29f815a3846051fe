"""Two described panels in, verified echoes out: the heart that ``scan`` and ``compare`` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from figecho.config import Config
from figecho.describe.described import Described
from figecho.describe.forms import ALL_FORMS, Form
from figecho.echo import (
    Echo,
    by_strength,
    either_way,
    grid_of,
    is_clear,
    is_close,
    same_geometry,
    same_region,
    turned_echo,
    verified,
)
from figecho.match.grow import residuals_px
from figecho.match.propose import (
    Proposal,
    block_proposals,
    keypoint_proposals,
    patch_proposals,
    turned,
)
from figecho.verify import frame as frames
from figecho.verify import inside as within
from figecho.verify import lanes
from figecho.verify.agree import agreement, differing_share
from figecho.verify.bands import RATHER_A_GEL, Octaves
from figecho.verify.chance import chance_nats, elsewhere_nats
from figecho.verify.nats_inside import inside_nats
from figecho.verify.overlay import overlay

_SAME_PX = 1.0
#: Into how many the keypoints are divided of which ORB needs one part to agree: of 77 echoes it
#: confirms the same 60 as with all.
_WITNESSES = 2


def echoes(a: Described, b: Described, config: Config) -> list[Echo]:
    """Find the regions that two panels share, or that recur inside one (``a is b``).

    Parameters
    ----------
    a, b : Described
    config : Config

    Returns
    -------
    list of Echo
        Those that are surely the same to the pixel first, then the strongest; no two describe one
        region.
    """
    asked = proposals(a, b, config)
    found = _shown(a, b, asked, config)
    if not all(is_clear(e) for e in found):
        back = _shown_back(a, b, asked, config)
        found = either_way(found, back, config.verify.min_nats, inside=a is b)
    return _witnessed(a, b, found, config)


def _shown(a: Described, b: Described, asked: Sequence[Proposal], config: Config) -> list[Echo]:
    """Verify proposals on the grid of A, and keep the strongest for each region."""
    found = [e for p in asked if (e := verified(a, b, p, config)) is not None]
    if a is b and found:
        found = _standing_out(found, a.views.at(1.0)[0], config.verify.min_nats)
    kept: list[Echo] = []
    for echo in sorted(found, key=by_strength):
        twin = next((k for k, other in enumerate(kept) if same_region(echo, other, a is b)), None)
        if twin is None:
            kept.append(echo)
        elif same_geometry(echo.b_from_a, kept[twin], a is b):
            kept[twin] = _joined(kept[twin], echo)
    return [_measured(a, b, e, config) for e in kept]


def _shown_back(
    a: Described, b: Described, asked: Sequence[Proposal], config: Config
) -> list[Echo]:
    """Verify proposals on the grid of B, where less is worth knowing, too."""
    least = min(config.verify.gate_nats, config.verify.min_nats)
    lower = replace(config, verify=replace(config.verify, min_nats=least))
    return [turned_echo(e) for e in _shown(b, a, [turned(p) for p in asked], lower)]


def proposals(a: Described, b: Described, config: Config) -> list[Proposal]:
    """Gather proposals, the dense and slower method only where keypoints are few."""
    found: list[Proposal] = []
    if "sift" in config.methods:
        found += keypoint_proposals(a, b, "sift", config)
    elif "orb" in config.methods:
        found += keypoint_proposals(a, b, "orb", config)
    plenty = max((len(p.points_a) for p in found), default=0) >= 20
    if "blocks" in config.methods and a is b:
        found += [p for p in patch_proposals(a, config) if not any(_repeats(p, q) for q in found)]
    elif "blocks" in config.methods and not plenty and _few_keypoints(a, b, config):
        found += block_proposals(a, b, config)
    return found


def _repeats(proposal: Proposal, other: Proposal) -> bool:
    """Whether another proposal takes the points of this one to the same places."""
    gaps = residuals_px(other.b_from_a, proposal.points_a, proposal.points_b)
    return bool(gaps.mean() < _SAME_PX)


def _few_keypoints(a: Described, b: Described, config: Config) -> bool:
    """Whether keypoints may miss a copy: few of them, or both panels small or thin."""
    settings = config.match
    if "sift" not in config.methods or min(len(a.sift), len(b.sift)) < settings.poor_keypoints:
        return True
    thinnest = max(min(a.panel.shape), min(b.panel.shape))
    return thinnest < settings.thin_px and min(len(a.sift), len(b.sift)) < settings.thin_keypoints


def _standing_out(found: list[Echo], octaves: Octaves, least: float) -> list[Echo]:
    """Weigh each echo inside a panel against the best of the others, and keep what remains."""
    kept = []
    scenes = [lanes.scene_of(e.b_from_a, octaves, e.banded) for e in found]
    for echo, scene in zip(found, scenes, strict=True):
        if echo.same:
            kept.append(echo)
            continue
        # How alike its lanes are says nothing of what lies turned among them.
        others = [
            other.rho[0]
            for other, too in zip(found, scenes, strict=True)
            if scene in (too, "gel") and not same_geometry(other.b_from_a, echo, True)
        ]
        nats = inside_nats(
            echo.rho, echo.samples, echo.b_from_a, banded=echo.banded,
            repeat=max(others, default=0.0), pattern=echo.pattern, scene=scene,
        )  # fmt: skip
        nats = max(nats, echo.across)
        if nats >= least:
            kept.append(replace(echo, nats=nats))
    return kept


def _measured(a: Described, b: Described, echo: Echo, config: Config) -> Echo:
    """Add what only a surviving echo needs: the chance level, look-alikes and the shares."""
    grid = grid_of(a, b, echo.b_from_a, config.verify.chance_px)
    laid = overlay(grid, grid.start, inverted=echo.proposal.form.inverted)
    apart = within.apart(grid, grid.start, config.match.min_shift_px) if a is b else None
    found = agreement(
        laid,
        within=apart,
        banded=0.0 if a is b else grid.banded,
        panel_px=grid.panel_px,
    )
    inside = frames.warp_mask(np.ones_like(grid.b.usable), grid.start, grid.size)
    covered = float(np.count_nonzero(inside)) / inside.size
    scale = abs(float(np.linalg.det(echo.b_from_a[:2, :2])))
    reduced = max(1.0, echo.nats / max(found.nats, 1.0))
    ratio = float(a.panel.bbox.area_px * scale / b.panel.bbox.area_px)
    # Grain that is the same to the pixel was already held against grain displaced.
    chance = 0.0 if echo.same else chance_nats(laid, found.region)
    alike = 0.0
    if a is not b and grid.banded > RATHER_A_GEL:
        alike = elsewhere_nats(laid, found.nats, banded=grid.banded, panel_px=grid.panel_px)
    return replace(
        echo,
        chance=chance * reduced,
        alike=alike * reduced,
        differing=differing_share(laid),
        overlap_a=covered,
        overlap_b=float(min(1.0, covered * ratio)),
    )


def _witnessed(a: Described, b: Described, found: list[Echo], config: Config) -> list[Echo]:
    """Ask ORB for its own opinion where others proposed: it is named only if it agrees."""
    if "orb" not in config.methods or a is b or all("orb" in e.methods for e in found):
        return found
    forms = sorted({_form_of(e) for e in found}, key=ALL_FORMS.index)
    few = replace(config.describe, max_keypoints=config.describe.max_keypoints // _WITNESSES)
    opinion = keypoint_proposals(a, b, "orb", replace(config, describe=few), forms=forms)
    return [
        replace(echo, methods=tuple(sorted({*echo.methods, "orb"})))
        if any(is_close(p.b_from_a, echo) for p in opinion)
        else echo
        for echo in found
    ]


def _form_of(echo: Echo) -> Form:
    mirrored = bool(np.linalg.det(echo.b_from_a[:2, :2]) < 0)
    return Form(mirrored=mirrored, inverted=echo.proposal.form.inverted)


def _joined(kept: Echo, other: Echo) -> Echo:
    """Merge two echoes of one geometry: the stronger pixels, all methods, the most inliers."""
    proposal = max((kept.proposal, other.proposal), key=lambda p: len(p.points_a))
    return replace(kept, proposal=proposal, methods=tuple(sorted({*kept.methods, *other.methods})))
