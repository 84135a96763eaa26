"""The bounds of PSI hold for every distribution that the counts leave possible, and are nearly the best that do."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
from scipy.optimize import minimize

from leeway.core.judge.bounds import psi_lower_bound, psi_upper_bound, share_interval
from leeway.core.judge.reference import log_alternatives, psi, slack, smoothed, term
from leeway.core.judge.search.hills import larger_root
from leeway.core.judge.search.valleys import omega
from tests.core.judge.test_published import tables

ALPHA = 0.01
UNIFORM = (2000,) * 10 + (20, 0)
CASES = {
    "nothing changed": (UNIFORM, (40, 31, 44, 42, 38, 35, 45, 41, 43, 41, 0, 0)),
    "a middling shift": (UNIFORM, (80, 75, 40, 39, 20, 21, 40, 41, 23, 20, 1, 0)),
    "bins that vanished": (UNIFORM, (2500, 2500, 2500, 2500, 0, 0, 0, 0, 0, 0, 0, 0)),
    "everything in one bin": (UNIFORM, (0, 0, 0, 900, 0, 0, 0, 0, 0, 0, 0, 0)),
    "missing values that were rare before": (UNIFORM, (90, 95, 91, 98, 94, 93, 88, 95, 97, 91, 70, 0)),
    "values that were never seen before": (UNIFORM, (90, 95, 91, 98, 94, 93, 88, 95, 97, 91, 0, 70)),
    "few bins, unlike in size": ((9000, 900, 90, 10), (500, 120, 30, 2)),
}


def shares_psi(live: np.ndarray[tuple[int], np.dtype[np.float64]], reference: tuple[int, ...]) -> float:
    return sum(term(float(q), p) for q, p in zip(live, smoothed(reference), strict=True))


def least_likelihood(live: tuple[int, ...], reference: tuple[int, ...]) -> float:
    return log_alternatives(live, reference) - log(1 / ALPHA)


def extreme_psi(live: tuple[int, ...], reference: tuple[int, ...], sign: int) -> float:
    """The best that a general optimiser finds from several starts: of PSI's minimum (1) or maximum (-1)."""
    rng, counts = np.random.default_rng(5), np.array(live)
    least, found = least_likelihood(live, reference), [inf]
    constraints = [
        {"type": "eq", "fun": lambda q: q.sum() - 1},
        {"type": "ineq", "fun": lambda q: (counts * np.log(np.maximum(q, 1e-12))).sum() - least},
    ]
    for _ in range(6):
        ended = minimize(
            lambda q: sign * shares_psi(q, reference),
            rng.dirichlet(counts + 0.5),
            constraints=constraints,
            bounds=[(1e-9, 1)] * len(live),
            method="SLSQP",
        )
        found += [ended.fun] if ended.success else []
    return sign * min(found)


@pytest.mark.parametrize(("reference", "live"), CASES.values(), ids=list(CASES))
def test_the_bounds_are_nearly_those_of_a_general_optimiser(
    reference: tuple[int, ...], live: tuple[int, ...]
) -> None:
    lower, upper = psi_lower_bound(live, reference, ALPHA), psi_upper_bound(live, reference, ALPHA)
    lowest, highest = extreme_psi(live, reference, 1), extreme_psi(live, reference, -1)
    # What the reference may be wrong by is given away on top.
    nearly = 2 * max(0.0, (lowest / 2) ** 0.5 - slack(reference)) ** 2
    assert lower == pytest.approx(nearly, rel=0.1, abs=0.003)
    assert highest * 0.999 <= upper <= highest * 1.2


@pytest.mark.parametrize("seed", range(60))
def test_no_distribution_that_is_left_possible_is_outside_the_bounds(seed: int) -> None:
    live, reference = tables(seed)
    lower, upper = psi_lower_bound(live, reference, ALPHA), psi_upper_bound(live, reference, ALPHA)
    rng, counts = np.random.default_rng(seed), np.array(live)
    least = least_likelihood(live, reference)
    for spread in (0.3, 1.0, 3.0, 10.0):
        for shares in rng.dirichlet(counts / spread + 1e-3, size=40):
            possible = (counts[counts > 0] * np.log(np.maximum(shares[counts > 0], 1e-300))).sum() >= least
            assert not possible or lower <= shares_psi(shares, reference) <= upper


def test_a_vanished_bin_is_no_reason_to_claim_more_than_psi() -> None:
    """Twice the divergence of the live from the reference shares grows without end as a bin empties; PSI does not."""
    live = (0, *(100_000,) * 9)
    reference = (2000,) * 10
    assert (
        psi_lower_bound(live, reference, ALPHA)
        <= psi(live, reference)
        <= psi_upper_bound(live, reference, ALPHA)
    )


def test_an_unchanged_column_is_proven_below_the_usual_threshold_by_500_rows() -> None:
    """The sum of the bins' own largest terms needed 1,800."""
    rng = np.random.default_rng(0)
    streams = rng.multinomial(500, [0.1] * 10, size=100).tolist()
    assert sum(psi_upper_bound(live, (2000,) * 10, ALPHA) < 0.2 for live in streams) >= 90


@pytest.mark.parametrize("rows", [10**5, 10**6, 10**7, 10**8])
def test_the_bounds_close_in_on_psi_however_many_rows_there_are(rows: int) -> None:
    reference, shares = (100_000,) * 10, (0.05, 0.15) * 5
    live = tuple(int(rows * share) for share in shares)
    true = psi(live, reference)
    lower, upper = psi_lower_bound(live, reference, ALPHA), psi_upper_bound(live, reference, ALPHA)
    assert true - 25 * rows**-0.5 - 0.03 <= lower <= true <= upper <= true + 25 * rows**-0.5


def test_without_rows_nothing_is_known() -> None:
    assert psi_lower_bound((0,) * 12, UNIFORM, ALPHA) == 0.0
    assert psi_upper_bound((0,) * 12, UNIFORM, ALPHA) == inf
    assert share_interval(0, 0, ALPHA) == (0.0, 1.0)


@pytest.mark.parametrize("z", [-30.0, -1.5, -1.0, 0.0, 1.0, 2.0, 2.5, 30.0, 1e4, 1e6])
def test_the_lowest_point_of_a_bin_is_exact(z: float) -> None:
    """A lower bound that were computed beside it would be too high."""
    u = omega(z)
    assert u + log(u) == pytest.approx(z, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("z", [1 + 1e-9, 1.001, 1.5, 2.0, 10.0, 1e4, 1e6])
def test_the_highest_point_of_a_bin_is_exact(z: float) -> None:
    """An upper bound that were computed beside it would be too low."""
    u = larger_root(z)
    assert u > 1
    assert u - log(u) == pytest.approx(z, rel=1e-12, abs=1e-12)
