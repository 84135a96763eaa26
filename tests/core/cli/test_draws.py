"""Counts that are drawn at random have the distribution that they should."""

from __future__ import annotations

from math import comb
from random import Random

import pytest

from leeway.cli.play.draws import binomial, multinomial

DRAWS = 20_000
BINOMIALS = {
    "few successes": (40, 0.05),
    "many successes": (60, 0.4),
    "mostly successes": (60, 0.85),
    "one trial": (1, 0.3),
}
CERTAIN = {
    "no trial": (0, 0.5, 0),
    "a negative number of trials": (-3, 0.5, 0),
    "no chance": (7, 0.0, 0),
    "certainty": (7, 1.0, 7),
}


@pytest.mark.parametrize(("trials", "chance"), BINOMIALS.values(), ids=BINOMIALS)
def test_a_binomial_count_has_its_probabilities(trials: int, chance: float) -> None:
    rng = Random(1)
    drawn = [binomial(rng, trials, chance) for _ in range(DRAWS)]
    for successes in range(trials + 1):
        want = comb(trials, successes) * chance**successes * (1 - chance) ** (trials - successes)
        # Five standard errors, and a draw more where hardly any is expected.
        assert abs(drawn.count(successes) - DRAWS * want) <= 5 * (DRAWS * want) ** 0.5 + 1


@pytest.mark.parametrize(("trials", "chance", "want"), CERTAIN.values(), ids=CERTAIN)
def test_what_is_certain_is_not_drawn(trials: int, chance: float, want: int) -> None:
    assert binomial(Random(1), trials, chance) == want


def test_a_multinomial_count_has_its_shares_and_loses_no_trial() -> None:
    rng, shares = Random(2), [0.5, 0.0, 0.3, 0.2]
    drawn = [multinomial(rng, 1000, shares) for _ in range(400)]
    assert all(sum(counts) == 1000 for counts in drawn)
    means = [sum(column) / len(drawn) for column in zip(*drawn, strict=True)]
    assert means == pytest.approx([500, 0, 300, 200], abs=5)


def test_shares_that_round_badly_lose_no_trial() -> None:
    assert sum(multinomial(Random(3), 10_000, [1 / 7] * 7)) == 10_000
    assert multinomial(Random(3), 5, [1.0, 0.0]) == [5, 0]
