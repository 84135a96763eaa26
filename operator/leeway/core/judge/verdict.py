"""What may be concluded of an effect: Pass, Fail or Unknown. Silence is not success."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class State(StrEnum):
    """A verdict's three values; Unknown never promotes and never rolls back."""

    PASS = "Pass"  # noqa: S105  a verdict, no password
    FAIL = "Fail"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Effect:
    """How large an effect was measured, and between which bounds it lies; one bound fails with probability alpha."""

    value: float
    lower: float
    upper: float
    rows: int


def judge_below(effect: Effect | None, threshold: float) -> State:
    """Return whether the effect is below the threshold: Pass and Fail are both proven, all else is Unknown."""
    if effect is None or not effect.rows or not isfinite(effect.value) or effect.lower != effect.lower:
        return State.UNKNOWN
    if effect.lower > threshold:
        return State.FAIL
    return State.PASS if effect.upper < threshold else State.UNKNOWN
