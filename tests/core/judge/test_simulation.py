"""The parts of the judge's report: what a simulated rollout counts, and what the naive rules conclude from it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.bench.judge import naive
from tests.bench.judge.evidence import evidence_of, first_alarms
from tests.bench.judge.goals import Goal, allowed, quantile, summary
from tests.bench.judge.ramp import (
    CANARY,
    RAMP,
    STABLE,
    Looks,
    Step,
    assign_arms,
    count_arms,
    make_looks,
    strata_of,
)
from tests.bench.judge.service import worst_window
from tests.bench.judge.synthetic import psi_of, shift

TWO_STEPS = (Step(0.25, 4), Step(0.5, 4))
ARMS = np.array([0, 1, 0, 0, 1, 1, 0, 1])
BINS = np.array([0, 0, 1, 1, 1, 0, 0, 1], dtype=np.int8)
LOOKS = Looks(np.array([2, 4, 6, 8]), {})


def test_rows_are_counted_by_arm_and_bin_at_each_look() -> None:
    counts = count_arms(ARMS, BINS, 2, LOOKS.rows)
    assert counts[:, CANARY].tolist() == [[1, 0], [1, 0], [2, 1], [2, 2]]
    assert counts[:, STABLE].tolist() == [[1, 0], [1, 2], [1, 2], [2, 2]]


def test_labels_are_counted_when_they_arrive() -> None:
    assert count_arms(ARMS, BINS, 2, LOOKS.rows, delay=3).sum(axis=(1, 2)).tolist() == [0, 1, 3, 5]


def test_each_step_is_a_stratum_of_its_own() -> None:
    strata = strata_of(count_arms(ARMS, BINS, 2, LOOKS.rows), LOOKS, TWO_STEPS)
    assert [[one.weight for one in look] for look in strata] == [[0.25], [0.25], [0.25, 0.5], [0.25, 0.5]]
    assert strata[-1][0].canary == (1, 0) and strata[-1][0].stable == (1, 2)
    assert strata[-1][1].canary == (1, 2) and strata[-1][1].stable == (1, 0)


def test_evidence_is_the_sum_over_the_strata() -> None:
    strata = strata_of(count_arms(ARMS, BINS, 2, LOOKS.rows), LOOKS, TWO_STEPS)
    rows = evidence_of(lambda some: float(sum(sum(one.canary) + sum(one.stable) for one in some)), strata)
    assert rows.tolist() == [2, 4, 6, 8]


def test_arms_follow_the_weights_and_looks_their_schedules() -> None:
    rng = np.random.default_rng(1)
    arms, looks = assign_arms(rng, RAMP), make_looks(rng, RAMP)
    assert [arms[a:b].mean() for a, b in ((0, 2000), (2000, 5000), (5000, 10_000))] == pytest.approx(
        [0.05, 0.2, 0.5], abs=0.03
    )
    assert {name: int(seen.sum()) for name, seen in looks.schedules.items()} == {
        "every 10": 1000, "every 100": 100, "every 1,000": 10, "random": 100,
    }  # fmt: skip
    alarms = looks.rows >= 2345
    assert first_alarms(alarms, looks.rows, looks.schedules["every 100"]) == 2400
    assert first_alarms(alarms & False, looks.rows, looks.schedules["every 10"]) == 0


@pytest.mark.parametrize("seed", range(5))
def test_the_naive_rules_are_the_textbook_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.multinomial([400, 300], [[0.3, 0.3, 0.4], [0.25, 0.3, 0.45]])
    assert naive.chi2_p_values(table) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    stable, canary = (np.repeat(np.arange(3), row) for row in table)
    expected = stats.ks_2samp(stable, canary, method="asymp").pvalue < naive.LEVEL
    assert naive.ks_alarms(table) == expected
    two = np.stack([table[:, 0], table[:, 1:].sum(axis=1)], axis=1)
    expected = stats.chi2_contingency(two, correction=False).pvalue < naive.LEVEL
    assert naive.z_alarms(two) == expected


def test_benjamini_hochberg_rejects_what_the_textbook_does() -> None:
    p_values = np.random.default_rng(2).beta(0.5, 4, size=(50, 6))
    expected = [(stats.false_discovery_control(row) <= naive.LEVEL).any() for row in p_values]
    assert naive.benjamini_hochberg_alarms(p_values).tolist() == expected


def test_psi_is_not_looked_at_before_there_are_rows() -> None:
    live, reference = np.array([[30, 10], [300, 100]]), np.array([500, 500])
    assert naive.psi_alarms(live, reference, 100).tolist() == [False, True]


@pytest.mark.parametrize("psi", [0.02, 0.2, 1.0])
def test_a_shift_has_the_psi_that_was_asked_for(psi: float) -> None:
    shares = np.full(10, 0.1)
    assert psi_of(shift(np.random.default_rng(3), shares, psi), shares) == pytest.approx(psi, rel=1e-6)


def test_sixty_five_of_a_thousand_are_allowed() -> None:
    assert allowed(1000, 0.05) == 65


def test_a_run_that_never_alarmed_is_the_latest() -> None:
    assert quantile([300, 0, 100, 200], 0.5) == 200
    assert quantile([300, 0, 100, 200], 0.9) == float("inf")


def test_the_last_line_counts_the_goals() -> None:
    goals = [Goal("G1", "", met=True), Goal("G2", "", met=False), Goal("G8", "")]
    assert summary(goals) == "1 of the 2 goals shown here are met; not met: G2; not shown here: G8."


WINDOWS = {
    "a burst in the middle": ([0, 1, 9, 8, 0, 1], 2, 17),
    "a burst at the end": ([1, 0, 0, 5], 2, 5),
    "fewer rounds than the window": ([3, 4], 6, 7),
    "no failure": ([0, 0, 0], 2, 0),
    "no round": ([], 2, 0),
}


@pytest.mark.parametrize(("rounds", "length", "want"), WINDOWS.values(), ids=list(WINDOWS))
def test_the_worst_window(rounds: list[int], length: int, want: int) -> None:
    assert worst_window(rounds, length) == want
