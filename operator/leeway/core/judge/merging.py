"""One decision from the evidence of many columns, and which columns it speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

from leeway.core.judge.likelihood import log_mean_exp


def log_mean_e(evidence: Sequence[float]) -> float:
    """Return the evidence that not all is well: the mean of e-values is one, however they depend on each other.

    Source: Vovk & Wang, "E-values: calibration, combination and applications", Annals of Statistics 2021.
    """
    return log_mean_exp(evidence)


def e_bh(evidence: Mapping[str, float], alpha: float) -> tuple[str, ...]:
    """Return the columns that differ, strongest first; at most a share alpha of them is expected to be named wrongly.

    Source: Wang & Ramdas, "False discovery rate control with e-values", JRSS-B 2022.
    """
    ordered = sorted(evidence.items(), key=lambda column: (-column[1], column[0]))
    total = len(ordered)
    enough = (rank for rank in range(total, 0, -1) if ordered[rank - 1][1] >= log(total / (rank * alpha)))
    return tuple(name for name, _ in ordered[: next(enough, 0)])
