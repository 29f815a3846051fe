"""From a figure to its panels: cut, screen, mask and measure each part."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from figecho.config import Config
from figecho.model import Box, ByteArray, Figure, Panel, Screened
from figecho.panels.cut import split
from figecho.panels.gutters import crop
from figecho.panels.tones import to_grey, to_rgb8
from figecho.screen.graphics import is_drawn
from figecho.screen.judge import reason
from figecho.screen.masks import overlay, usable


def panels_of(
    figure: Figure, config: Config, boxes: Sequence[Box] | None = None
) -> tuple[list[Panel], list[Screened]]:
    """Cut a figure into panels and set aside those that are not worth comparing.

    Parameters
    ----------
    figure : Figure
    config : Config
        ``config.screen`` decides what is set aside.
    boxes : sequence of Box, optional
        Where its panels are, instead of what cutting would find.

    Returns
    -------
    panels : list of Panel
    screened : list of Screened
        The rest, each with its reason. Both are numbered together, in reading order, from 1.
    """
    floor = config.screen.blank_range
    # What a document draws with lines and fills holds no pixel that a camera saw.
    rendered = figure.origin is not None and figure.origin.made == "rendered"
    rgb = to_rgb8(figure.pixels, floor)
    panels: list[Panel] = []
    screened: list[Screened] = []
    for number, box in enumerate(split(rgb) if boxes is None else boxes, start=1):
        part: ByteArray = np.array(crop(rgb, box), order="C")
        over = overlay(part)
        mask = usable(part, over)
        why = reason(part, mask, over, config.screen)
        if why is None and rendered and is_drawn(part):
            why = "plot"
        if why is not None:
            screened.append(
                Screened(
                    source=figure.source,
                    page=figure.page,
                    figure=figure.number,
                    panel=number,
                    bbox=box,
                    reason=why,
                )
            )
            continue
        panels.append(
            Panel(
                figure=figure.key,
                number=number,
                bbox=box,
                rgb=part,
                grey=to_grey(crop(figure.pixels, box), mask, floor),
                usable=mask,
                sha256=figure.sha256,
                pixels_sha256=pixel_digest(part),
                origin=figure.origin,
            )
        )
    return panels, screened


def pixel_digest(rgb: ByteArray) -> str:
    """SHA-256 over shape, type and samples: equal for equal pixels, whatever the file."""
    head = f"{rgb.shape} {rgb.dtype}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(rgb).tobytes()).hexdigest()
