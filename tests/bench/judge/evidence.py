"""What the shipped tests say at each look at a rollout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from leeway.core.judge.arms import Stratum
from leeway.core.judge.merging import log_mean_e

Evidence = NDArray[np.float64]
Test = Callable[[Sequence[Stratum]], float]


def evidence_of(test: Test, rollout: Sequence[tuple[Stratum, ...]]) -> Evidence:
    """Return the test's logarithm of e at each look.

    It is a sum over strata, and those of finished steps do not change: each of them is judged once.
    """
    finished: dict[int, float] = {0: 0.0}
    found = np.empty(len(rollout))
    for look, strata in enumerate(rollout):
        steps = len(strata)
        if steps - 1 not in finished:
            finished[steps - 1] = finished[steps - 2] + test(strata[-2:-1])
        found[look] = finished[steps - 1] + test(strata[-1:])
    return found


def merge(columns: Sequence[Evidence]) -> Evidence:
    """Return the one decision of many columns at each look."""
    return np.array([log_mean_e(look) for look in np.transpose(columns).tolist()])


def first_alarms(alarms: NDArray[np.bool_], rows: NDArray[np.int64], seen: NDArray[np.bool_]) -> int:
    """Return after how many rows the first alarm is seen, or 0 when none is."""
    at = np.flatnonzero(alarms & seen)
    return int(rows[at[0]]) if len(at) else 0


def exceeds(evidence: Evidence, alpha: float) -> NDArray[np.bool_]:
    """Return at which looks the null hypothesis is rejected."""
    return evidence >= log(1 / alpha)
