"""Live counts against a reference profile: has the distribution changed, and by how much at least and at most.

Every test is an e-process: under the null hypothesis its mean is at most 1 at whatever moment one looks, so that
`log E >= log(1 / alpha)` happens with probability alpha at most, over all looks together (Ville's inequality).
Counts are those of all bins of one column, `missing` and `other` included. A bin that is empty on both sides stays:
which bins are looked at must not depend on what is seen.

PSI is the population stability index: the sum of (q - p) ln(q / p) over the bins, q live and p reference shares.

Source: Lindon & Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt

from leeway.core.judge.likelihood import (
    Counts,
    Shares,
    log_beta,
    log_dirichlet_multinomial,
    log_likelihood,
    log_mean_exp,
)

# How close to the reference the alternatives lie that are mixed: large shifts, middling and small ones.
CONCENTRATIONS = (10.0, 100.0, 1000.0)
# Smaller shares count as this one: a row in a bin that the reference never saw would make PSI as large as one likes.
SMALLEST_SHARE = 1e-4
# How strongly the live shares are pulled towards the reference, as a logarithm: not at all, and wholly.
_FREE, _BOUND = -25.0, 25.0
_HALVINGS = 64
_HALVINGS_OF_SHARE = 32  # rounded outwards, so that fewer make an interval wider and never wrong


def psi(live: Counts, reference: Counts) -> float:
    """Return the PSI of live against reference counts, each with half a row more in every bin."""
    return sum(_term(q, p) for q, p in zip(smoothed(live), smoothed(reference), strict=True))


def log_e_changed(live: Counts, reference: Counts) -> float:
    """Return the evidence that live rows have another distribution than reference rows (T1)."""
    # The reference's shares are estimates. Taking them as exact raises false alarms above alpha, hence the
    # posterior predictive of the live rows given the reference rows.
    unchanged = log_dirichlet_multinomial(live, [count + 0.5 for count in reference])
    return _log_alternatives(live, reference) - unchanged


def log_e_beyond(live: Counts, reference: Counts, tolerance: float) -> float:
    """Return the evidence that PSI is above the tolerance (T2); the null is KL(reference, live) <= tolerance / 2."""
    radius = (sqrt(tolerance / 2) + _slack(reference)) ** 2
    shares = smoothed(reference)
    pull = _least(lambda pull: _divergence(shares, _pulled(live, reference, pull)) <= radius)
    return _log_alternatives(live, reference) - log_likelihood(live, _pulled(live, reference, pull))


def psi_lower_bound(live: Counts, reference: Counts, alpha: float) -> float:
    """Return the largest tolerance that T2 rejects; PSI is below it with probability alpha at most, at every look."""
    # The less the live shares are pulled, the further from the reference and the likelier the rows. So the distance
    # at which T2 stops rejecting is found by one search, instead of one for each tolerance.
    rejected = _log_alternatives(live, reference) - log(1 / alpha)

    def is_rejected(pull: float) -> bool:
        return log_likelihood(live, _pulled(live, reference, pull)) <= rejected

    if not is_rejected(_BOUND):
        return 0.0
    distance = _divergence(smoothed(reference), _pulled(live, reference, _least(is_rejected)))
    return 2 * max(0.0, sqrt(distance) - _slack(reference)) ** 2


def psi_upper_bound(live: Counts, reference: Counts, alpha: float) -> float:
    """Return a bound that PSI exceeds with probability alpha at most, at every look.

    Every live share lies in its time-uniform interval at level alpha / bins, hence all of them at level alpha. A term
    of PSI is convex in its live share, so that it is largest at an end of the interval.
    """
    rows, level = sum(live), alpha / len(live)
    ends = (share_interval(count, rows, level) for count in live)
    return sum(max(_term(q, p) for q in both) for both, p in zip(ends, smoothed(reference), strict=True))


def share_interval(count: int, rows: int, alpha: float) -> tuple[float, float]:
    """Return the shares that are not rejected by `count` of `rows`, at every look, by a Beta(1/2, 1/2) mixture.

    Source: Robbins, "Statistical methods related to the law of the iterated logarithm", 1970.
    """
    rejected = log_beta(0.5 + count, 0.5 + rows - count) - log_beta(0.5, 0.5) - log(1 / alpha)

    def is_kept(share: float) -> bool:
        return log_likelihood((count, rows - count), (share, 1 - share)) > rejected

    seen = (count + 0.5) / (rows + 1)
    low = 0.0 if count == 0 else _edge(is_kept, 0.0, seen)
    high = 1.0 if count == rows else _edge(is_kept, 1.0, seen)
    return low, high


def smoothed(counts: Counts) -> Shares:
    """Return the shares of the bins with half a row more in each (Jeffreys)."""
    total = sum(counts) + len(counts) / 2
    return [(count + 0.5) / total for count in counts]


def _log_alternatives(live: Counts, reference: Counts) -> float:
    shares = smoothed(reference)
    return log_mean_exp(
        [log_dirichlet_multinomial(live, [size * share for share in shares]) for size in CONCENTRATIONS]
    )


def _slack(reference: Counts) -> float:
    """Return how far the reference's shares may be from the true ones: the root of their expected divergence."""
    return sqrt((len(reference) - 1) / 2 / (sum(reference) + len(reference) / 2))


def _pulled(live: Counts, reference: Counts, pull: float) -> Shares:
    """Return the likeliest shares at some distance from the reference; the larger `pull`, the closer."""
    weight = exp(pull)
    total = sum(live) + weight * (sum(reference) + len(reference) / 2)
    return [(s + weight * (r + 0.5)) / total for s, r in zip(live, reference, strict=True)]


def _divergence(shares: Shares, others: Shares) -> float:
    """Return the Kullback-Leibler divergence of `others` from `shares`."""
    return sum(p * log(p / q) for p, q in zip(shares, others, strict=True))


def _term(live: float, reference: float) -> float:
    q, p = max(live, SMALLEST_SHARE), max(reference, SMALLEST_SHARE)
    return (q - p) * log(q / p)


def _least(holds: Callable[[float], bool]) -> float:
    """Return the least pull at which a condition holds that goes on holding above it."""
    low, high = _FREE, _BOUND
    if holds(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _edge(is_kept: Callable[[float], bool], outside: float, inside: float) -> float:
    """Return the last share towards `outside` that is kept, rounded away from `inside`."""
    for _ in range(_HALVINGS_OF_SHARE):
        middle = (outside + inside) / 2
        outside, inside = (outside, middle) if is_kept(middle) else (middle, inside)
    return outside
