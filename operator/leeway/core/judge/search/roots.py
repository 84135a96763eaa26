"""Finding where a function falls through zero."""

from __future__ import annotations

from collections.abc import Callable

_STEPS = 80
_EXACT = 1e-13


def falling_root(
    evaluate: Callable[[float], tuple[float, float]], low: float, high: float, start: float | None = None
) -> float:
    """Return a root of a function that falls from `low` to `high`; the end nearer to it where none is between.

    `evaluate` returns the value and the slope. Newton's steps, and halvings where they would leave the bracket or
    are slow to narrow it.
    """
    if evaluate(low)[0] <= 0:
        return low
    at = (low + high) / 2 if start is None else start
    for _ in range(_STEPS):
        value, slope = evaluate(at)
        width = high - low
        low, high = (at, high) if value > 0 else (low, at)
        following = at - value / slope if slope < 0 else low
        if not low < following < high or abs(following - at) > width / 2:
            following = (low + high) / 2
        if abs(following - at) <= _EXACT * max(1.0, abs(at)):
            return following
        at = following
    return at
