"""What may be concluded of an effect: Pass, Fail or Unknown. Silence is not success."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from leeway.api.gates import VerdictState


@dataclass(frozen=True, slots=True)
class Effect:
    """How large an effect was measured, and between which bounds it lies; one bound fails with probability alpha."""

    value: float
    lower: float
    upper: float
    rows: int


def judge_below(effect: Effect | None, threshold: float) -> VerdictState:
    """Return whether the effect is below the threshold: Pass and Fail are both proven, all else is Unknown."""
    if effect is None or not effect.rows or not isfinite(effect.value) or effect.lower != effect.lower:
        return VerdictState.UNKNOWN
    if effect.lower > threshold:
        return VerdictState.FAIL
    return VerdictState.PASS if effect.upper < threshold else VerdictState.UNKNOWN
