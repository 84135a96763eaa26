"""Failed and slow requests, which come in bursts: a pod that lost its store fails a hundred requests, not one.

The test of worse arms takes every request for a draw of its own. A burst in the canary's only pod would then look like
proof, though it hits each of twenty pods alike. So in each step the worst time of one of the canary's pods, as long as
an ordinary incident, is left out: the failures of the worst window are not counted. If at most one such incident hits
the canary in a step, what remains is no more evidence than the requests outside it give, and the promise holds. A
canary that really fails is found later by the length of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from leeway.core.judge.arms import Stratum
from leeway.core.judge.likelihood import Counts

# Odds ratios that are tolerated. Latency's is wider: a fresh pod is slower for a while, with cold caches.
ERROR_RATIO = 1.2
LATENCY_RATIO = 1.5
SLOW_QUANTILE = 0.95


def without_incident(stratum: Stratum, worst: int) -> Stratum:
    """Return the stratum without the failures of the worst window; its bins are failed and answered."""
    failed, answered = stratum.canary
    return Stratum(stratum.weight, (failed - worst, answered), stratum.stable)


def slow_from(edges: Sequence[float], stable: Counts) -> float | None:
    """Return above which edge of the histogram a request counts as slow: the first that 95 % of stable's are below.

    It is fixed before a step starts, from what was counted until then; None when nothing was, or when no edge is above.
    """
    rows = sum(stable)
    below = accumulate(stable)
    return next(
        (edge for edge, n in zip(edges, below, strict=False) if rows and n >= SLOW_QUANTILE * rows), None
    )
