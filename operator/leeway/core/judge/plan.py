"""How many rows a gate needs to see an effect, and the least effect that some rows show: told before a rollout starts.

Evidence grows, on average, by a fixed amount a row: the divergence between what is true and what the null allows. An
oracle that knew the effect would need log(1 / alpha) divided by it. Mixing over effects costs more; how much more was
measured over the plans of the docs, and the largest of it is used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, log, sqrt

# Rows until 90 % of runs have found the effect, over the oracle's: the largest ratio over 18 plans, which had error
# rates of 2 to 30 percent and weights of 5 to 50.
_COST_OF_NOT_KNOWING = 4.2
# The same for a PSI: evidence that mixing over shifts costs, and rows for 90 % of the runs over those for half of them.
_EVIDENCE_OF_MIXING = 15.0
_MOST_OVER_HALF = 2.0
# What each further step of a rollout costs, in evidence: of its alternatives it knows as little as the first.
_EVIDENCE_OF_A_STEP = 9.0
_HALVINGS = 40


def rows_for_odds_ratio(ratio: float, rate: float, weight: float, alpha: float, margin: float = 1.0) -> int:
    """Return how many rows of both arms show an odds ratio in 90 % of rollouts.

    `rate` is stable's share of bad rows and `margin` the odds ratio that is tolerated.
    """
    if ratio <= margin:
        raise ValueError(f"an odds ratio of {ratio:g} is tolerated by a margin of {margin:g}")
    return ceil(_COST_OF_NOT_KNOWING * log(1 / alpha) / _growth(ratio, rate, weight, margin))


def share_of_plan(
    arms: Sequence[tuple[int, int]], ratio: float, rate: float, alpha: float, margin: float = 1.0
) -> float:
    """Return how much has been counted of what shows an odds ratio in 90 % of rollouts: 1 is enough.

    `arms` are the rows of canary and stable in each step, whose weight is what they show.
    """
    steps = [(canary, stable) for canary, stable in arms if canary and stable]
    gained = sum(
        (canary + stable) * _growth(ratio, rate, canary / (canary + stable), margin)
        for canary, stable in steps
    )
    return gained / (_COST_OF_NOT_KNOWING * log(1 / alpha) + _EVIDENCE_OF_A_STEP * max(len(steps) - 1, 0))


def detectable_odds_ratio(rows: int, rate: float, weight: float, alpha: float, margin: float = 1.0) -> float:
    """Return the least odds ratio that this many rows of both arms show in 90 % of rollouts."""
    low, high = log(margin) + 1e-6, log(margin) + 12.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        ratio = exp(middle)
        enough = rows_for_odds_ratio(ratio, rate, weight, alpha, margin) <= rows
        low, high = (low, middle) if enough else (middle, high)
    return exp(high)


def rows_for_psi(
    psi: float,
    tolerance: float,
    alpha: float,
    *,
    columns: int = 1,
    bins: int = 10,
    reference: int,
    strata: int = 1,
) -> int:
    """Return how many rows of one arm show a PSI above a tolerance in 90 % of rollouts, in one of so many columns.

    `bins` and `reference` are the bins and rows of the reference profile; `strata` are the steps that are tested each
    by itself.
    """
    if psi <= tolerance:
        raise ValueError(f"a PSI of {psi:g} is within the tolerance of {tolerance:g}")
    distance = sqrt(psi / 2) - sqrt(tolerance / 2) - sqrt((bins - 1) / 2 / reference)
    if distance <= 0:
        raise ValueError(f"a reference of {reference} rows cannot tell a PSI of {psi:g} from {tolerance:g}")
    return ceil(_MOST_OVER_HALF * (log(columns / alpha) + strata * _EVIDENCE_OF_MIXING) / distance**2)


def _growth(ratio: float, rate: float, weight: float, margin: float) -> float:
    """Return how much evidence a row of either arm adds on average, for an oracle."""
    odds = ratio * rate / (1 - rate)
    canary_rate = odds / (1 + odds)
    bad = weight * canary_rate + (1 - weight) * rate
    good = 1 - bad
    arms = (weight * canary_rate / bad, weight * (1 - canary_rate) / good)
    null = _closest(arms, (bad, good), margin)
    return bad * _divergence(arms[0], null[0]) + good * _divergence(arms[1], null[1])


def _closest(arms: tuple[float, float], bins: tuple[float, float], margin: float) -> tuple[float, float]:
    """Return the canary's shares of bad and good rows under the null that explain the true ones best."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        good = (low + high) / 2
        bad = margin * good / (1 - good + margin * good)
        explained = bins[0] * bad + bins[1] * good
        low, high = (good, high) if explained < bins[0] * arms[0] + bins[1] * arms[1] else (low, good)
    good = (low + high) / 2
    return margin * good / (1 - good + margin * good), good


def _divergence(share: float, other: float) -> float:
    """Return the Kullback-Leibler divergence of two coins."""
    parts = ((share, other), (1 - share, 1 - other))
    return sum(p * log(p / q) for p, q in parts if p)
