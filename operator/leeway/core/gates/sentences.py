"""Numbers and sentences of verdicts."""

from __future__ import annotations

from math import isfinite

WOULD_BE_FOUND = "would have been found by now in nine of ten rollouts"


def decimal(value: float | None) -> str | None:
    """Return a number as a field of status has it; None for what is no number."""
    return None if value is None or not isfinite(value) else f"{value:.4g}"


def short(value: float) -> str:
    """Return a number with the digits that matter to a reader."""
    return f"{value:.2g}" if value < 10 else f"{value:.4g}"


def percent(part: int, whole: int) -> str:
    """Return a share as text."""
    return f"{100 * part / whole:.3g} %"
