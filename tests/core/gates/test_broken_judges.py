"""What a judge must not do: each of these fails when the judge is broken in the way that its name says."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from leeway.api.gates import Gate, GateMetric
from leeway.core.evidence.pair import Pair, Step
from leeway.core.gates.judging import judge
from leeway.core.judge.bounds import psi_upper_bound
from leeway.core.judge.reference import psi
from leeway.core.judge.verdict import Effect, judge_below
from tests.core.gates.arms import (
    CANARY,
    FAIL,
    ONE_SIDE,
    PASS,
    STABLE,
    UNKNOWN,
    Counts,
    arm,
    column,
    inputs,
    pair,
    profile,
    spread,
    verdict_of,
)
from tests.core.gates.scraped import follow, page

ALL_GATES = [Gate(name=metric.lower(), metric=metric) for metric in GateMetric]


@pytest.mark.parametrize("of_stable", [0, 90_000])
def test_no_data_passes_nothing(of_stable: int) -> None:
    stable = replace(inputs(of_stable), codes={"200": of_stable}, latency=(0, of_stable, of_stable))
    for nothing in (Counts(), inputs(0)):
        for arms in ((arm(CANARY), arm()), (arm(), arm())):
            verdicts = judge(ALL_GATES, "0.05", pair(nothing, stable, arms=arms))
            assert {one.state for one in verdicts} == {UNKNOWN}


@pytest.mark.parametrize(
    "effect", [Effect(nan, 0.0, 0.02, 9), Effect(0.01, nan, 0.02, 9), Effect(0.01, 0.0, nan, 9)]
)
def test_no_number_passes_nothing(effect: Effect) -> None:
    assert judge_below(effect, 0.2) is UNKNOWN


def test_a_page_with_no_number_passes_nothing() -> None:
    well = {pod: page(inputs(3000)) for pod in "abc"}
    without = {
        pod: content.replace(b'bin="missing"} 0.0', b'bin="missing"} NaN') for pod, content in well.items()
    }
    stable = [{pod: page(inputs(9000), STABLE) for pod in "abc"}]
    assert verdict_of("DataDrift", follow([well], stable)).state is PASS
    assert verdict_of("DataDrift", follow([without], stable)).state is UNKNOWN


def two_steps(first: tuple[Counts, Counts], second: tuple[Counts, Counts]) -> Pair:
    """A pair in two steps, at 5 and at 50 percent."""
    arms = (arm(STABLE), arm(STABLE))
    steps = [
        Step(weight, canary.counted(STABLE), stable.counted(STABLE), slow_from=0.25)
        for weight, (canary, stable) in zip((0.05, 0.5), (first, second), strict=True)
    ]
    return Pair(*arms, tuple(steps))


def outage(rows: int, share: float) -> Counts:
    """An arm of which this share fails, is slow, is refused; its scores and columns are those of the time."""
    bad = round(rows * share)
    shares = ONE_SIDE if share > 0.1 else ONE_SIDE[::-1]
    return Counts(
        columns={"income": spread(rows, shares)},
        scores=spread(rows, shares),
        codes={"200": rows - bad, "500": bad},
        invalid=bad,
        latency=(0, rows - bad, rows),
        feedback={("loan-1", "wrong"): bad, ("loan-1", "right"): rows - bad},
    )


@pytest.mark.parametrize("metric", ["ErrorRate", "Latency", "Divergence", "invalid-input", "arms-comparable"])
def test_steps_of_unlike_weight_are_not_pooled(metric: str) -> None:
    """Simpson's paradox: at 50 % all fails in both arms alike, at 5 % nothing. Pooled, the canary would be worse."""
    seen = two_steps(
        (outage(500, 0.01), outage(9500, 0.01)),
        (outage(5000, 0.3), outage(5000, 0.3)),
    )
    assert verdict_of(metric, seen).state is not FAIL


def test_what_is_expected_through_the_bridge_is_not_pooled_either() -> None:
    turned = two_steps((outage(500, 0.01), outage(9500, 0.01)), (outage(5000, 0.3), outage(5000, 0.3)))
    verdict = verdict_of("Divergence", turned)
    assert verdict.effect is not None
    assert float(verdict.effect) < 0.01


def test_a_process_that_starts_anew_begins_at_zero() -> None:
    """Without handling of resets, rows would be lost or the page be refused; with `max(0, difference)` 90 would be."""
    rounds = [{"a": page(inputs(100), started=1.0)}, {"a": page(inputs(110), started=2.0)}]
    seen = follow(rounds, [{"a": page(inputs(4000), STABLE)}])
    assert verdict_of("DataDrift", seen).canary_rows == 210


def test_bins_are_those_of_the_reference_and_not_of_live_rows() -> None:
    """Edges at the quantiles of live rows would make every live distribution even, and every PSI small."""
    uneven = spread(10_000, ONE_SIDE)
    even = spread(2000)
    assert psi(even, uneven) > 1
    arms = (arm(CANARY, profile=profile("b", [column("income", uneven)])), arm())
    assert verdict_of("DataDrift", pair(inputs(2000), inputs(8000), arms=arms)).state is FAIL


def test_a_page_of_other_bins_is_not_counted() -> None:
    """Also where only the live edges differ: the label on the page is that of its profile."""
    other = page(inputs(3000)).replace(b'profile="aaaaaaaa"', b'profile="11111111"')
    seen = follow([dict.fromkeys("abc", other)], [{"a": page(inputs(9000), STABLE)}])
    assert "of profile 11111111, not of aaaaaaaa" in verdict_of("DataDrift", seen).message


@pytest.mark.parametrize("answered", range(7))
def test_fewer_than_most_pods_are_no_evidence(answered: int) -> None:
    answers: dict[str, bytes | str] = dict.fromkeys("abcdef", "HTTP 500")
    answers |= dict.fromkeys("abcdef"[:answered], page(inputs(3000)))
    states = {
        verdict_of(metric, follow([answers], [{"a": page(inputs(90_000), STABLE)}])).state
        for metric in ("DataDrift", "arms-comparable")
    }
    assert states == {PASS if answered > 3 else UNKNOWN}


@pytest.mark.parametrize("rows", [200, 2000, 20_000])
def test_equal_profiles_never_fail(rows: int) -> None:
    """Whatever the canary is sent: it knows no other world than stable."""
    rng = np.random.default_rng(rows)
    for _ in range(10):
        shares = rng.dirichlet([0.5] * 10)
        seen = pair(inputs(rows, tuple(shares.tolist())), inputs(4 * rows))
        assert verdict_of("DataDrift", seen).state is not FAIL


def test_a_bound_is_needed_for_pass_and_not_the_measured_effect_alone() -> None:
    seen = pair(inputs(50), inputs(200))
    assert psi(spread(50), (1000,) * 10) < 0.2 < psi_upper_bound(spread(50), (1000,) * 10, 0.0125)
    assert verdict_of("DataDrift", seen).state is UNKNOWN
