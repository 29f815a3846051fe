"""The findings as a table for a spreadsheet: one row a finding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from figecho.model import Report
from figecho.report.names import clean
from figecho.report.to_json import to_dict

_FORMULA = tuple("=+-@＝＋－＠")
_PLACE = ("source", "page", "figure", "panel", "x", "y", "w", "h")
COLUMNS = (
    *("id", "level", "category", "family", "log10_nfa"),
    *(f"{name}_{side}" for side in "ab" for name in _PLACE),
    *("transform", "model", "rotation_deg", "scale", "mirrored", "inverted"),
    *("inliers", "coverage_a", "coverage_b", "zncc", "cnn", "methods"),
    *("explanations", "fingerprint"),
)


def to_csv(report: Report) -> str:
    """Return one row a finding, in the order and with the rounding of the JSON report."""
    return table(COLUMNS, (_row(finding) for finding in to_dict(report)["findings"]))


def table(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return CSV text whose text cells no spreadsheet takes for a formula.

    A text that starts like a formula gets a leading apostrophe; control characters become visible
    escapes; numbers stay numbers, truth values become yes and no, None an empty cell.
    """
    names = tuple(columns)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _row(finding: Mapping[str, Any]) -> dict[str, Any]:
    row = {key: finding[key] for key in ("id", "level", "category", "family", "log10_nfa")}
    for side, region in zip("ab", finding["regions"], strict=True):
        named = dict(zip("xywh", region["bbox"], strict=True)) | region
        row |= {f"{name}_{side}": named[name] for name in _PLACE}
    transform = finding["transform"]
    row |= {key: value for key, value in transform.items() if key in COLUMNS}
    row |= finding["evidence"] | {"methods": " ".join(finding["evidence"]["methods"])}
    return row | {
        "transform": transform["words"],
        "explanations": "; ".join(finding["explanations"]),
        "fingerprint": finding["fingerprint"],
    }


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
