"""Entries that come later are computed when they are asked for, and once."""

import pytest

from figecho.verify.later import Later, in_groups


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


def test_entries_of_a_group_are_made_together() -> None:
    made: list[tuple[int, ...]] = []

    def make(some: tuple[int, ...]) -> list[int]:
        made.append(some)
        return [10 * k for k in some]

    row = in_groups(make, ((0,), (1, 2, 3)))
    assert len(row) == 4 and made == []
    assert (row[2], row[1], row[-1]) == (20, 10, 30)
    assert made == [(1, 2, 3)]
    assert row[0] == 0
    assert made == [(1, 2, 3), (0,)]
