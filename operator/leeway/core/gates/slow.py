"""From where on a request is slow, by what stable has answered before a step begins."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from leeway.core.evidence.page import Series
from leeway.core.evidence.round import ArmRound
from leeway.core.evidence.table import CountsRefused, read_latency, read_table
from leeway.core.judge.incidents import slow_from


def find_slow_from(stable: ArmRound) -> float | None:
    """Return the edge in seconds above which a request of the step is slow; None where stable cannot say."""
    counted: Counter[Series] = Counter()
    for pod in stable.pods.values():
        counted.update({} if pod.page is None else pod.page.counters)
    try:
        latency = read_latency(read_table(counted))
    except CountsRefused:
        return None
    below = [0, *(count for _, count in latency)]
    return slow_from([edge for edge, _ in latency[:-1]], [more - count for count, more in pairwise(below)])
