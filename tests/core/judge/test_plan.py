"""The rows a plan asks for are those that find the effect, and hardly fewer would."""

from __future__ import annotations

from math import inf, log, nan

import numpy as np
import pytest

from leeway.api.gates import VerdictState
from leeway.core.judge.arms import Stratum, log_e_worse
from leeway.core.judge.plan import detectable_odds_ratio, rows_for_odds_ratio, rows_for_psi
from leeway.core.judge.verdict import Effect, judge_below

PLANS = {
    "few errors twice as often, half the traffic": (0.02, 0.04, 0.5),
    "a small canary": (0.05, 0.10, 0.05),
    "many errors a little more often": (0.2, 0.3, 0.2),
}


def odds_ratio(rate: float, other: float) -> float:
    return (other / (1 - other)) / (rate / (1 - rate))


def is_found(rng: np.random.Generator, rows: int, rates: tuple[float, float], weight: float) -> bool:
    """Whether one of 50 looks at a rollout of so many rows finds the canary worse."""
    to_canary = rng.multinomial(rows, [weight / 50] * 50 + [(1 - weight) / 50] * 50).reshape(2, 50)
    bad = rng.binomial(to_canary[0], rates[1]).cumsum(), rng.binomial(to_canary[1], rates[0]).cumsum()
    good = to_canary[0].cumsum() - bad[0], to_canary[1].cumsum() - bad[1]
    looks = zip(bad[0], good[0], bad[1], good[1], strict=True)
    strata = (Stratum(weight, (int(a), int(b)), (int(c), int(d))) for a, b, c, d in looks)
    return any(log_e_worse([one], 1.0) >= log(50) for one in strata)


@pytest.mark.parametrize(("rate", "canary", "weight"), PLANS.values(), ids=list(PLANS))
def test_the_planned_rows_find_the_effect_in_most_rollouts(rate: float, canary: float, weight: float) -> None:
    rows = rows_for_odds_ratio(odds_ratio(rate, canary), rate, weight, 0.02)
    found = sum(is_found(np.random.default_rng(seed), rows, (rate, canary), weight) for seed in range(100))
    assert found >= 85


@pytest.mark.parametrize(("rate", "canary", "weight"), PLANS.values(), ids=list(PLANS))
def test_the_detectable_effect_is_the_one_the_rows_were_planned_for(
    rate: float, canary: float, weight: float
) -> None:
    ratio = odds_ratio(rate, canary)
    rows = rows_for_odds_ratio(ratio, rate, weight, 0.02)
    assert detectable_odds_ratio(rows, rate, weight, 0.02) == pytest.approx(ratio, rel=1e-3)


def test_a_larger_effect_needs_fewer_rows() -> None:
    plans = [rows_for_psi(psi, 0.05, 0.01, columns=31, reference=20_000) for psi in (0.1, 0.2, 0.5)]
    assert plans == sorted(plans, reverse=True)


TOO_SMALL = {
    "an odds ratio within the margin": (lambda: rows_for_odds_ratio(1.1, 0.1, 0.2, 0.01, 1.1), "tolerated"),
    "a PSI within the tolerance": (lambda: rows_for_psi(0.05, 0.05, 0.01, reference=20_000), "within"),
    "too small a reference": (lambda: rows_for_psi(0.06, 0.05, 0.01, reference=300), "300 rows cannot tell"),
}


@pytest.mark.parametrize(("plan", "says"), TOO_SMALL.values(), ids=list(TOO_SMALL))
def test_an_effect_that_no_number_of_rows_shows_is_refused(plan: object, says: str) -> None:
    assert callable(plan)
    with pytest.raises(ValueError, match=says):
        plan()


VERDICTS = {
    "proven below": (Effect(0.05, 0.01, 0.15, 3000), VerdictState.PASS),
    "proven above": (Effect(0.4, 0.3, 0.6, 500), VerdictState.FAIL),
    "not told apart yet": (Effect(0.2, 0.1, 0.4, 500), VerdictState.UNKNOWN),
    "above by chance, as far as is known": (Effect(0.3, 0.0, inf, 50), VerdictState.UNKNOWN),
    "no rows": (Effect(0.0, 0.0, 0.0, 0), VerdictState.UNKNOWN),
    "nothing observed": (None, VerdictState.UNKNOWN),
    "no number": (Effect(nan, nan, nan, 100), VerdictState.UNKNOWN),
    "bounds that are no numbers": (Effect(0.1, nan, 0.1, 100), VerdictState.UNKNOWN),
    "an upper bound that is no number": (Effect(0.1, 0.0, nan, 100), VerdictState.UNKNOWN),
    "exactly at the threshold": (Effect(0.2, 0.2, 0.2, 100), VerdictState.UNKNOWN),
}


@pytest.mark.parametrize(("effect", "want"), VERDICTS.values(), ids=list(VERDICTS))
def test_a_verdict(effect: Effect | None, want: VerdictState) -> None:
    assert judge_below(effect, 0.2) is want
