"""The rules that people use today, at every look at once; what is counted is pooled over the steps.

Counts have the shape (..., arms, bins) of `ramp.count_arms`, or (..., bins) against a reference.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri

from tests.bench.judge.ramp import CANARY, STABLE, Counted

Alarms = NDArray[np.bool_]
LEVEL = 0.05
MOST_PSI = 0.2
MIN_ROWS = 50  # of the canary: nobody would look earlier


def psi_alarms(live: Counted, reference: Counted, min_rows: int) -> Alarms:
    """Return where PSI against the reference is above 0.2."""
    p, q = smoothed(reference), smoothed(live)
    psi = ((q - p) * np.log(q / p)).sum(axis=-1)
    return np.asarray((psi > MOST_PSI) & (live.sum(axis=-1) >= min_rows))


def smoothed(counts: Counted) -> NDArray[np.float64]:
    """Return shares with half a row more in each bin."""
    return np.asarray((counts + 0.5) / (counts.sum(axis=-1, keepdims=True) + counts.shape[-1] / 2))


def ks_alarms(arms: Counted) -> Alarms:
    """Return where a Kolmogorov-Smirnov test on bins has p < 0.05 (a little less often than one on raw scores)."""
    rows = arms.sum(axis=-1)
    shares = arms.cumsum(axis=-1) / np.maximum(rows, 1)[..., None]
    distance = np.abs(shares[..., CANARY, :] - shares[..., STABLE, :]).max(axis=-1)
    scale = np.sqrt(1 / np.maximum(rows[..., CANARY], 1) + 1 / np.maximum(rows[..., STABLE], 1))
    return np.asarray((distance > sqrt(log(2 / LEVEL) / 2) * scale) & has_enough(arms))


def chi2_p_values(arms: Counted) -> NDArray[np.float64]:
    """Return the p-value of a chi-squared test of equal shares, over the bins that are not empty."""
    rows = arms.sum(axis=-1, keepdims=True)
    of_bins = arms.sum(axis=-2, keepdims=True)
    expected = rows * of_bins / np.maximum(of_bins.sum(axis=-1, keepdims=True), 1)
    deviation = (arms - expected) ** 2 / np.where(expected > 0, expected, 1)
    freedom = (of_bins[..., 0, :] > 0).sum(axis=-1) - 1
    return np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), deviation.sum(axis=(-1, -2))), 1.0)


def benjamini_hochberg_alarms(p_values: NDArray[np.float64]) -> Alarms:
    """Return where any of the p-values of shape (..., tests) is rejected at a false discovery rate of 5 %."""
    tests = p_values.shape[-1]
    limits = LEVEL * np.arange(1, tests + 1) / tests
    return np.asarray((np.sort(p_values, axis=-1) <= limits).any(axis=-1))


def z_alarms(arms: Counted) -> Alarms:
    """Return where a two-sided z-test finds the shares of the first of two bins unlike."""
    rows = np.maximum(arms.sum(axis=-1), 1)
    share = arms[..., 0] / rows
    pooled = arms[..., 0].sum(axis=-1) / rows.sum(axis=-1)
    scale = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / rows).sum(axis=-1))
    z = np.abs(share[..., CANARY] - share[..., STABLE]) / scale
    return np.asarray((z > ndtri(1 - LEVEL / 2)) & has_enough(arms))


def has_enough(arms: Counted) -> Alarms:
    """Return where the canary has answered enough rows to be looked at."""
    return np.asarray(arms[..., CANARY, :].sum(axis=-1) >= MIN_ROWS)
