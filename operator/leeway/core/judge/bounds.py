"""The lowest and the highest PSI that the live counts leave possible, at every look.

The live shares that are not rejected are those under which the counts S are likely enough:

    Q = { q : sum of S ln q >= least },    least = log probability of S under the alternatives - log(1 / alpha)

Under the true shares, the ratio of the two probabilities is a martingale: with probability 1 - alpha, Q holds them at
every look (Ville). The bounds are those of PSI over Q, by Lagrange's method. For every `likely` >= 0 and every `whole`,

    sum of min { term(q) - likely S ln q + whole q } + likely least - whole   is at most PSI's minimum over Q,
    sum of max { term(q) + likely S ln q - whole q } - likely least + whole   is at least PSI's maximum over Q

(weak duality: within Q and at a sum of 1, the added parts are negative, or positive). Each bin is a problem of its own,
solved exactly. Since every choice of the two multipliers holds, a search for them that ends early makes a bound looser
and never wrong.

PSI is that against the reference profile as it was counted; shares below SMALLEST_SHARE count as that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, log, log1p, sqrt

from leeway.core.judge.likelihood import Counts, log_beta, log_likelihood
from leeway.core.judge.reference import log_alternatives, psi, slack, smoothed
from leeway.core.judge.search.hills import Hill
from leeway.core.judge.search.roots import falling_root
from leeway.core.judge.search.valleys import Valley

_HALVINGS_OF_SHARE = 32
_HALVINGS_OF_LIKELY = 12
_HALVINGS_OF_WHOLE = 16
_FURTHEST = 1e4  # the steepest fall of a term of PSI, at the smallest share
# The multiplier of the likelihood, in units of its value if PSI and the likelihood were quadratic.
_GUESSES = (1.0, 1.4, 2.0)


def psi_lower_bound(live: Counts, reference: Counts, alpha: float) -> float:
    """Return a bound that PSI is below with probability alpha at most, at every look.

    It also gives away what the reference profile may be wrong by, so that a small one raises no alarm for that alone.
    """
    shares, least = smoothed(reference), log_alternatives(live, reference) - log(1 / alpha)
    if log_likelihood(live, shares) >= least:
        return 0.0
    valleys = [Valley.of(count, share) for count, share in zip(live, shares, strict=True)]
    best, low, high = 0.0, log(1e-3 / sum(live)), log(1e4 / sum(live))
    for _ in range(_HALVINGS_OF_LIKELY):
        middle = (low + high) / 2
        bound, likelihood = _lowest(valleys, exp(middle), least)
        best = max(best, bound)
        low, high = (middle, high) if likelihood < least else (low, middle)
    return 2 * max(0.0, sqrt(best / 2) - slack(reference)) ** 2


def psi_upper_bound(live: Counts, reference: Counts, alpha: float) -> float:
    """Return a bound that PSI exceeds with probability alpha at most, at every look; infinite without rows."""
    rows = sum(live)
    if not rows:
        return inf
    least = log_alternatives(live, reference) - log(1 / alpha)
    radius = log_likelihood(live, [count / rows for count in live]) - least
    hills = [
        Hill(count, share, *_shares_within(count, rows, radius))
        for count, share in zip(live, smoothed(reference), strict=True)
    ]
    quadratic = 2 / rows * (1 + sqrt(psi(live, reference) * rows / (2 * radius)))
    return min(_highest(hills, guess * quadratic, least) for guess in _GUESSES)


def share_interval(count: int, rows: int, alpha: float) -> tuple[float, float]:
    """Return the shares that are not rejected by `count` of `rows`, at every look, by a Beta(1/2, 1/2) mixture.

    Source: Robbins, "Statistical methods related to the law of the iterated logarithm", 1970.
    """
    mixture = log_beta(0.5 + count, 0.5 + rows - count) - log_beta(0.5, 0.5)
    seen = log_likelihood((count, rows - count), (count / rows, 1 - count / rows)) if rows else 0.0
    return _shares_within(count, rows, seen - mixture + log(1 / alpha))


def _lowest(valleys: Sequence[Valley], likely: float, least: float) -> tuple[float, float]:
    """Return the best lower bound at this multiplier, and the log likelihood of the shares it belongs to."""

    def beyond_whole(whole: float) -> tuple[float, float]:
        found = [valley.lowest(likely, whole) for valley in valleys]
        return sum(share for share, _ in found) - 1, sum(slope for _, slope in found)

    rows = sum(valley.count for valley in valleys)
    whole = falling_root(beyond_whole, -10.0, likely * rows + _FURTHEST, start=likely * rows)
    shares = [valley.lowest(likely, whole)[0] for valley in valleys]
    parts = (valley.value(share, likely, whole) for valley, share in zip(valleys, shares, strict=True))
    likelihood = log_likelihood([valley.count for valley in valleys], shares)
    return sum(parts) + likely * least - whole, likelihood


def _highest(hills: Sequence[Hill], likely: float, least: float) -> float:
    """Return the best upper bound at this multiplier."""
    low, high, best = 0.0, 2 * likely * sum(hill.count for hill in hills) + 20, inf
    for _ in range(_HALVINGS_OF_WHOLE):
        whole = (low + high) / 2
        tops = [hill.top(likely, whole) for hill in hills]
        best = min(best, sum(value for value, _ in tops) - likely * least + whole)
        # The maximum of linear functions of `whole`, hence convex, falling while the shares sum to more than 1.
        low, high = (whole, high) if sum(share for _, share in tops) > 1 else (low, whole)
    return best


def _shares_within(count: int, rows: int, radius: float) -> tuple[float, float]:
    """Return the ends of the shares whose log likelihood is within the radius of the largest; rounded outwards."""

    def is_within(share: float) -> bool:
        bad = count * log(count / rows / share) if count else 0.0
        good = (rows - count) * (log((rows - count) / rows) - log1p(-share)) if rows > count else 0.0
        return bad + good <= radius

    if not rows:
        return 0.0, 1.0
    low, high, seen = 0.0, 1.0, count / rows
    inner_low = inner_high = seen
    for _ in range(_HALVINGS_OF_SHARE if count else 0):
        middle = (low + inner_low) / 2
        low, inner_low = (low, middle) if is_within(middle) else (middle, inner_low)
    for _ in range(_HALVINGS_OF_SHARE if count < rows else 0):
        middle = (high + inner_high) / 2
        high, inner_high = (high, middle) if is_within(middle) else (middle, inner_high)
    return low, high
