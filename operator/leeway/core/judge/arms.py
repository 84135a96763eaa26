"""Canary against stable in the same requests: no reference, and no assumption about how traffic changes in time.

Given the bin a request falls into, its arm is the canary's with the same odds for every bin, if the arms are alike.
So the test looks at the arms within each bin, in steps of constant weight (T3). Pooling steps of unlike weights would
find arms different that are the same (Simpson's paradox), and so would a test that assumes traffic to stand still.

Sources: Turner, Ly & Grünwald, "Generic E-variables for exact sequential k-sample tests", 2021; Robbins 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt

from leeway.core.judge.likelihood import Counts, log_beta, log_mean_exp

# How far the canary's share within a bin may be from its weight, in units of the weight, in the alternatives mixed.
SPREADS = (0.1, 0.3, 1.0)
# How closely the split of all requests follows the set weight, in rows, in the sharp null.
SPLITS = (50.0, 500.0, 5000.0)
_HALVINGS = 60
_WIDEST = 30.0  # of a log odds


@dataclass(frozen=True, slots=True)
class Stratum:
    """The counts of both arms while the weight stood still; bins in the same order."""

    weight: float
    canary: Counts
    stable: Counts

    def __post_init__(self) -> None:
        """Raise ValueError for a weight at which one arm gets nothing, or for unlike bins."""
        if not 0 < self.weight < 1:
            raise ValueError(f"a weight of {self.weight} leaves one arm without requests")
        if len(self.canary) != len(self.stable):
            raise ValueError("the arms were counted in unlike bins")


def log_e_differ(strata: Sequence[Stratum], *, sharp: bool = False) -> float:
    """Return the evidence that the arms answer unlike requests, or answer them unlike.

    The strict null holds for any split of the requests. The sharp one also expects the split to follow the weight,
    and finds differences sooner where each request is drawn by itself with that weight.
    """
    null = _log_split_near_weight if sharp else _log_best_split
    return sum(_log_alternatives(one) - null(one) for one in strata)


def log_e_worse(strata: Sequence[Stratum], ratio: float) -> float:
    """Return the evidence that the odds of the first of two bins are more than `ratio` times stable's in the canary.

    The bins are bad and good: errors, invalid inputs, wrong decisions. The null is an odds ratio of at most `ratio`.
    """
    return sum(_log_alternatives(one) - _log_best_up_to(one, ratio) for one in strata)


def odds_ratio_lower_bound(strata: Sequence[Stratum], alpha: float) -> float:
    """Return the largest ratio that is rejected: the odds ratio is below it with probability alpha at most."""
    needed = log(1 / alpha)
    if log_e_worse(strata, exp(-_WIDEST)) < needed:
        return 0.0
    low, high = -_WIDEST, _WIDEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if log_e_worse(strata, exp(middle)) >= needed else (low, middle)
    return exp(low)


def odds_ratio_upper_bound(strata: Sequence[Stratum], alpha: float) -> float:
    """Return the smallest ratio that is rejected from above; infinite while there is too little to say."""
    low = odds_ratio_lower_bound([_swapped(one) for one in strata], alpha)
    return 1 / low if low else inf


def odds_ratio(strata: Sequence[Stratum]) -> float:
    """Return the odds ratio of bad in the canary to bad in stable, weighed over the strata (Mantel-Haenszel)."""
    above = below = 0.0
    for one in strata:
        (bad, good), (stable_bad, stable_good) = one.canary, one.stable
        rows = bad + good + stable_bad + stable_good
        above += (bad + 0.5) * (stable_good + 0.5) / (rows + 2)
        below += (stable_bad + 0.5) * (good + 0.5) / (rows + 2)
    return above / below if below else 1.0


def _swapped(stratum: Stratum) -> Stratum:
    return Stratum(stratum.weight, stratum.canary[::-1], stratum.stable[::-1])


def _log_alternatives(stratum: Stratum) -> float:
    """Return the log probability of the arms, bin by bin, when each bin has a share of its own near the weight."""
    weight = stratum.weight
    bins = [(c, t) for c, t in zip(stratum.canary, stratum.stable, strict=True) if c or t]
    sizes = (max((1 - weight) / (weight * spread**2) - 1, 2.0) for spread in SPREADS)
    return log_mean_exp([_log_arms(bins, size * weight, size * (1 - weight)) for size in sizes])


def _log_arms(bins: Sequence[tuple[int, int]], a: float, b: float) -> float:
    """Return the log probability of the arms when each bin's share of the canary is drawn from Beta(a, b)."""
    return sum(log_beta(a + canary, b + stable) for canary, stable in bins) - len(bins) * log_beta(a, b)


def _log_best_split(stratum: Stratum) -> float:
    return _log_best_share(sum(stratum.canary), sum(stratum.stable))


def _log_split_near_weight(stratum: Stratum) -> float:
    weight, split = stratum.weight, [(sum(stratum.canary), sum(stratum.stable))]
    return log_mean_exp([_log_arms(split, size * weight, size * (1 - weight)) for size in SPLITS])


def _log_best_up_to(stratum: Stratum, ratio: float) -> float:
    """Return the largest log probability of the arms at which the odds of bad are at most `ratio` times those of good.

    The canary's odds within a bin are free for one bin; those of the other are bound. The log probability is concave
    in their logarithms, so that the best lies on the bound unless the counts themselves keep it.
    """
    (bad, good), (stable_bad, stable_good) = stratum.canary, stratum.stable
    if bad * stable_good <= ratio * good * stable_bad:
        return _log_best_share(bad, stable_bad) + _log_best_share(good, stable_good)
    odds = _best_odds_of_good(stratum, ratio)
    return _log_at_odds(bad, stable_bad, ratio * odds) + _log_at_odds(good, stable_good, odds)


def _best_odds_of_good(stratum: Stratum, ratio: float) -> float:
    """Return the canary's likeliest odds among good rows when those among bad rows are `ratio` times as large.

    There the expected rows of the canary are the counted ones: a quadratic equation with one positive root.
    """
    canary, stable = sum(stratum.canary), sum(stratum.stable)
    bad, good = (c + t for c, t in zip(stratum.canary, stratum.stable, strict=True))
    square, linear = ratio * stable, ratio * (bad - canary) + good - canary
    root = sqrt(linear * linear + 4 * square * canary)
    # Of the two ways to write the root, the one that subtracts no nearly equal numbers.
    return 2 * canary / (linear + root) if linear > 0 else (root - linear) / (2 * square)


def _log_best_share(canary: int, stable: int) -> float:
    rows = canary + stable
    return sum(n * log(n / rows) for n in (canary, stable) if n)


def _log_at_odds(canary: int, stable: int, odds: float) -> float:
    # The canary's share is odds / (1 + odds); written so that neither very large nor very small odds lose digits.
    return -canary * log1p(1 / odds) - stable * log1p(odds)
