"""From where on a request is slow, by what stable has answered before it is asked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from leeway.core.evidence.page import LATENCY, Series
from leeway.core.evidence.round import ArmRound
from leeway.core.evidence.table import CountsRefused, read_latency, read_table
from leeway.core.judge.incidents import slow_from

# Of fewer, the slowest twentieth is a matter of chance: the edge would be one that all requests are below, or none.
LEAST_REQUESTS = 50


def find_slow_from(stable: ArmRound) -> float | None:
    """Return the edge in seconds above which a request is slow; None where stable has answered too little to say."""
    counted: Counter[Series] = Counter()
    for pod in stable.pods.values():
        counters = {} if pod.page is None else pod.page.counters
        counted.update({series: count for series, count in counters.items() if series.startswith(LATENCY)})
    try:
        latency = read_latency(read_table(counted))
    except CountsRefused:
        return None
    if latency[-1][1] < LEAST_REQUESTS:
        return None
    below = [0, *(count for _, count in latency)]
    return slow_from([edge for edge, _ in latency[:-1]], [more - count for count, more in pairwise(below)])
