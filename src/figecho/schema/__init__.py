"""The committed JSON schema of the report, as package data."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def report_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of schema version 1.0 of the report."""
    text = files(__name__).joinpath("report-1.0.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
