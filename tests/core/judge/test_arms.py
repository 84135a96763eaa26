"""Arms, shares and incidents: what a step's counts are made into."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import fsum, log

import pytest
from scipy.optimize import minimize_scalar

from leeway.core.judge.arms import Stratum, log_e_differ, log_e_worse
from leeway.core.judge.incidents import slow_from, without_incident
from leeway.core.judge.likelihood import log_beta
from leeway.core.judge.shares import WEIGHTS, split_alpha
from leeway.core.judge.windows import dyadic_windows, log_threshold

TABLES = {
    "clearly worse": ((30, 170), (40, 760)),
    "none failed in stable": ((5, 195), (0, 800)),
    "all failed in the canary": ((200, 0), (40, 760)),
    "few rows": ((1, 3), (0, 9)),
    "many rows": ((30_000_000, 170_000_000), (40_000_000, 760_000_000)),
}


def log_null(counts: tuple[tuple[int, int], tuple[int, int]], ratio: float) -> float:
    """The largest log probability of the arms at an odds ratio, found by a general optimiser."""
    (bad, good), (stable_bad, stable_good) = counts

    def surprise(log_odds: float) -> float:
        odds = 2.718281828459045**log_odds
        shares = ratio * odds / (1 + ratio * odds), odds / (1 + odds)
        seen = ((bad, stable_bad, shares[0]), (good, stable_good, shares[1]))
        return -sum(c * log(share) + t * log(1 - share) for c, t, share in seen)

    return -float(minimize_scalar(surprise, bounds=(-20, 20), method="bounded", options={"xatol": 1e-10}).fun)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.2])
@pytest.mark.parametrize("counts", TABLES.values(), ids=list(TABLES))
def test_worse_arms_are_held_against_the_likeliest_odds_that_are_tolerated(
    counts: tuple[tuple[int, int], tuple[int, int]], ratio: float
) -> None:
    stratum = Stratum(0.2, *counts)
    # Both with the same alternatives: their difference is that of the nulls.
    got = log_e_worse([stratum], ratio) - log_e_worse([stratum], 1e-9)
    assert got == pytest.approx(log_null(counts, 1e-9) - log_null(counts, ratio), rel=1e-6, abs=1e-4)


def test_counts_that_are_within_the_ratio_are_no_evidence() -> None:
    assert log_e_worse([Stratum(0.2, (11, 189), (40, 760))], 1.2) < 0
    assert log_e_worse([Stratum(0.2, (0, 0), (0, 0))], 1.2) == 0


def test_log_beta_keeps_its_digits_over_many_rows() -> None:
    a, rows = 3.5, 10**5
    exact = fsum(log(a + row) - log(a + 0.5 + row) for row in range(rows))
    assert log_beta(a + rows, 0.5) - log_beta(a, 0.5) == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize("rows", [10**4, 10**6, 10**8])
def test_arms_that_are_alike_are_no_evidence_however_many_rows_there_are(rows: int) -> None:
    alike = Stratum(0.2, (rows,) * 10, (4 * rows,) * 10)
    unlike = Stratum(0.2, (rows + rows // 20, *(rows,) * 9), (4 * rows,) * 10)
    for sharp in (False, True):
        assert -9 * log(rows) < log_e_differ([alike], sharp=sharp) < 0
    assert log_e_differ([unlike]) > log_e_differ([alike])


REFUSED = {
    "a weight of nothing": (0.0, (1, 1), (1, 1), "without requests"),
    "a weight of everything": (1.0, (1, 1), (1, 1), "without requests"),
    "unlike bins": (0.5, (1, 1), (1, 1, 1), "unlike bins"),
}


@pytest.mark.parametrize(("weight", "canary", "stable", "says"), REFUSED.values(), ids=list(REFUSED))
def test_a_stratum_that_compares_nothing_is_refused(
    weight: float, canary: Sequence[int], stable: Sequence[int], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Stratum(weight, canary, stable)


def test_one_incident_of_the_only_canary_pod_is_no_proof() -> None:
    seen = Stratum(0.05, (53, 547), (60, 11_340))
    assert log_e_worse([seen], 1.2) > log(1 / 1e-6)
    assert log_e_worse([without_incident(seen, 50)], 1.2) < 0


EDGES = (0.1, 0.25, 0.5)
SLOW = {
    "most are fast": ((960, 30, 10, 0), 0.1),
    "some are slower": ((500, 460, 40, 0), 0.25),
    "many are beyond the last edge": ((0, 0, 100, 900), None),
    "nothing was counted": ((0, 0, 0, 0), None),
}


@pytest.mark.parametrize(("stable", "want"), SLOW.values(), ids=list(SLOW))
def test_what_counts_as_slow(stable: tuple[int, ...], want: float | None) -> None:
    assert slow_from(EDGES, stable) == want


def test_the_shares_of_any_gates_are_the_whole() -> None:
    for gates in (["ErrorRate"], ["Quality", "Latency"], list(WEIGHTS)):
        assert sum(map(Fraction, split_alpha(gates, 0.01).values())) == pytest.approx(0.01)
    assert split_alpha(["Divergence", "Latency"], 0.04) == pytest.approx(
        {"Divergence": 0.03, "Latency": 0.01}
    )


def test_windows_end_now_and_double() -> None:
    ticks = [(tick, 1) for tick in range(1, 12)]
    assert list(dyadic_windows(ticks)) == [
        (1, (11, 1)),
        (2, (21, 2)),
        (4, (38, 4)),
        (8, (60, 8)),
    ]
    assert list(dyadic_windows([])) == []
    assert log_threshold(100, 0.01) == pytest.approx(log(90_000))
