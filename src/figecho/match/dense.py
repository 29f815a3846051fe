"""Dense block comparison: the correlation of every block of A with every place of B.

For pictures in which keypoints are few: blot strips, lanes, faint membranes. The panel is cut into
blocks, each block is correlated (ZNCC) with B at every shift, and blocks that agree on one shift
add up their evidence, so a run of copied lanes stands out although each lane resembles others.

The kernel is written so that its inner loop runs along a row of B with one block pixel as a factor:
it needs no reordering of sums to be vectorised, so it is fast and still exactly repeatable.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import FloatArray


@nb.njit(cache=True)
def correlate_block(block: FloatArray, target: FloatArray, out: FloatArray) -> None:
    """Write the ZNCC of ``block`` with every place of ``target`` where it fits.

    Parameters
    ----------
    block : ndarray of shape (h, w), float32
        Zero mean, unit norm.
    target : ndarray of shape (H, W), float32
    out : ndarray of shape (H - h + 1, W - w + 1), float32
        Overwritten with values in -1..1; 0 where the target is flat.
    """
    h, w = block.shape
    rows, columns = out.shape
    count = np.float32(h * w)
    total = np.empty(columns, dtype=np.float32)
    power = np.empty(columns, dtype=np.float32)
    cross = np.empty(columns, dtype=np.float32)
    for y in range(rows):
        total[:] = 0.0
        power[:] = 0.0
        cross[:] = 0.0
        for v in range(h):
            line = target[y + v]
            for u in range(w):
                factor = block[v, u]
                for x in range(columns):
                    cross[x] += factor * line[x + u]
        for v in range(h):
            line = target[y + v]
            running, running_power = np.float32(0.0), np.float32(0.0)
            for u in range(w):
                running += line[u]
                running_power += line[u] * line[u]
            total[0] += running
            power[0] += running_power
            for x in range(1, columns):
                gone, new = line[x - 1], line[x + w - 1]
                running += new - gone
                running_power += new * new - gone * gone
                total[x] += running
                power[x] += running_power
        for x in range(columns):
            variance = power[x] - total[x] * total[x] / count
            if variance > np.float32(1e-3) * count:
                out[y, x] = cross[x] / np.sqrt(variance)
            else:
                out[y, x] = 0.0


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
    z0 = np.arctanh(floor)
    for k in range(corners.shape[0]):
        bx, by = corners[k, 0], corners[k, 1]
        block = source[by : by + block_h, bx : bx + block_w].copy()
        block -= block.mean()
        norm = np.sqrt((block * block).sum())
        if norm < 1e-3:
            continue
        block /= norm
        correlate_block(block, target, scores)
        weight = np.float32(0.5 * max(samples[k] - 3.0, 0.0))
        for y in range(rows):
            for x in range(columns):
                z = scores[y, x]
                if abs(z) > floor:
                    gain = np.arctanh(min(abs(z), np.float32(0.99))) - z0
                    sign = 0 if z > 0 else 1
                    evidence[sign, y + offset_y - by, x + offset_x - bx] += weight * gain * gain


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
