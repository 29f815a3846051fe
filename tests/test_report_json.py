"""The JSON report holds the contract: keys, rounding, order, and back again."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figecho.errors import SourceError
from figecho.model import Input, NotScanned
from figecho.report.from_json import from_json
from figecho.report.to_json import dump, to_dict, to_json
from figecho.schema import report_schema
from handmade import finding, full_report, region, report, transform

VALIDATOR = jsonschema.Draft202012Validator(report_schema())


def test_the_schema_is_valid_and_describes_every_field() -> None:
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    def undescribed(node: object, path: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        missing = []
        for name, field in node.get("properties", {}).items():
            if "description" not in field and "$ref" not in field:
                missing.append(f"{path}.{name}")
            missing += undescribed(field, f"{path}.{name}")
        if node.get("type") == "object" and "description" not in node:
            missing.append(path)
        return missing + undescribed(node.get("items"), f"{path}[]")

    assert [m for n, d in schema["$defs"].items() for m in undescribed(d, n)] == []
    assert undescribed(schema, "report") == []


@pytest.mark.parametrize("value", [full_report(), report(), report(finding())], ids=repr)
def test_reports_satisfy_the_schema(value: object) -> None:
    VALIDATOR.validate(json.loads(to_json(value)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("findings", 0),
        ("findings", 0, "regions", 1),
        ("findings", 0, "evidence"),
        ("coverage",),
    ],
)
def test_the_schema_refuses_an_unknown_field_anywhere(path: tuple[str | int, ...]) -> None:
    data = to_dict(full_report())
    node = data
    for step in path:
        node = node[step]  # type: ignore[index]
    node["surprise"] = 1
    assert not VALIDATOR.is_valid(data)


def test_the_schema_refuses_three_regions() -> None:
    data = to_dict(full_report())
    data["findings"][0]["regions"].append(data["findings"][0]["regions"][0])
    assert not VALIDATOR.is_valid(data)


def test_keys_are_those_of_the_contract_in_order() -> None:
    data = to_dict(full_report())
    assert list(data) == [
        *("schema_version", "tool", "config", "complete", "inputs", "not_scanned", "screened"),
        *("coverage", "findings", "templates"),
    ]
    assert list(data["findings"][0]) == [
        *("id", "fingerprint", "level", "category", "log10_nfa", "regions", "transform"),
        *("evidence", "explanations", "family"),
    ]
    assert data["findings"][0]["regions"][0]["bbox"] == [10, 20, 60, 40]
    assert data["findings"][0]["regions"][0]["polygon"][2] == [69.0, 59.0]


def test_numbers_are_rounded_as_promised() -> None:
    rows = ((0.123456789, -1e-17, 1234567.8), (0, 1, -0.0), (0, 0, 1))
    off = replace(region("a.png"), polygon=((1.26, -0.04), (2.0, 3.35001), (0.0, 9.0)))
    item = finding(a=off, transform=transform(rows), log10_nfa=-41.2345)
    data = to_dict(report(item))["findings"][0]
    assert data["log10_nfa"] == -41.2
    assert data["evidence"]["zncc"] == 0.9712
    assert data["transform"]["matrix_b_from_a"][0] == [0.123457, -1e-17, 1234570.0]
    assert math.copysign(1, data["transform"]["matrix_b_from_a"][1][2]) == 1
    assert data["regions"][0]["polygon"] == [[1.3, 0.0], [2.0, 3.4], [0.0, 9.0]]
    assert math.copysign(1, data["regions"][0]["polygon"][0][1]) == 1


def test_order_of_discovery_does_not_change_a_byte() -> None:
    value = full_report()
    shuffled = replace(
        value,
        inputs=value.inputs[::-1],
        screened=value.screened[::-1],
        findings=value.findings[::-1],
        tool=dict(reversed(value.tool.items())),
    )
    assert to_json(shuffled) == to_json(value)


def test_f010_comes_after_f009_and_f1000_last() -> None:
    value = report(*(finding(n) for n in (1000, 10, 9)))
    assert [f["id"] for f in to_dict(value)["findings"]] == ["F009", "F010", "F1000"]


def test_reading_back_gives_the_same_report() -> None:
    text = to_json(full_report())
    assert to_json(from_json(text)) == text
    assert from_json(text).findings[1].regions == full_report().findings[1].regions


def test_text_ends_with_a_newline_and_keeps_unicode() -> None:
    text = to_json(report(inputs=(Input(source="β-actin.png", sha256="0", figures=1, panels=1),)))
    assert text.endswith("}\n")
    assert "β-actin.png" in text


def test_a_file_name_that_is_no_text_survives() -> None:
    odd = "caf\udce9.png"
    text = to_json(report(not_scanned=(NotScanned(source=odd, reason="empty"),)))
    text.encode("utf-8")
    assert from_json(text).not_scanned[0].source == odd


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_that_json_lacks_is_written(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json(report(finding(log10_nfa=value)))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"schema_version": "1.0"}', "\x00"])
def test_what_is_no_report_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(SourceError, match="report"):
        from_json(text)


def test_a_report_of_another_version_is_refused() -> None:
    with pytest.raises(SourceError, match=r"9\.0"):
        from_json(to_json(replace(report(), schema_version="9.0")))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=30,
    )
)
def test_dump_writes_json_that_reads_back(value: object) -> None:
    assert json.loads(dump(value)) == value
