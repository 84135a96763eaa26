"""Random counts, drawn by the standard library alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, lgamma, log, log1p, sqrt
from random import Random

_FEW = 10.0  # expected successes, up to which counting the gaps between them is faster


def binomial(rng: Random, trials: int, chance: float) -> int:
    """Return how many of so many trials succeed."""
    if trials <= 0 or chance <= 0:
        return 0
    if chance >= 1:
        return trials
    if chance > 0.5:
        return trials - binomial(rng, trials, 1 - chance)
    return _few(rng, trials, chance) if trials * chance < _FEW else _many(rng, trials, chance)


def multinomial(rng: Random, trials: int, shares: Sequence[float]) -> list[int]:
    """Return how many of so many trials fall into each bin; the shares sum to 1."""
    counts, left, share_left = [0] * len(shares), trials, 1.0
    for place, share in enumerate(shares):
        if not left:
            break
        # The last bins get what is left, whatever the rounding errors of the sum.
        is_last = place == len(shares) - 1 or share >= share_left
        counts[place] = left if is_last else binomial(rng, left, share / share_left)
        left -= counts[place]
        share_left -= share
    return counts


def _few(rng: Random, trials: int, chance: float) -> int:
    """Return a binomial count by the gaps between successes, which are geometric."""
    failure = log1p(-chance)
    found, at = 0, 0
    while True:
        at += 1 + floor(log(1 - rng.random()) / failure)
        if at > trials:
            return found
        found += 1


def _many(rng: Random, trials: int, chance: float) -> int:
    """Return a binomial count by transformed rejection.

    Source: Hörmann, "The generation of binomial random variates", 1993, algorithm BTRS.
    """
    spread = sqrt(trials * chance * (1 - chance))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * chance
    centre, steep = trials * chance + 0.5, (2.83 + 5.1 / b) * spread
    odds, mode = log(chance / (1 - chance)), floor((trials + 1) * chance)
    at_mode = lgamma(mode + 1) + lgamma(trials - mode + 1)
    while True:
        u = rng.random() - 0.5
        edge = 0.5 - abs(u)
        if edge <= 0:
            continue
        found = floor((2 * a / edge + b) * u + centre)
        if not 0 <= found <= trials:
            continue
        v = rng.random() * steep / (a / edge**2 + b)
        if v <= 0:
            return found
        if log(v) <= at_mode - lgamma(found + 1) - lgamma(trials - found + 1) + (found - mode) * odds:
            return found
