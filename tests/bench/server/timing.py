"""CPU time of calls that take microseconds, on a machine that others use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import thread_time


def least_seconds(calls: Mapping[str, Callable[[], object]], rounds: int, seconds: float) -> dict[str, float]:
    """Return the CPU seconds of one call of each, the least of so many rounds that take so long for each.

    Rounds take turns, so that all of them meet the same machine; the least is the one that was disturbed least.
    """
    repeats = {name: repeats_for(call, seconds) for name, call in calls.items()}
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            found[name] = min(found[name], seconds_of(call, repeats[name]))
    return found


def repeats_for(call: Callable[[], object], seconds: float) -> int:
    """Return how often to call in a round; the first calls warm up."""
    seconds_of(call, 3)
    return max(1, int(seconds / max(seconds_of(call, 3), 1e-7)))


def seconds_of(call: Callable[[], object], repeats: int) -> float:
    """Return the CPU seconds of a call, the mean of so many."""
    begun = thread_time()
    for _ in range(repeats):
        call()
    return (thread_time() - begun) / repeats


def least_single(calls: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the least CPU seconds of single calls, which take turns: each finds the caches as the others left them."""
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            found[name] = min(found[name], seconds_of(call, 1))
    return found
