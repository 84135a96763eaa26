"""Live counts against a reference profile: has the distribution changed, and by how much at least and at most.

Every test is an e-process: under the null hypothesis its mean is at most 1 at whatever moment one looks, so that
`log E >= log(1 / alpha)` happens with probability alpha at most, over all looks together (Ville's inequality).
Counts are those of all bins of one column, `missing` and `other` included. A bin that is empty on both sides stays:
which bins are looked at must not depend on what is seen.

PSI is the population stability index: the sum of (q - p) ln(q / p) over the bins, q live and p reference shares.

Source: Lindon & Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022.
"""

from __future__ import annotations

from math import exp, log, sqrt

from leeway.core.judge.likelihood import (
    Counts,
    Shares,
    log_dirichlet_multinomial,
    log_likelihood,
    log_mean_exp,
)
from leeway.core.judge.search.roots import falling_root

# How close to the reference the alternatives lie that are mixed: large shifts, middling and small ones.
CONCENTRATIONS = (10.0, 100.0, 1000.0)
# Smaller shares count as this one: a row in a bin that the reference never saw would make PSI as large as one likes.
SMALLEST_SHARE = 1e-4
# How strongly the live shares are pulled towards the reference, as a logarithm: not at all, and wholly.
_FREE, _BOUND = -25.0, 25.0


def psi(live: Counts, reference: Counts) -> float:
    """Return the PSI of live against reference counts, each with half a row more in every bin."""
    return sum(term(q, p) for q, p in zip(smoothed(live), smoothed(reference), strict=True))


def log_e_changed(live: Counts, reference: Counts) -> float:
    """Return the evidence that live rows have another distribution than reference rows (T1)."""
    # The reference's shares are estimates. Taking them as exact raises false alarms above alpha, hence the
    # posterior predictive of the live rows given the reference rows.
    unchanged = log_dirichlet_multinomial(live, [count + 0.5 for count in reference])
    return log_alternatives(live, reference) - unchanged


def log_e_beyond(live: Counts, reference: Counts, tolerance: float) -> float:
    """Return the evidence that PSI is above the tolerance (T2); the null is KL(reference, live) <= tolerance / 2."""
    radius = (sqrt(tolerance / 2) + slack(reference)) ** 2
    shares, rows = smoothed(reference), sum(reference) + len(reference) / 2

    def outside(pull: float) -> tuple[float, float]:
        others = _pulled(live, reference, pull)
        pulled = exp(pull) * rows / (sum(live) + exp(pull) * rows)
        slope = pulled * (1 - sum(p * p / q for p, q in zip(shares, others, strict=True)))
        return _divergence(shares, others) - radius, slope

    pull = falling_root(outside, _FREE, _BOUND)
    return log_alternatives(live, reference) - log_likelihood(live, _pulled(live, reference, pull))


def smoothed(counts: Counts) -> Shares:
    """Return the shares of the bins with half a row more in each (Jeffreys)."""
    total = sum(counts) + len(counts) / 2
    return [(count + 0.5) / total for count in counts]


def log_alternatives(live: Counts, reference: Counts) -> float:
    """Return the log probability of the live rows when their shares are drawn from near the reference."""
    shares = smoothed(reference)
    return log_mean_exp(
        [log_dirichlet_multinomial(live, [size * share for share in shares]) for size in CONCENTRATIONS]
    )


def slack(reference: Counts) -> float:
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


def term(live: float, reference: float) -> float:
    """Return what a bin adds to PSI."""
    q, p = max(live, SMALLEST_SHARE), max(reference, SMALLEST_SHARE)
    return (q - p) * log(q / p)
