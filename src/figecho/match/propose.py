"""Proposals: geometries worth asking the pixels about, from every method that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Config
from figecho.describe.described import Described, orb_in_forms
from figecho.describe.features import Features
from figecho.describe.forms import ALL_FORMS, AS_IS, INVERTED, Form
from figecho.match.blocks import propose as propose_blocks
from figecho.match.consensus import find_consensus
from figecho.match.grow import plausible, sharpened, simplest_geometry
from figecho.match.nearest import Matches, match_binary, match_forms, match_within
from figecho.match.within import motions_within
from figecho.model import BoolArray, Matrix, MotionModel
from figecho.verify.bands import RATHER_A_GEL

#: Share of the sample of keypoints that is of the strongest: of 425 planted pairs 412 are seen so,
#: of every fourth keypoint 405, of all 417.
_STRONGEST = 0.5
_NO_POINTS = np.zeros((0, 2))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """A geometry, the method that proposed it, and its correspondences.

    Attributes
    ----------
    method : {"sift", "orb", "blocks"}
    form : Form
        For blocks only ``inverted`` is meaningful; mirroring is in the matrix.
    b_from_a : ndarray of shape (3, 3)
        Panel pixels.
    model : {"similarity", "affine", "homography"}
    points_a, points_b : ndarray of shape (n, 2)
        Inliers in panel pixels.
    matches : int
        Putative matches it was found among.
    whole : bool
        Whether it is worth asking only as a motion inside a panel that keeps every pixel.
    """

    method: str
    form: Form
    b_from_a: Matrix
    model: MotionModel
    points_a: NDArray[np.float64]
    points_b: NDArray[np.float64]
    matches: int
    whole: bool = False


def keypoint_proposals(
    a: Described, b: Described, method: str, config: Config,
    *, forms: Sequence[Form] = ALL_FORMS,
) -> list[Proposal]:  # fmt: skip
    """Propose geometries from SIFT or ORB matches in some forms; ``a is b`` looks inside a panel.

    SIFT matches the panel with fewer keypoints to the other one, whichever of them is A: of a
    copied part it holds a larger share. Inside a panel nothing is inverted.
    """
    if method == "sift" and len(b.sift) < len(a.sift):
        return [turned(p) for p in keypoint_proposals(b, a, method, config, forms=forms)]
    found: list[Proposal] = []
    if method == "sift" and a is not b and not _worth_a_look(a, b, config):
        return found
    for form, (features_a, features_b, matches) in matched(a, b, method, config, forms).items():
        found += _from_matches(a, b, features_a, features_b, matches, form, method, config)
    found.sort(key=lambda p: (-len(p.points_a), p.form.words, tuple(p.b_from_a.ravel())))
    return found


def turned(proposal: Proposal) -> Proposal:
    """Return a proposal with panel B as A."""
    return replace(
        proposal,
        b_from_a=inverse(proposal.b_from_a),
        points_a=proposal.points_b,
        points_b=proposal.points_a,
    )


def inverse(b_from_a: Matrix) -> Matrix:
    """Return the geometry the other way, its last entry 1."""
    a_from_b = np.linalg.inv(b_from_a)
    return np.asarray(a_from_b / a_from_b[2, 2], dtype=np.float64)


def _worth_a_look(a: Described, b: Described, config: Config) -> bool:
    """Match a sample of keypoints first: most pairs share nothing, and the sample shows it.

    Some of the sample, which is of A, are the strongest, which noise leaves, the others are spread
    over the rest.
    Panels of one figure are few and likely to share something: they are matched whole, for of a
    part with a dozen matches the sample may hold too few.
    """
    settings = config.match
    if a.panel.figure == b.panel.figure:
        return True
    if len(a.sift) <= settings.glance_keypoints:
        return True
    return _glance(a, b, config, _sample(len(a.sift), settings.glance_keypoints))


def _sample(count: int, size: int) -> NDArray[np.intp]:
    """Return which of ``count`` keypoints, strongest first, make up a sample of about a size."""
    strongest = int(_STRONGEST * size)
    step = -(-(count - strongest) // (size - strongest))
    return np.concatenate([np.arange(strongest), np.arange(strongest, count, step)])


def _glance(a: Described, b: Described, config: Config, rows: NDArray[np.intp]) -> bool:
    """Whether enough of some keypoints agree about a geometry in any form."""
    settings = config.match
    sample = a.sift.some(rows)
    blocks = tuple(np.ascontiguousarray(block[rows]) for block in a.sift_blocks)
    by_form = match_forms(
        blocks, b.sift_blocks,
        ratio=settings.ratio, min_cosine=settings.min_cosine,
    )  # fmt: skip
    return any(
        find_consensus(
            sample, b.sift, matches, form, tolerance_px=settings.tolerance_px,
            min_support=settings.min_support, max_models=1,
        )
        for form, matches in by_form.items()
    )  # fmt: skip


def matched(
    a: Described, b: Described, method: str, config: Config, forms: Sequence[Form] = ALL_FORMS
) -> dict[Form, tuple[Features, Features, Matches]]:
    """Return, for each form, the features of both panels and their putative matches."""
    settings = config.match
    inside = a is b
    forms = tuple(f for f in forms if not (inside and f.inverted))
    if method == "orb":
        orb_a = a.orb or orb_in_forms(a.panel, config, forms)
        orb_b = b.orb[AS_IS] if b.orb else orb_in_forms(b.panel, config, (AS_IS,))[AS_IS]
        result = {}
        for form in forms:
            apart = _apart(orb_a[form], orb_b, settings.min_shift_px) if inside else None
            matches = match_binary(
                orb_a[form].descriptors, orb_b.descriptors, ratio=settings.ratio_orb, allowed=apart
            )
            result[form] = (orb_a[form], orb_b, matches)
        return result
    if inside:
        by_form = match_within(
            a.sift_blocks, a.sift.xy, forms, ratio=settings.ratio_within,
            min_cosine=settings.min_cosine, min_shift_px=settings.min_shift_px,
        )  # fmt: skip
        return {form: (a.sift, a.sift, matches) for form, matches in by_form.items()}
    by_form = match_forms(
        a.sift_blocks, b.sift_blocks,
        ratio=settings.ratio, min_cosine=settings.min_cosine, forms=forms,
    )  # fmt: skip
    return {form: (a.sift, b.sift, matches) for form, matches in by_form.items()}


def block_proposals(a: Described, b: Described, config: Config) -> list[Proposal]:
    """Propose geometries from dense block comparison."""
    shifts = propose_blocks(
        a.panel.grey, a.panel.usable, b.panel.grey, b.panel.usable, config.blocks,
        min_shift_px=config.match.min_shift_px if a is b else 0.0,
    )  # fmt: skip
    return [
        Proposal(
            method="blocks",
            form=INVERTED if s.inverted else AS_IS,
            b_from_a=s.b_from_a,
            model="similarity",
            points_a=_NO_POINTS,
            points_b=_NO_POINTS,
            matches=0,
        )
        for s in shifts
    ]


def patch_proposals(a: Described, config: Config) -> list[Proposal]:
    """Propose motions inside one panel from the patches around all its grains and blobs."""
    motions = motions_within(
        a.panel.grey, a.panel.usable, config.patches, min_shift_px=config.match.min_shift_px,
        gel=a.views.at(1.0)[0].banded > RATHER_A_GEL,
    )  # fmt: skip
    return [
        Proposal(
            method="blocks",
            form=Form(mirrored=motion.mirrored, inverted=False),
            b_from_a=motion.b_from_a,
            model="similarity",
            points_a=motion.points_a,
            points_b=motion.points_b,
            matches=motion.matches,
            whole=motion.whole,
        )
        for motion in motions
        if plausible(motion.b_from_a, a.panel.shape)
    ]


def _apart(a: Features, b: Features, min_shift_px: float) -> BoolArray:
    gap = np.linalg.norm(a.xy[:, None, :] - b.xy[None, :, :], axis=2)
    return np.asarray(gap >= min_shift_px)


def _from_matches(
    a: Described, b: Described, features_a: Features, features_b: Features, matches: Matches,
    form: Form, method: str, config: Config,
) -> list[Proposal]:  # fmt: skip
    settings = config.match
    found = []
    points_a = features_a.xy[matches.a].astype(np.float64)
    points_b = features_b.xy[matches.b].astype(np.float64)
    inside = a is b
    for consensus in find_consensus(
        features_a, features_b, matches, form, tolerance_px=settings.tolerance_px,
        min_support=settings.min_support_within if inside else settings.min_support,
        max_models=settings.max_models_within if inside else settings.max_models,
    ):  # fmt: skip
        if not plausible(consensus.b_from_a, a.panel.shape):
            continue
        if inside and _nearly_identity(consensus.b_from_a, a.panel.shape, settings.min_shift_px):
            continue
        geometry = simplest_geometry(
            consensus.b_from_a, points_a, points_b, a.panel.shape,
            tolerance_px=settings.tolerance_px,
        )  # fmt: skip
        inliers = geometry.inliers if len(geometry.inliers) else consensus.support
        if inside:
            inliers = inliers[_one_way(points_b[inliers] - points_a[inliers])]
            if len(inliers) < settings.min_support_within:
                continue
        proposal = Proposal(
            method=method,
            form=form,
            b_from_a=geometry.b_from_a,
            model=geometry.model,
            points_a=points_a[inliers],
            points_b=points_b[inliers],
            matches=len(matches),
        )
        found.append(proposal)
        # A small copy inside a panel hangs on few points: their tightest fit is asked as well.
        tight = sharpened(points_a[inliers], points_b[inliers], mirrored=form.mirrored)
        if inside and tight is not None and plausible(tight[0], a.panel.shape):
            followers = inliers[tight[1]]
            found.append(
                replace(
                    proposal,
                    b_from_a=tight[0],
                    model="similarity",
                    points_a=points_a[followers],
                    points_b=points_b[followers],
                )
            )
    return found


def _one_way(moves: NDArray[np.float64]) -> BoolArray:
    """Return which matches lead one way: half a turn also takes the copy back to the original."""
    axis = np.linalg.svd(moves, full_matrices=False)[2][0]
    ahead = moves @ axis > 0.0
    return np.asarray(ahead if 2 * np.count_nonzero(ahead) >= len(moves) else ~ahead)


def _nearly_identity(matrix: Matrix, shape: tuple[int, int], min_shift_px: float) -> bool:
    height, width = shape
    points = np.array(
        [[0, width - 1, 0, width - 1, width / 2], [0, 0, height - 1, height - 1, height / 2]]
    )
    moved = matrix[:2, :2] @ points + matrix[:2, 2:] - points
    return bool(np.linalg.norm(moved, axis=0).max() < min_shift_px)
