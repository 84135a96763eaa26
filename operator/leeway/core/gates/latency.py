"""From when on a request counts as slow: fixed before a step begins, from what stable has answered until then."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from leeway.core.evidence.page import Series
from leeway.core.evidence.table import CountsRefused, read_latency, read_table
from leeway.core.judge.incidents import slow_from


def choose_slow_from(stable: Mapping[Series, int]) -> float | None:
    """Return the edge of the latency that 95 % of stable's requests were below, in seconds.

    None when stable has answered nothing yet, or when no edge is above so many.
    """
    try:
        latency = read_latency(read_table(stable))
    except CountsRefused:
        return None
    counts = [0, *(count for _, count in latency)]
    return slow_from([edge for edge, _ in latency[:-1]], [more - count for count, more in pairwise(counts)])
