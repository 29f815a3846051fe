"""Configuration: presets, overrides by dotted key, and errors that name the nearest valid one."""

from __future__ import annotations

import dataclasses

import pytest

from figecho.config import METHODS, PRESETS, Config, as_dict, nearest, resolve
from figecho.errors import ConfigError


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_knows_its_name_and_its_report(preset: str) -> None:
    config = resolve(preset)
    assert config.preset == preset
    plain = as_dict(config)
    assert plain["preset"] == preset
    assert plain["match"]["ratio"] == config.match.ratio


def test_an_override_changes_one_setting_and_no_preset() -> None:
    before = as_dict(PRESETS["default"])
    config = resolve(overrides={"screen.min_tones": 9, "keep_weak": True})
    assert config.screen.min_tones == 9
    assert config.keep_weak is True
    assert config.screen.min_side_px == Config().screen.min_side_px
    assert as_dict(PRESETS["default"]) == before


def test_a_list_of_methods_becomes_a_tuple() -> None:
    assert resolve(overrides={"methods": ["orb", "sift"]}).methods == ("orb", "sift")
    assert resolve().methods == METHODS


@pytest.mark.parametrize(
    ("preset", "overrides", "words"),
    [
        ("thorow", {}, "thorough"),
        ("default", {"screen.min_tone": 9}, "did you mean 'min_tones'"),
        ("default", {"scren.min_tones": 9}, "did you mean 'screen'"),
        ("default", {"match": 3}, "'match' is a group"),
        ("default", {"match.ratio.deep": 3}, "'ratio' holds no settings"),
        ("default", {"scope": "betwen"}, "unknown scope 'betwen'"),
        ("default", {"methods": ["sifd"]}, "did you mean 'sift'"),
        ("default", {"methods": []}, "no method chosen"),
        ("default", {"": 3}, "unknown setting ''"),
    ],
)
def test_a_wrong_setting_is_an_error_that_helps(
    preset: str, overrides: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        resolve(preset, overrides)
    assert "\n" not in str(error.value)


def test_a_word_like_nothing_is_answered_with_all_that_is_valid() -> None:
    assert nearest("zzzz", ("sift", "orb")) == "valid: sift, orb"


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        resolve().keep_weak = True  # type: ignore[misc]
