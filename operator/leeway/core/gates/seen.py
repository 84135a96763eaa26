"""The pair as gates read it: the counts of each step in tables, and what is not known of an arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from leeway.core.evidence.pair import ArmSeen, Incident, Pair, Step
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.table import Table, read_table
from leeway.core.judge.arms import Stratum
from leeway.core.judge.likelihood import Counts, add

LABEL_DIGITS = 8  # of a profile's digest, on the page
# Beyond this, logarithms of gamma functions lose the digits that evidence is made of; and some pod tells no truth.
MAX_ROWS = 1_000_000_000

Read = Callable[[Table], Counts]


class Undecided(Exception):  # noqa: N818  tells what becomes of the verdict
    """The gate cannot be judged; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class StepSeen:
    """The counts of a step in tables."""

    step: Step
    canary: Table
    stable: Table

    def worst(self, kind: Incident) -> int:
        """Return the most incidents of this kind that one of the canary's pods had at a time."""
        return self.step.canary.worst.get(kind, 0)


@dataclass(frozen=True, slots=True)
class Seen:
    """Canary and stable, and each step in tables."""

    canary: ArmSeen
    stable: ArmSeen
    steps: tuple[StepSeen, ...]


def see(pair: Pair) -> Seen:
    """Return the pair with its counts in tables.

    Raise Undecided while most pods of an arm do not answer, or nothing was counted; CountsRefused for counts that
    cannot be read.
    """
    for arm, name in ((pair.canary, "canary"), (pair.stable, "stable")):
        if not arm.has_quorum:
            raise Undecided(_without_quorum(arm, name))
    if not pair.steps:
        raise Undecided("Nothing was counted yet.")
    steps = (
        StepSeen(step, read_table(step.canary.totals), read_table(step.stable.totals)) for step in pair.steps
    )
    return Seen(pair.canary, pair.stable, tuple(steps))


def profiles_of(seen: Seen) -> tuple[Profile, Profile]:
    """Return the profiles of canary and stable; raise Undecided when one is missing or pages count by another."""
    return (
        _profile_of(seen.canary, [one.canary for one in seen.steps]),
        _profile_of(seen.stable, [one.stable for one in seen.steps]),
    )


def strata_of(seen: Seen, canary: Read, stable: Read) -> list[Stratum]:
    """Return what is read of both arms' tables, a stratum for each step."""
    return [Stratum(one.step.weight, canary(one.canary), stable(one.stable)) for one in seen.steps]


def require_traffic(seen: Seen, read: Callable[[Table], int]) -> tuple[int, int]:
    """Return the rows of canary and stable over all steps; raise Undecided when an arm has none."""
    canary, stable = (sum(map(read, arm)) for arm in _tables(seen))
    return _some(canary, stable)


def shared_by_both(seen: Seen, read: Callable[[Table], int]) -> Seen:
    """Return the pair with the steps alone in which both arms have rows; raise Undecided when there is none."""
    require_traffic(seen, read)
    steps = tuple(one for one in seen.steps if read(one.canary) and read(one.stable))
    if not steps:
        raise Undecided("There was no step in which both arms had traffic.")
    return replace(seen, steps=steps)


def rows_of(strata: Sequence[Stratum]) -> tuple[int, int]:
    """Return the rows of canary and stable; raise Undecided when an arm has none."""
    return _some(sum(sum(one.canary) for one in strata), sum(sum(one.stable) for one in strata))


def summed(strata: Sequence[Stratum]) -> tuple[Counts, Counts]:
    """Return the counts of canary and stable over all steps."""
    return add(one.canary for one in strata), add(one.stable for one in strata)


def _profile_of(arm: ArmSeen, tables: Sequence[Table]) -> Profile:
    if arm.profile is None:
        reason = arm.why_no_profile or "it was not read yet"
        raise Undecided(f"The profile of version {arm.version} is missing: {reason}.")
    label = arm.profile.digest[:LABEL_DIGITS]
    others = set().union(*(table.profiles for table in tables)) - {label}
    if others:
        raise Undecided(
            f"The pods of version {arm.version} count by profile {min(others)!r}, and its profile has the digest"
            f" {label}…: another program than the trainer wrote that file."
        )
    return arm.profile


def _tables(seen: Seen) -> tuple[list[Table], list[Table]]:
    return [one.canary for one in seen.steps], [one.stable for one in seen.steps]


def _some(canary: int, stable: int) -> tuple[int, int]:
    if not canary:
        raise Undecided(f"The canary has had no traffic that counts here (stable: {stable:,}).")
    if not stable:
        raise Undecided(f"Stable has had no traffic to compare with (canary: {canary:,}).")
    if max(canary, stable) > MAX_ROWS:
        raise Undecided(
            f"One arm has counted {max(canary, stable):,} rows, more than can be judged ({MAX_ROWS:,})."
        )
    return canary, stable


def _without_quorum(arm: ArmSeen, name: str) -> str:
    if not arm.pods:
        return f"No pod of the {name} arm is there to be asked."
    why = f" ({'; '.join(arm.refusals)})" if arm.refusals else ""
    return f"{arm.answered} of {arm.pods} pods of the {name} arm answered, not most of them{why}."
