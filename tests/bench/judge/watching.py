"""One stream of rows against its own reference: when each rule first raises an alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from leeway.core.judge.reference import log_e_beyond, log_e_changed
from tests.bench.judge import naive
from tests.bench.judge.evidence import exceeds, first_alarms, merge
from tests.bench.judge.streams import Bins, Series

# Drift that matters is found early, so there are more looks.
LOOKS = np.unique(np.r_[np.arange(50, 501, 50), np.arange(500, 10_001, 250)])
MIN_ROWS_OF_PSI = 1000
T1, T2_WARN, T2_ACT = "changed at all (T1)", "PSI beyond 0.02 (T2)", "PSI beyond 0.05 (T2)"
OURS = (T1, T2_WARN, T2_ACT)
PSI, KS = "PSI of any column > 0.2, from 1,000 rows on", "KS of any column, p < 0.05"
BH = "chi-squared of all columns, Benjamini-Hochberg 5 %"
NAIVE = (PSI, KS, BH)

Live = Callable[[Series], Bins]
Tables = list[tuple[tuple[int, ...], NDArray[np.int64]]]


def watch(series: tuple[Series, ...], live: Live, alpha: float) -> dict[str, int]:
    """Return after how many rows each rule raises its first alarm, or 0; all series are one decision."""
    tables = [(one.reference, count(live(one), one.bins)) for one in series]
    looks = LOOKS[: len(tables[0][1])]
    everywhere = np.ones(len(looks), dtype=np.bool_)
    alarms = dict([*our_alarms(tables, alpha), *naive_alarms(tables)])
    return {rule: first_alarms(found, looks, everywhere) for rule, found in alarms.items()}


def count(live: Bins, bins: int) -> NDArray[np.int64]:
    """Return the counts at each look, of shape (looks, bins)."""
    looks = LOOKS[: np.searchsorted(LOOKS, len(live), side="right")]
    counts = np.zeros((len(looks) + 1, bins), dtype=np.int64)
    np.add.at(counts, (np.searchsorted(looks, np.arange(1, len(live) + 1)), live), 1)
    return counts[:-1].cumsum(axis=0)


def our_alarms(tables: Tables, alpha: float) -> Iterator[tuple[str, naive.Alarms]]:
    """Yield at which looks the shipped tests reject."""
    yield T1, exceeds(merge([evidence(table, log_e_changed) for table in tables]), alpha)
    for rule, tolerance in ((T2_WARN, 0.02), (T2_ACT, 0.05)):
        beyond = [evidence(table, partial(log_e_beyond, tolerance=tolerance)) for table in tables]
        yield rule, exceeds(merge(beyond), alpha)


def evidence(
    table: tuple[tuple[int, ...], NDArray[np.int64]],
    test: Callable[[tuple[int, ...], tuple[int, ...]], float],
) -> NDArray[np.float64]:
    """Return log e at each look."""
    reference, counts = table
    return np.array([test(tuple(live), reference) for live in counts.tolist()])


def naive_alarms(tables: Tables) -> Iterator[tuple[str, naive.Alarms]]:
    """Yield at which looks the naive rules raise an alarm."""
    psi = [naive.psi_alarms(live, np.array(reference), MIN_ROWS_OF_PSI) for reference, live in tables]
    yield PSI, np.any(psi, axis=0)
    both = [np.stack([np.broadcast_to(reference, live.shape), live], axis=-2) for reference, live in tables]
    yield KS, np.any([naive.ks_alarms(pair) for pair in both], axis=0)
    p_values = np.stack([naive.chi2_p_values(pair) for pair in both], axis=-1)
    yield BH, naive.benjamini_hochberg_alarms(p_values)
