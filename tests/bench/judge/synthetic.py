"""Streams made by formula, of a known PSI: how many rows T1 takes."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from leeway.core.judge.merging import log_mean_e
from leeway.core.judge.reference import log_e_changed

ALPHA = 0.01
BINS, REFERENCE = 10, 20_000
FIXED_SAMPLE = (
    26.1  # rows times PSI that a chi-squared test of 90 % power takes at alpha 1 %, at its one look
)
PSIS = (0.02, 0.05, 0.1, 0.2, 0.5)
COLUMNS = 31
HORIZON = 12  # in units of the fixed sample

Shares = NDArray[np.float64]


def oracle_rows(psi: float) -> float:
    """Return the rows that somebody needs who knows before and after: log(1 / alpha) over the divergence, PSI / 2."""
    return log(1 / ALPHA) / (psi / 2)


def fixed_rows(psi: float) -> float:
    """Return the rows of a fixed-sample test."""
    return FIXED_SAMPLE / psi


def delay(psi: float, columns: int, seed: int) -> int:
    """Return after how many rows T1 finds that the first of the columns has drifted by a PSI; 0 for never."""
    rng = np.random.default_rng([seed, columns, int(1000 * psi)])
    shares = np.full(BINS, 1 / BINS)
    drifted = shift(rng, shares, psi)
    every = 10 if columns == 1 else 50
    looks = int(HORIZON * fixed_rows(psi)) // every
    references = rng.multinomial(REFERENCE, shares, size=columns).tolist()
    live = np.stack(
        [rng.multinomial(every, drifted if column == 0 else shares, size=looks) for column in range(columns)]
    ).cumsum(axis=1)
    for look in range(looks):
        evidence = [
            log_e_changed(counts, reference)
            for counts, reference in zip(live[:, look].tolist(), references, strict=True)
        ]
        if log_mean_e(evidence) >= log(1 / ALPHA):
            return (look + 1) * every
    return 0


def shift(rng: np.random.Generator, shares: Shares, psi: float) -> Shares:
    """Return shares at a PSI, in a direction drawn at random."""
    direction = rng.normal(size=len(shares))
    low, high = 0.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if psi_of(tilted(shares, middle * direction), shares) < psi else (low, middle)
        )
    return tilted(shares, high * direction)


def tilted(shares: Shares, by: Shares) -> Shares:
    """Return the shares with their logarithms moved."""
    weights = shares * np.exp(by)
    return np.asarray(weights / weights.sum())


def psi_of(live: Shares, reference: Shares) -> float:
    """Return the PSI of known shares."""
    return float(((live - reference) * np.log(live / reference)).sum())
