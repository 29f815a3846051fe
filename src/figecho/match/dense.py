"""Dense block comparison: the correlation of every block of A with every place of B.

For pictures in which keypoints are few: blot strips, lanes, faint membranes. The panel is cut into
blocks, each block is correlated (ZNCC) with B at every shift, and blocks that agree on one shift
add up their evidence, so a run of copied lanes stands out although each lane resembles others.

The kernel is written so that its inner loop runs along the rows of B with four block pixels as
factors: it needs no reordering of sums to be vectorised, so it is fast and still exactly
repeatable.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import FloatArray


@nb.njit(cache=True)
def place_weights(target: FloatArray, h: int, w: int) -> FloatArray:
    """Return 1 over the norm of every ``h`` x ``w`` place of a panel about its mean.

    Parameters
    ----------
    target : ndarray of shape (H, W), float32

    Returns
    -------
    ndarray of shape (H - h + 1, W - w + 1), float32
        0 where the panel is flat.
    """
    rows, columns = target.shape[0] - h + 1, target.shape[1] - w + 1
    weights = np.empty((rows, columns), dtype=np.float32)
    count = h * w
    for y in range(rows):
        total = np.zeros(target.shape[1], dtype=np.float32)
        power = np.zeros(target.shape[1], dtype=np.float32)
        for v in range(h):
            line = target[y + v]
            for x in range(len(line)):
                total[x] += line[x]
                power[x] += line[x] * line[x]
        running = running_power = 0.0
        for x in range(w):
            running += total[x]
            running_power += power[x]
        for x in range(columns):
            if x > 0:
                running += total[x + w - 1] - total[x - 1]
                running_power += power[x + w - 1] - power[x - 1]
            variance = running_power - running * running / count
            weights[y, x] = 1.0 / np.sqrt(variance) if variance > 1e-3 * count else 0.0
    return weights


@nb.njit(cache=True)
def correlate_block(
    block: FloatArray, target: FloatArray, weights: FloatArray, out: FloatArray
) -> None:
    """Write the ZNCC of ``block`` with every place of ``target`` where it fits.

    Parameters
    ----------
    block : ndarray of shape (h, w), float32
        Zero mean, unit norm.
    target : ndarray of shape (H, W), float32
    weights : ndarray of shape (H - h + 1, W - w + 1), float32
        See :func:`place_weights`.
    out : ndarray of shape (H - h + 1, W - w + 1), float32
        Overwritten with values in -1..1; 0 where the target is flat.
    """
    h, w = block.shape
    rows, columns = out.shape
    width = target.shape[1]
    fours = w - w % 4
    # All rows as one: between them lie places where the block does not fit, but the inner loop is
    # long enough for vectors though the target is small.
    count = rows * width - (w - 1)
    line = target.reshape(-1)
    cross = np.zeros(rows * width, np.float32)
    places = cross[:count]
    for v in range(h):
        for u in range(0, fours, 4):
            f0, f1, f2, f3 = block[v, u], block[v, u + 1], block[v, u + 2], block[v, u + 3]
            k = v * width + u
            l0, l1 = line[k : k + count], line[k + 1 : k + 1 + count]
            l2, l3 = line[k + 2 : k + 2 + count], line[k + 3 : k + 3 + count]
            for x in range(len(places)):
                places[x] += f0 * l0[x] + f1 * l1[x] + f2 * l2[x] + f3 * l3[x]
        for u in range(fours, w):
            f0, l0 = block[v, u], line[v * width + u : v * width + u + count]
            for x in range(len(places)):
                places[x] += f0 * l0[x]
    for y in range(rows):
        found, here, weight = out[y], cross[y * width : y * width + columns], weights[y]
        for x in range(columns):
            found[x] = here[x] * weight[x]


def correlate_block_plain(block: FloatArray, target: FloatArray) -> FloatArray:
    """Do what :func:`correlate_block` does in plain numpy: the oracle of its tests."""
    places = np.lib.stride_tricks.sliding_window_view(target, block.shape).astype(np.float64)
    centred = places - places.mean(axis=(2, 3), keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=(2, 3)))
    cross = (centred * block).sum(axis=(2, 3))
    flat = norm**2 <= 1e-3 * block.size
    return np.where(flat, 0.0, cross / np.where(flat, 1.0, norm)).astype(np.float32)


@nb.njit(cache=True)
def shift_evidence(
    source: FloatArray, target: FloatArray, corners: NDArray[np.int32],
    block_h: int, block_w: int, samples: FloatArray, floor: float, evidence: FloatArray,
) -> None:  # fmt: skip
    """Add up, for every shift, how far the blocks of the source exceed chance agreement there.

    Parameters
    ----------
    source, target : ndarray, float32
        Whitened panels at a common scale.
    corners : ndarray of shape (n, 2), int32
        (x, y) of the top-left pixel of each block in the source.
    block_h, block_w : int
    samples : ndarray of shape (n,), float32
        Independent samples in each block.
    floor : float, 0..1
        Correlation that look-alikes reach; only what exceeds it counts.
    evidence : ndarray of shape (2, rows, columns), float32
        Added to, in nats: [0] agreeing tones, [1] inverted tones. Entry (y, x) belongs to the shift
        (x - offset_x, y - offset_y) with ``offset`` = source size minus block size.
    """
    rows, columns = target.shape[0] - block_h + 1, target.shape[1] - block_w + 1
    offset_y, offset_x = source.shape[0] - block_h, source.shape[1] - block_w
    scores = np.empty((rows, columns), dtype=np.float32)
    weights = place_weights(target, block_h, block_w)
    z0 = np.arctanh(floor)
    for k in range(corners.shape[0]):
        bx, by = corners[k, 0], corners[k, 1]
        block = source[by : by + block_h, bx : bx + block_w].copy()
        block -= block.mean()
        norm = np.sqrt((block * block).sum())
        if norm < 1e-3:
            continue
        block /= norm
        correlate_block(block, target, weights, scores)
        weight = np.float32(0.5 * max(samples[k] - 3.0, 0.0))
        for y in range(rows):
            for x in range(columns):
                z = scores[y, x]
                if abs(z) > floor:
                    gain = np.arctanh(min(abs(z), np.float32(0.99))) - z0
                    sign = 0 if z > 0 else 1
                    evidence[sign, y + offset_y - by, x + offset_x - bx] += weight * gain * gain


@nb.njit(cache=True)
def tile_variances(
    image: FloatArray, corners: NDArray[np.int_], height: int, width: int
) -> NDArray[np.float64]:
    """Return the variance of every tile of a picture.

    Parameters
    ----------
    image : ndarray of shape (H, W), float32
    corners : ndarray of shape (n, 2), int
        (x, y) of the top-left pixel of each.
    height, width : int
        Of a tile.
    """
    found = np.empty(len(corners))
    for k in range(len(corners)):
        x, y = corners[k]
        tile = image[y : y + height, x : x + width]
        mean = tile.sum() / tile.size
        power = 0.0
        for row in range(height):
            for column in range(width):
                power += (tile[row, column] - mean) ** 2
        found[k] = power / tile.size
    return found


def peaks(evidence: FloatArray, count: int, radius: int) -> list[tuple[float, int, int]]:
    """Return up to ``count`` highest entries as (value, x, y), apart by more than ``radius``."""
    left = evidence.copy()
    found: list[tuple[float, int, int]] = []
    for _ in range(count):
        y, x = np.unravel_index(int(np.argmax(left)), left.shape)
        value = float(left[y, x])
        if value <= 0.0:
            break
        found.append((value, int(x), int(y)))
        left[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1] = 0.0
    return found
