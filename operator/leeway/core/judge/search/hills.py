"""One bin of the upper bound: the highest that its part of the sum gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt

from leeway.core.judge.reference import SMALLEST_SHARE, term

_NEWTON = 6


@dataclass(frozen=True, slots=True)
class Hill:
    """A bin's live count, its reference share, and between which live shares it may be."""

    count: int
    share: float
    low: float
    high: float

    def top(self, likely: float, whole: float) -> tuple[float, float]:
        """Return the highest value of term(x) + likely count ln x - whole x, and its x."""
        return max((self._value(x, likely, whole), x) for x in self._candidates(likely * self.count, whole))

    def _value(self, x: float, likely: float, whole: float) -> float:
        return term(x, self.share) - whole * x + (likely * self.count * log(x) if self.count else 0.0)

    def _candidates(self, push: float, whole: float) -> Iterator[float]:
        """Yield the ends, and where the slope is zero and falling: below the smallest share, and above it."""
        if self.low > 0 or not self.count:
            yield self.low
        yield self.high
        if self.low < SMALLEST_SHARE < self.high:
            yield SMALLEST_SHARE
        if self.low < SMALLEST_SHARE and 0 < push < whole * SMALLEST_SHARE:
            yield min(max(push / whole, self.low), self.high)
        p = max(self.share, SMALLEST_SHARE)
        # Where ln(x / p) + 1 + (push - p) / x = whole; solved by u - ln u = z for u = (push - p) / x.
        z = whole - 1 - log((push - p) / p) if push > p else 0.0
        if z > 1:
            yield min(max((push - p) / larger_root(z), self.low, SMALLEST_SHARE), self.high)


def larger_root(z: float) -> float:
    """Return the root above 1 of u - ln u = z, by Newton's steps from above."""
    u = z + sqrt(2 * (z - 1))
    for _ in range(_NEWTON):
        u -= (u - log(u) - z) * u / (u - 1)
    return u
