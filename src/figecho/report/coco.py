"""Regions of findings as COCO annotations, for tools that draw or score boxes and outlines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from figecho.model import Region, Report
from figecho.report.to_json import dump, rounded

Place = tuple[str, int, int]

_CATEGORIES = {"I": 1, "II": 2, "III": 3}


def to_coco(report: Report, sizes: Mapping[Place, tuple[int, int]] | None = None) -> str:
    """Return two annotations a finding, each naming the other as its ``partner_id``.

    Parameters
    ----------
    report : Report
    sizes : mapping of (source, page or 0, figure) to (width, height), optional
        Sizes of the figures in pixels. Without them an image has none: the report knows none.
    """
    known = sizes or {}
    places = sorted({_place(r) for f in report.findings for r in f.regions})
    numbers = {place: n for n, place in enumerate(places, start=1)}
    annotations = []
    for count, finding in enumerate(report.findings):
        for side, region in enumerate(finding.regions):
            own = 2 * count + side + 1
            annotations.append(
                {
                    "id": own,
                    "image_id": numbers[_place(region)],
                    "category_id": _CATEGORIES[finding.category],
                    "bbox": region.bbox.as_list(),
                    "segmentation": [[rounded(v, 1) for corner in region.polygon for v in corner]],
                    "area": rounded(_area(region), 1),
                    "iscrowd": 0,
                    "score": rounded(-finding.log10_nfa, 1),
                    "finding": finding.id,
                    "fingerprint": finding.fingerprint,
                    "level": finding.level,
                    "side": "AB"[side],
                    "partner_id": own + (1 if side == 0 else -1),
                }
            )
    return dump(
        {
            "info": {
                "description": "Regions that agree beyond chance; a person must judge.",
                "version": report.tool.get("figecho", ""),
            },
            "images": [_image(place, numbers[place], known) for place in places],
            "categories": [
                {"id": number, "name": f"category {name}", "supercategory": "echo"}
                for name, number in _CATEGORIES.items()
            ],
            "annotations": annotations,
        }
    )


def _place(region: Region) -> Place:
    return (region.source, region.page or 0, region.figure)


def _image(place: Place, number: int, sizes: Mapping[Place, tuple[int, int]]) -> dict[str, Any]:
    source, page, figure = place
    image = {"id": number, "file_name": source, "page": page or None, "figure": figure}
    if place in sizes:
        image["width"], image["height"] = sizes[place]
    return image


def _area(region: Region) -> float:
    """Return the area inside the outline in square pixels (the shoelace formula)."""
    corners = region.polygon
    pairs = zip(corners, (*corners[1:], *corners[:1]), strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2
