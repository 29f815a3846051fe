"""Entries that come later are computed when they are asked for, and once."""

import pytest

from figecho.verify.later import Later


def test_entries_are_made_once_and_not_before_they_are_asked_for() -> None:
    made: list[int] = []

    def make(k: int) -> int:
        made.append(k)
        return 10 * k

    row = Later(make, 4)
    assert len(row) == 4 and made == []
    assert row[2] == row[2] == row[-2] == 20
    assert made == [2]
    assert row[1:3] == (10, 20)
    assert made == [2, 1]
    assert list(row) == [0, 10, 20, 30] and tuple(row) == (0, 10, 20, 30)
    assert sorted(made) == [0, 1, 2, 3]


def test_there_is_nothing_beyond_the_last_entry() -> None:
    with pytest.raises(IndexError):
        Later(lambda k: k, 2)[2]
