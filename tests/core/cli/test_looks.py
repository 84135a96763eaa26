"""Looks are few where they must be, and the last round is always looked at."""

from __future__ import annotations

import pytest

from leeway.cli.play.looks import latest, make_looks

CASES = {
    "every round where there are few": (4, 24, (1, 2, 3, 4)),
    "just as many rounds as looks": (3, 3, (1, 2, 3)),
    "one look only": (360, 1, (360,)),
    "two": (360, 2, (1, 360)),
    "further and further apart": (100, 5, (1, 3, 10, 32, 100)),
}


@pytest.mark.parametrize(("rounds", "at_most", "want"), CASES.values(), ids=CASES)
def test_looks(rounds: int, at_most: int, want: tuple[int, ...]) -> None:
    assert make_looks(rounds, at_most) == want


@pytest.mark.parametrize("at_most", range(1, 40))
def test_looks_rise_up_to_the_last_round(at_most: int) -> None:
    looks = make_looks(360, at_most)
    assert len(looks) == at_most
    assert list(looks) == sorted(set(looks))
    assert looks[-1] == 360


def test_looks_in_every_round_find_nothing_late() -> None:
    assert latest(make_looks(24, 24)) == 1.0


def test_what_begins_after_a_look_is_found_at_the_next() -> None:
    assert latest((1, 3, 12)) == 3.0
