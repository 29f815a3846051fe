"""Reports made by hand, for the tests of everything that shows one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from figecho.model import (
    Box,
    Coverage,
    Evidence,
    Finding,
    Input,
    NotScanned,
    Panel,
    Place,
    Region,
    Report,
    Screened,
    Template,
    Transform,
)

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def region(source: str, x: int = 10, y: int = 20, w: int = 60, h: int = 40, **place: Any) -> Region:
    named = {"page": None, "figure": 1, "panel": 1} | place
    corners = ((x, y), (x + w - 1, y), (x + w - 1, y + h - 1), (x, y + h - 1))
    polygon = tuple((float(cx), float(cy)) for cx, cy in corners)
    return Region(source=source, bbox=Box(x=x, y=y, w=w, h=h), polygon=polygon, **named)


def finding(
    number: int = 1, a: Region | None = None, b: Region | None = None, **fields: Any
) -> Finding:
    values: dict[str, Any] = {
        "id": f"F{number:03d}",
        "fingerprint": f"{number:016x}",
        "level": "strong",
        "category": "II",
        "log10_nfa": -41.23,
        "regions": (a or region("a.png"), b or region("b.png", 30, 25)),
        "transform": Transform(
            model="similarity",
            matrix_b_from_a=((1.0, 0.0, 20.0), (0.0, 1.0, 5.0), (0.0, 0.0, 1.0)),
            rotation_deg=0.0,
            scale=1.0,
            mirrored=False,
            inverted=False,
            words="shifted, 62 % of the panel shared",
        ),
        "evidence": Evidence(
            inliers=120,
            coverage_a=0.62,
            coverage_b=0.58,
            zncc=0.97123,
            cnn=None,
            methods=("sift", "blocks"),
        ),
    }
    return Finding(**(values | fields))


def transform(matrix: Any, **fields: Any) -> Transform:
    rows = tuple(tuple(float(v) for v in row) for row in matrix)
    return replace(finding().transform, matrix_b_from_a=rows, **fields)


def report(*findings: Finding, **fields: Any) -> Report:
    sources = sorted({r.source for f in findings for r in f.regions} | {"a.png", "b.png"})
    values: dict[str, Any] = {
        "tool": {"figecho": "0.1.0", "numpy": "2.0"},
        "config": {"preset": "default", "methods": ("sift", "orb"), "limits": {"max_frames": 500}},
        "complete": True,
        "inputs": tuple(Input(source=s, sha256="0" * 64, figures=1, panels=1) for s in sources),
        "not_scanned": (),
        "screened": (),
        "coverage": Coverage(
            panels=len(sources),
            pairs_possible=len(sources) * (len(sources) - 1) // 2,
            pairs_compared=len(sources) * (len(sources) - 1) // 2,
        ),
        "findings": findings,
    }
    return Report(**(values | fields))


def full_report() -> Report:
    """A report that uses every field and kind of line."""
    paper = region("paper.pdf", page=3, panel=2)
    box = Box(x=0, y=0, w=100, h=80)
    findings = (
        finding(1, family="G1"),
        finding(2, region("a.png"), paper, level="moderate", family="G1"),
        finding(
            3,
            region("c.png", 5, 6),
            region("c.png", 90, 6),
            log10_nfa=-1.7,
            explanations=("channels of one field and their merge",),
        ),
    )
    return report(
        *findings,
        complete=False,
        inputs=(
            Input(source="paper.pdf", sha256="1" * 64, figures=3, panels=9),
            *(Input(source=f"{n}.png", sha256="0" * 64, figures=1, panels=1) for n in "abc"),
        ),
        not_scanned=(NotScanned(source="broken.png", reason="truncated after 12 kB"),),
        screened=(
            Screened(source="blank.png", page=None, figure=1, panel=1, bbox=box, reason="blank"),
            Screened(source="paper.pdf", page=2, figure=1, panel=3, bbox=box, reason="plot"),
        ),
        templates=(
            Template(
                id="T1",
                panels=tuple(
                    Place(source=f"{n}.png", page=None, figure=1, panel=1, bbox=box) for n in "ab"
                ),
                words="the same 100 x 80 px block in 2 figures",
            ),
        ),
    )


def panel(rgb: Any, source: str = "a.png", number: int = 1, x: int = 0, y: int = 0) -> Panel:
    pixels = np.asarray(rgb, dtype=np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    grey = pixels.astype(np.float32).mean(axis=2)
    h, w = grey.shape
    return Panel(
        figure=(source, 0, 1),
        number=number,
        bbox=Box(x=x, y=y, w=w, h=h),
        rgb=pixels,
        grey=grey,
        usable=np.ones((h, w), dtype=bool),
        sha256="0" * 64,
        pixels_sha256="0" * 64,
    )
