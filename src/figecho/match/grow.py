"""From a similarity to the simplest geometry that explains its neighbourhood of matches.

A copy may be stretched or seen in perspective. All matches near the similarity are offered to an
affine and to a homography estimator (USAC_MAGSAC); the richer model is kept only where it explains
clearly more of them. OpenCV's mask and matrix can disagree, so inliers are counted again here.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.match.consensus import distinct, fit_similarity
from figecho.model import Matrix, MotionModel

_SEED = 20160607


#: Up to so many correspondences are tried in pairs; a pair must stand so far apart.
_FEW, _APART_PX, _SHARP_PX = 24, 4.0, 1.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Geometry:
    """A transform with the correspondences that follow it."""

    b_from_a: Matrix
    model: MotionModel
    inliers: NDArray[np.intp]


def residuals_px(
    b_from_a: Matrix, a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance of each mapped point of A from its partner, in pixels of B."""
    mapped = np.c_[a, np.ones(len(a))] @ b_from_a.T
    depth = np.where(np.abs(mapped[:, 2:]) < 1e-9, 1e-9, mapped[:, 2:])
    return np.asarray(np.linalg.norm(mapped[:, :2] / depth - b, axis=1))


def plausible(b_from_a: Matrix, shape_a: tuple[int, int]) -> bool:
    """Refuse what no copy is: scale beyond 1/4..4, strong shear or perspective, folding.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    shape_a : (height, width) of A in pixels
    """
    if not np.isfinite(b_from_a).all():
        return False
    height, width = shape_a
    corners = np.array(
        [[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1, 1, 1, 1]], dtype=float
    )
    depth = (b_from_a @ corners)[2]
    if depth.min() <= 0 < depth.max() or np.abs(depth).max() > 2.0 * np.abs(depth).min():
        return False
    stretch = np.linalg.svd(b_from_a[:2, :2] / b_from_a[2, 2], compute_uv=False)
    return bool(stretch[1] >= 0.25 and stretch[0] <= 4.0 and stretch[0] <= 1.7 * stretch[1])


def simplest_geometry(
    similarity: Matrix,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    shape_a: tuple[int, int],
    *,
    tolerance_px: float,
) -> Geometry:
    """Return the similarity, affine or homography that explains the matches near ``similarity``.

    Parameters
    ----------
    similarity : ndarray of shape (3, 3)
        b_from_a in panel pixels.
    a, b : ndarray of shape (n, 2)
        All putative matches of the form, in panel pixels.
    shape_a : (height, width) of A in pixels
    tolerance_px : float
        Largest residual of an inlier, pixels of B.

    Returns
    -------
    Geometry
        Its inliers are distinct positions on both sides.
    """
    reach = 2.5 * tolerance_px + 0.02 * float(np.hypot(*shape_a)) * np.sqrt(
        abs(np.linalg.det(similarity[:2, :2]))
    )
    near = np.flatnonzero(residuals_px(similarity, a, b) < reach)
    ladder: list[tuple[MotionModel, Matrix]] = [("similarity", similarity)]
    ladder += _estimates(a[near], b[near], tolerance_px)
    best: Geometry | None = None
    for model, matrix in ladder:
        if not plausible(matrix, shape_a):
            continue
        if (np.linalg.det(matrix[:2, :2]) > 0) != (np.linalg.det(similarity[:2, :2]) > 0):
            continue
        inliers = near[residuals_px(matrix, a[near], b[near]) <= tolerance_px]
        inliers = inliers[distinct(a[inliers], b[inliers])]
        if best is None or len(inliers) >= max(len(best.inliers) + 3, 1.15 * len(best.inliers)):
            best = Geometry(b_from_a=matrix, model=model, inliers=inliers)
    if best is None:
        return Geometry(b_from_a=similarity, model="similarity", inliers=np.zeros(0, dtype=np.intp))
    return best


def sharpened(
    a: NDArray[np.float64], b: NDArray[np.float64], *, mirrored: bool
) -> tuple[Matrix, NDArray[np.intp]] | None:
    """Return the similarity that most of a few close correspondences follow within a pixel.

    Keypoints a few dozen pixels apart fix an angle badly: within the usual tolerance a wrong match
    or two turn the fit. Every pair of correspondences proposes; the best is fitted to those that
    follow it.

    Parameters
    ----------
    a, b : ndarray of shape (n, 2)
        Inliers of a proposal, in panel pixels.
    mirrored : bool

    Returns
    -------
    b_from_a : ndarray of shape (3, 3)
    followers : ndarray of int
        Which correspondences follow it. None where they are fewer than three, or than half.
    """
    n = len(a)
    if not 3 <= n <= _FEW:
        return None
    flip = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    source = a @ flip[:2, :2]
    first, second = np.triu_indices(n, 1)
    p, q = source[:, 0] + 1j * source[:, 1], b[:, 0] + 1j * b[:, 1]
    base = p[second] - p[first]
    usable = np.abs(base) > _APART_PX
    first, second, base = first[usable], second[usable], base[usable]
    if len(base) == 0:
        return None
    turn = (q[second] - q[first]) / base
    off = np.abs(
        q[None, :] - (turn[:, None] * (p[None, :] - p[first][:, None]) + q[first][:, None])
    )
    follows = off <= _SHARP_PX
    best = int(np.argmax(follows.sum(axis=1)))
    kept = np.flatnonzero(follows[best])
    if len(kept) < max(3, (n + 1) // 2):
        return None
    fitted = fit_similarity(source[kept], b[kept])
    return None if fitted is None else (np.asarray(fitted @ flip), kept)


def _estimates(
    a: NDArray[np.float64], b: NDArray[np.float64], tolerance_px: float
) -> list[tuple[MotionModel, Matrix]]:
    found: list[tuple[MotionModel, Matrix]] = []
    if len(a) < 4:
        return found
    source, target = a.astype(np.float32), b.astype(np.float32)
    cv2.setRNGSeed(_SEED)
    partial, _ = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=tolerance_px, maxIters=2000
    )
    if partial is not None:
        found.append(("similarity", np.vstack([partial, [0.0, 0.0, 1.0]])))
    if len(a) >= 6:
        affine, _ = cv2.estimateAffine2D(
            source, target, method=cv2.USAC_MAGSAC, ransacReprojThreshold=tolerance_px
        )
        if affine is not None:
            found.append(("affine", np.vstack([affine, [0.0, 0.0, 1.0]])))
    if len(a) >= 8:
        homography, _ = cv2.findHomography(
            source, target, method=cv2.USAC_MAGSAC, ransacReprojThreshold=tolerance_px
        )
        if homography is not None and abs(homography[2, 2]) > 1e-9:
            found.append(("homography", homography / homography[2, 2]))
    return found
