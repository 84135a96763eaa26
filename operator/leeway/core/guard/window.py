"""The window that the guard judges: what a revision's pods have counted in the last so many seconds.

Counts are marked at each twenty-fourth of the window. The window begins at the latest mark that is as old as the window
is long, so that it moves in such parts, and is at most one of them longer than it should be. Until so much time has
passed it begins where the guard began.

It is one window, and not the dyadic ones of `core/judge/windows.py`: `spec.guard.windowSeconds` says how much of the
past is judged, and a shorter window would take a night for drift where the user asked for a day.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise, repeat

from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.page import LATENCY, Series
from leeway.core.evidence.round import ArmRound, add_to_arm, begin_arm
from leeway.core.evidence.table import REQUESTS, Table, read_table

TICKS = 24
WEEK_SECONDS = 604_800
_OF_INCIDENTS = (REQUESTS, LATENCY)


@dataclass(frozen=True, slots=True)
class Mark:
    """The counts of an arm at a moment, in the order in which the arm has its series."""

    time: float
    # A page may have thousands of series: eight bytes for each, in as many as 25 marks of each deployment.
    counts: array[int]


@dataclass(frozen=True, slots=True)
class Watch:
    """The pods of one revision, what they have counted, and the marks of it. Times are seconds of Unix time."""

    arm: Arm
    start: float
    time: float  # of the last round
    marks: tuple[Mark, ...] = field(default=())  # oldest first; the window begins at the first

    @property
    def begin(self) -> float:
        """Return since when the window counts."""
        return self.marks[0].time if self.marks else self.start

    def is_full(self, seconds: float) -> bool:
        """Return whether the window is as long as this already."""
        return self.time - self.begin >= seconds


def begin_watch(version: str, seen: ArmRound, now: float) -> Watch | None:
    """Return a watch in which nothing is counted yet, or None while most pods do not answer.

    As at a canary's step, what the pods that are known now have counted until their next page is not counted.
    """
    return Watch(begin_arm(version, seen), now, now) if seen.has_quorum else None


def add_round(watch: Watch, seen: ArmRound, now: float, seconds: float) -> tuple[Watch, ArmRound]:
    """Return the watch with a round added, for a window of so many seconds, and the round with refused pages out."""
    arm, seen, _ = add_to_arm(watch.arm, seen)
    return slide(replace(watch, arm=arm, time=now), now, seconds), seen


def slide(watch: Watch, now: float, seconds: float) -> Watch:
    """Return the watch with a mark where one is due, and without those that the window has left behind."""
    marks = watch.marks
    if not marks:
        marks = (Mark(watch.start, array("q")),)
    if now - marks[-1].time >= seconds / TICKS:
        marks = (*marks, Mark(now, array("q", watch.arm.totals.values())))
    old = sum(mark.time <= now - seconds for mark in marks)
    return replace(watch, marks=marks[max(old - 1, 0) :])


def window_counts(watch: Watch) -> dict[Series, int]:
    """Return what was counted in the window."""
    before: array[int] = watch.marks[0].counts if watch.marks else array("q")
    return _difference(watch.arm.totals, before)


def count_of(watch: Watch | None, counter: str) -> int:
    """Return what a counter has counted in the window, whatever its labels."""
    counts = window_counts(watch) if watch else {}
    return sum(count for series, count in counts.items() if series.partition("{")[0] == counter)


def ticks_of(watch: Watch) -> tuple[Table, ...]:
    """Return the requests and the latency of each part of the window, oldest first, the one that lasts included."""
    names = list(watch.arm.totals)
    places = [place for place, name in enumerate(names) if name.partition("{")[0] in _OF_INCIDENTS]

    def picked(counts: array[int]) -> list[int]:
        return [counts[place] if place < len(counts) else 0 for place in places]

    last = array("q", watch.arm.totals.values())
    rows = [picked(counts) for counts in (*(mark.counts for mark in watch.marks), last)]
    return tuple(
        read_table(
            {names[p]: after - before for p, before, after in zip(places, earlier, later, strict=True)}
        )
        for earlier, later in pairwise(rows)
    )


def begins_in_a_week(seconds: float) -> float:
    """Return how many windows of this length begin in a week: each is a test of its own."""
    return TICKS * WEEK_SECONDS / seconds


def _difference(totals: Mapping[Series, int], before: array[int]) -> dict[Series, int]:
    # Series are only ever added to an arm, at the end, so that a place stays one series for as long as the watch lasts.
    earlier = (*before, *repeat(0, len(totals) - len(before)))
    return {series: count - known for (series, count), known in zip(totals.items(), earlier, strict=True)}
