"""One bin of the lower bound: where its convex part of the sum is lowest."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from leeway.core.judge.reference import SMALLEST_SHARE, term
from leeway.core.judge.search.roots import falling_root

_NEWTON = 6


@dataclass(frozen=True, slots=True)
class Valley:
    """The largest convex function below a bin's term of PSI: a line up to the `knee`, then the term itself.

    The term is flat below SMALLEST_SHARE, then falls to its minimum at the reference share, so it is not convex.
    """

    count: int
    share: float  # of the reference
    knee: float
    at_zero: float
    slope: float  # of the line

    @classmethod
    def of(cls, count: int, reference: float) -> Valley:
        """Return the valley of a bin with a live count and a share of the reference."""
        p = max(reference, SMALLEST_SHARE)
        at_zero = term(SMALLEST_SHARE, p)
        if p == SMALLEST_SHARE:
            return cls(count, p, p, 0.0, 0.0)
        # The tangent through (0, at_zero) touches the term where p ln(p / x) + p - x is at_zero.
        knee = falling_root(
            lambda x: (p * log(p / x) + p - x - at_zero, -p / x - 1), SMALLEST_SHARE, p, start=SMALLEST_SHARE
        )
        return cls(count, p, knee, at_zero, log(knee / p) + 1 - p / knee)

    def value(self, x: float, likely: float, whole: float) -> float:
        """Return the bin's part of the sum at a share."""
        psi = self.at_zero + self.slope * x if x < self.knee else (x - self.share) * log(x / self.share)
        return psi + whole * x - (likely * self.count * log(x) if self.count else 0.0)

    def lowest(self, likely: float, whole: float) -> tuple[float, float]:
        """Return the share at which the part is lowest, and how fast that changes with `whole`."""
        pull, steepness = likely * self.count, self.slope + whole
        if steepness > 0 and pull < steepness * self.knee:
            return pull / steepness, -pull / steepness**2
        # Here ln(x / p) + 1 + whole = (p + pull) / x, solved by u + ln u = z for u = (p + pull) / x.
        top = self.share + pull
        z = log(top / self.share) + 1 + whole
        x = max(self.knee, top / omega(z))
        return x, -x * x / (x + top)


def omega(z: float) -> float:
    """Return the root of u + ln u = z (Wright's omega function), by Newton's steps."""
    u = z - log(z) if z > 2 else exp(z) if z < -1 else 0.6 + 0.35 * max(z, -1.0)
    for _ in range(_NEWTON):
        u *= (1 + z - log(u)) / (1 + u)
    return u
