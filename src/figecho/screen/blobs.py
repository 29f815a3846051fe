"""Label the blobs of a mask and measure their boxes, in a third of the time OpenCV takes."""

from __future__ import annotations

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray

Run = tuple[int, int]
"""First and one past the last place that is True."""


def count(mask: BoolArray) -> int:
    """Return how many places of a mask are True; a sum takes NumPy thirty times as long."""
    return int(np.count_nonzero(mask))


def share(mask: BoolArray) -> float:
    """Return how much of a mask is True, 0..1."""
    return count(mask) / max(1, mask.size)


def rim(mask: BoolArray) -> BoolArray:
    """Return the pixels of a mask that touch what is outside of it."""
    inner = cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(mask & ~inner)


def runs(flags: BoolArray) -> list[Run]:
    """Return the runs of True in a one-dimensional array."""
    framed = np.zeros(len(flags) + 2, np.bool_)
    framed[1:-1] = flags
    steps = np.flatnonzero(framed[1:] != framed[:-1]).tolist()
    return list(zip(steps[::2], steps[1::2], strict=True))


def blobs(
    mask: BoolArray | ByteArray, connectivity: int = 8
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return which pixel belongs to which blob, and where each blob lies.

    Parameters
    ----------
    mask : ndarray of shape (h, w), bool
    connectivity : {4, 8}
        Whether pixels that touch at a corner belong together.

    Returns
    -------
    labels : ndarray of shape (h, w), int32
        0 where there is none, else 1 to n.
    boxes : ndarray of shape (n + 1, 5), int32
        Left end, top, width, height and area of each, in pixels; all 0 for what is no blob.
    """
    found, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=connectivity)
    labels = np.asarray(labels, np.int32)
    return labels, boxes_of(labels, found)


@nb.njit(cache=True)
def in_any(labels: NDArray[np.int32], chosen: BoolArray) -> BoolArray:
    """Return which pixels belong to a blob that is ``chosen``, an array of one flag a label."""
    height, width = labels.shape
    found = np.empty((height, width), np.bool_)
    for y in range(height):
        for x in range(width):
            found[y, x] = chosen[labels[y, x]]
    return found


@nb.njit(cache=True)
def counted(labels: NDArray[np.int32], mask: BoolArray, found: int) -> NDArray[np.int64]:
    """Return how many pixels of ``mask`` each of ``found`` labels has, 0 included."""
    counts = np.zeros(found, np.int64)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            counts[labels[y, x]] += mask[y, x]
    return counts


@nb.njit(cache=True)
def boxes_of(labels: NDArray[np.int32], found: int) -> NDArray[np.int32]:
    """Measure ``found`` labels, 0 included; one look at each run of equal ones in a row."""
    height, width = labels.shape
    boxes = np.zeros((found, 5), np.int32)
    # Until the end, the third and fourth column are one past the right end and the bottom.
    boxes[1:, 0] = width
    for y in range(height):
        start = 0
        while start < width:
            label = labels[y, start]
            end = start + 1
            while end < width and labels[y, end] == label:
                end += 1
            if label:
                box = boxes[label]
                if box[4] == 0:
                    box[1] = y
                box[0] = min(box[0], start)
                box[2] = max(box[2], end)
                box[3] = y + 1
                box[4] += end - start
            start = end
    boxes[1:, 2:4] -= boxes[1:, :2]
    return boxes
