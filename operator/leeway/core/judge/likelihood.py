"""Log probabilities of counts, by `math` alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, inf, lgamma, log

Counts = Sequence[int]
Shares = Sequence[float]


def log_mean_exp(values: Sequence[float]) -> float:
    """Return the logarithm of the mean of the exponentials, without overflow."""
    largest = max(values)
    if largest == -inf:
        return -inf
    return largest + log(sum(exp(value - largest) for value in values) / len(values))


def log_beta(a: float, b: float) -> float:
    """Return the logarithm of Euler's beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def log_dirichlet_multinomial(counts: Counts, weights: Shares) -> float:
    """Return the log probability of a sequence with these counts when its shares are Dirichlet(weights)."""
    total, rows = sum(weights), sum(counts)
    bins = (lgamma(a + s) - lgamma(a) for s, a in zip(counts, weights, strict=True) if s)
    return lgamma(total) - lgamma(total + rows) + sum(bins)


def log_likelihood(counts: Counts, shares: Shares) -> float:
    """Return the log probability of a sequence with these counts when its shares are known."""
    return sum(s * log(p) for s, p in zip(counts, shares, strict=True) if s)


def add(tables: Iterable[Counts]) -> tuple[int, ...]:
    """Return the sums of the bins: of pods, of ticks."""
    return tuple(map(sum, zip(*tables, strict=True)))
