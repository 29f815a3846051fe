"""Find the thin uniform lines that separate panels from side to side."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray, FloatArray
from figecho.panels.gutters import wide_px
from figecho.screen.blobs import Run, runs

_SPREAD = 10
_STEP = 24
_GLANCE = 16
_SHARE = 0.8
_REACH_PX = 3
_SAMPLES = 160


def lines(rgb: ByteArray, *, vertical: bool) -> list[Run]:
    """Return thin uniform lines from side to side with picture on both sides of them.

    The line must be lighter than both its neighbours, or darker, along nearly all its length:
    a frame between panels is, the texture of a picture is not.
    """
    planes = rgb.transpose(1, 0, 2) if vertical else rgb
    count = planes.shape[0]
    # A sample along the line tells even from uneven; the step beside it is measured in full.
    samples = planes[:, :: max(1, planes.shape[1] // _SAMPLES)]
    thin = [
        (a, b)
        for a, b in runs(are_even(samples))
        if b - a <= wide_px(count) and a >= _REACH_PX and b + _REACH_PX <= count
    ]
    if not thin:
        return []
    beside = np.array([(a - _REACH_PX, (a + b) // 2, b - 1 + _REACH_PX) for a, b in thin])
    rows = samples[beside.ravel()]
    tones = np.median(rows, axis=1).astype(np.float32)
    # An uneven row counts as black: what is dark beside it is an axis or a letter, and no frame.
    tones[~halves_alike(rows)] = 0
    tones = tones.reshape(*beside.shape, -1)
    # The medians tell most rows from lines at once; the rest is measured in full.
    apart = np.abs(tones[:, 1:2] - tones[:, ::2]).max(axis=2).min(axis=1)
    found = [
        (thin[k][0] - 1, thin[k][1] + 1)
        for k in np.flatnonzero(apart > _GLANCE)
        if stands_out(tones[k, 1], planes, beside[k, 0], beside[k, 2])
    ]
    return _merged(found)


@nb.njit(cache=True)
def are_even(samples: ByteArray) -> BoolArray:
    """Whether the tones of rows are near their median: at most ten off it on average.

    The mean is no farther from the median than that, so the distance from the mean, which takes no
    sorting, settles most rows.

    Parameters
    ----------
    samples : ndarray of shape (n, length, channels), uint8

    Returns
    -------
    ndarray of shape (n,), bool
    """
    count, length, channels = samples.shape
    even = np.ones(count, np.bool_)
    # Twice the tones, so that the middle of two is a whole number too.
    line = np.empty(length, np.int32)
    most = 2 * _SPREAD * length
    for row in range(count):
        for channel in range(channels):
            total = 0
            for k in range(length):
                line[k] = 2 * samples[row, k, channel]
                total += line[k]
            apart = _apart(line, total // length)
            if apart > most:
                even[row] = apart <= 2 * most + length and (
                    _apart(line, int(np.median(line))) <= most
                )
            if not even[row]:
                break
    return even


@nb.njit(cache=True)
def _apart(line: NDArray[np.int32], tone: int) -> int:
    """Return how far a line is from a tone, all its pixels added up."""
    apart = 0
    for k in range(len(line)):
        apart += abs(line[k] - tone)
    return apart


@nb.njit(cache=True)
def stands_out(tones: FloatArray, planes: ByteArray, before: int, after: int) -> bool:
    """Whether a line of these tones, one a channel, is lighter than two rows, or darker than both.

    Steps are of one sign and in one channel, along nearly all of either row.
    """
    length = planes.shape[1]
    for channel, tone in enumerate(tones):
        lighter = darker = length
        for row in (before, after):
            above = below = 0
            for k in range(length):
                step = tone - np.float32(planes[row, k, channel])
                above += step > _STEP
                below += step < -_STEP
            lighter, darker = min(lighter, above), min(darker, below)
        if max(lighter, darker) / length >= _SHARE:
            return True
    return False


@nb.njit(cache=True)
def halves_alike(rows: ByteArray) -> BoolArray:
    """Whether rows of shape (n, length, channels) may be even, without their median.

    The mean step between two halves is at most twice the mean distance from any tone.
    """
    count, length, channels = rows.shape
    half = length // 2
    alike = np.ones(count, np.bool_)
    for row in range(count):
        for channel in range(channels):
            step = 0
            for k in range(half):
                # Bytes would wrap around.
                one, other = np.int32(rows[row, k, channel]), rows[row, half + k, channel]
                step += int(abs(one - other))
            alike[row] &= step <= _SPREAD * length
    return alike


def _merged(found: list[Run]) -> list[Run]:
    merged: list[Run] = []
    for a, b in sorted(found):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged
