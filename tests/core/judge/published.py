"""The tests as the experiments of the design ran them, in numpy and scipy: what core/judge is held against."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaln, gammaln, logsumexp

Array = np.ndarray[Any, Any]


def log_dm(counts: Array, weights: Array) -> Any:
    total, rows = weights.sum(), counts.sum(-1)
    return gammaln(total) - gammaln(total + rows) + (gammaln(weights + counts) - gammaln(weights)).sum(-1)


def alternatives(counts: Array, shares: Array) -> Any:
    mixed = [log_dm(counts, size * shares) for size in (10, 100, 1000)]
    return logsumexp(mixed, axis=0) - np.log(3)


def t1(live: Array, reference: Array) -> float:
    smoothed = reference + 0.5
    return float(alternatives(live, smoothed / smoothed.sum()) - log_dm(live, smoothed))


def log_sup_ball(live: Array, reference: Array, radius: float) -> float:
    """The largest log likelihood of the live counts with shares within the radius, by 200 halvings."""
    shares = reference / reference.sum()

    def pulled(pull: float) -> Array:
        made: Array = (live + np.exp(pull) * reference) / (live.sum() + np.exp(pull) * reference.sum())
        return made

    def divergence(others: Array) -> float:
        return float((shares * np.log(shares / np.maximum(others, 1e-300))).sum())

    low, high = -25.0, 25.0
    if divergence(pulled(low)) <= radius:
        high = low
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if divergence(pulled(middle)) > radius else (low, middle)
    best = pulled(high)
    return float(np.where(live > 0, live * np.log(np.where(live > 0, best, 1)), 0).sum())


def t2(live: Array, reference: Array, tolerance: float) -> float:
    smoothed = reference + 0.5
    rows = smoothed.sum()
    radius = (np.sqrt(tolerance / 2) + np.sqrt((len(reference) - 1) / 2 / rows)) ** 2
    return float(alternatives(live, smoothed / rows) - log_sup_ball(live, smoothed, radius))


def t3(canary: Array, stable: Array, weight: float, *, sharp: bool) -> float:
    mixed = []
    for spread in (0.1, 0.3, 1.0):
        size = max((1 - weight) / (weight * spread * spread) - 1, 2.0)
        a, b = size * weight, size * (1 - weight)
        mixed.append((betaln(a + canary, b + stable) - betaln(a, b)).sum(-1))
    c, t = canary.sum(-1), stable.sum(-1)
    if sharp:
        splits = [
            betaln(k * weight + c, k * (1 - weight) + t) - betaln(k * weight, k * (1 - weight))
            for k in (50, 500, 5000)
        ]
        null = logsumexp(splits) - np.log(3)
    else:
        null = (c * np.log(c / (c + t)) if c else 0.0) + (t * np.log(t / (c + t)) if t else 0.0)
    return float(logsumexp(mixed) - np.log(3) - null)
