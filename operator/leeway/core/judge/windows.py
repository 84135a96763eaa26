"""Windows that end now, for a guard without an end: a test over all rows ever seen would hardly notice a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

from leeway.core.judge.likelihood import Counts, add

LONGEST = 256  # ticks
_WINDOWS = 9  # 1, 2, 4 ... 256


def dyadic_windows(ticks: Sequence[Counts]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the length and the sums of the last 1, 2, 4 ... 256 ticks, latest last, as far as there are as many."""
    length, total = 1, None
    while length <= min(LONGEST, len(ticks)):
        fresh = ticks[-length : -length // 2] if length > 1 else ticks[-1:]
        total = add(fresh if total is None else (total, *fresh))
        yield length, total
        length *= 2


def log_threshold(horizon: int, alpha: float) -> float:
    """Return what log E of a window must reach, so that no window of `horizon` ticks does by chance (union bound)."""
    return log(_WINDOWS * horizon / alpha)
