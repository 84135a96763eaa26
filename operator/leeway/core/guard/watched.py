"""What the guard judges by: the stable revision, its window, its profile, and what it showed as a canary."""

from __future__ import annotations

from dataclasses import dataclass

from leeway.api.gates import Shown
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.round import ArmRound
from leeway.core.evidence.table import Table, read_table
from leeway.core.gates.seen import LABEL_DIGITS, MAX_ROWS, Undecided
from leeway.core.guard.window import Watch, ticks_of, window_counts


@dataclass(frozen=True, slots=True)
class Watched:
    """The stable revision as it is known; `seconds` is how long the window is to be."""

    version: str
    seconds: int
    seen: ArmRound  # of the last round
    watch: Watch | None  # None before most pods have answered once
    profile: Profile | None
    why_no_profile: str = ""
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The counts of the window in tables."""

    of: Watched
    watch: Watch
    table: Table
    ticks: tuple[Table, ...]  # requests and latency of its parts

    @property
    def span(self) -> str:
        """Return how long the window is by now, as words."""
        return f"the last {duration(self.watch.time - self.watch.begin)}"

    def require_full(self) -> None:
        """Raise Undecided while the window is shorter than the spec says."""
        missing = self.of.seconds - (self.watch.time - self.watch.begin)
        if missing > 0:
            raise Undecided(
                f"The window (spec.guard.windowSeconds) is full in {duration(missing)}: what changes with the hour is"
                " judged by no shorter one."
            )

    def require_profile(self) -> Profile:
        """Return the version's profile; raise Undecided when it is missing, or the pages count by another."""
        profile = self.of.profile
        if profile is None:
            reason = self.of.why_no_profile or "it was not read yet"
            raise Undecided(f"The profile of version {self.of.version} is missing: {reason}.")
        label = profile.digest[:LABEL_DIGITS]
        others = self.table.profiles - {label}
        if others:
            raise Undecided(
                f"The pods of version {self.of.version} count by profile {min(others)!r}, and its profile has the"
                f" digest {label}…: another program than the trainer wrote that file."
            )
        return profile


def see_window(watched: Watched) -> Window:
    """Return the window with its counts in tables.

    Raise Undecided while most pods do not answer, or nothing was counted; CountsRefused for counts that cannot be read.
    """
    seen = watched.seen
    if not seen.pods:
        raise Undecided(f"No pod of version {watched.version} is there to be asked.")
    if not seen.has_quorum:
        why = f" ({'; '.join(seen.refusals)})" if seen.refusals else ""
        raise Undecided(
            f"{seen.answered} of {seen.asked} pods of version {watched.version} answered, not most of them{why}."
        )
    if watched.watch is None:
        raise Undecided("Nothing was counted yet.")
    return Window(watched, watched.watch, read_table(window_counts(watched.watch)), ticks_of(watched.watch))


def require_rows(rows: int, of: str) -> int:
    """Return the rows; raise Undecided for none, or for more than can be judged."""
    if not rows:
        raise Undecided(f"No {of} have been counted in the window.")
    if rows > MAX_ROWS:
        raise Undecided(f"The window has {rows:,} {of}, more than can be judged ({MAX_ROWS:,}).")
    return rows


def duration(seconds: float) -> str:
    """Return a time in the unit that a reader would choose."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
