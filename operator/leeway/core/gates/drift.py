"""DataDrift: the canary's columns have left its profile, and stable's have not left stable's.

The error probability. Fail says of one column that the canary's PSI is above the threshold and stable's below. If
that is false, one of the two is false, and its bound is wrong with probability alpha / columns; so Fail is wrong of one
column with that probability at most, and of any with alpha (union bound). Pass says that all columns are below. If one
is not, its own bound must be wrong, which has probability alpha whatever the others do. So nothing is split over the
two arms, and for Pass nothing over columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from leeway.api.gates import Verdict, VerdictState
from leeway.core.evidence.profile import Column, Profile
from leeway.core.evidence.table import Table, read_drawn, read_feature
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Seen, Undecided, profiles_of, require_traffic
from leeway.core.gates.sentences import decimal, plan_psi, rows_missing, short
from leeway.core.judge.bounds import psi_lower_bound, psi_upper_bound
from leeway.core.judge.likelihood import Counts, add
from leeway.core.judge.reference import psi

NAMED = 10
_SAME_PROFILE = (
    "both versions have the same profile of it, so that the canary knows no other world than stable"
)


@dataclass(frozen=True, slots=True)
class Side:
    """A column of one arm: its live counts, those of the arm's own profile, and the PSI between them."""

    live: Counts
    reference: Counts
    psi: float


@dataclass(frozen=True, slots=True)
class Drift:
    """A column of both arms; `stable` is None where stable cannot speak against the canary, and `why_none` says why."""

    name: str
    canary: Side
    stable: Side | None
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A column that is proven to be beyond the threshold in the canary; `of_both` says why stable may be, too."""

    name: str
    psi: float
    lower: float
    of_both: str


def judge_data_drift(question: Question, seen: Seen) -> Verdict:
    """Return whether columns of the canary, and not of stable, are beyond the threshold."""
    canary_rows, stable_rows = require_traffic(seen, read_drawn)
    drifts = _drifts(question, seen)
    beyond = list(islice(_beyond(question, drifts), NAMED))
    alone = [one for one in beyond if not one.of_both]
    upper = _highest(question, drifts)
    state = VerdictState.UNKNOWN
    if alone:
        state = VerdictState.FAIL
    elif upper is not None and upper < question.threshold:
        state = VerdictState.PASS
    named = alone or beyond
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=_message(question, drifts, named, upper, canary_rows),
        effect=decimal(named[0].psi if named else drifts[0].canary.psi),
        lower=decimal(named[0].lower if named else None),
        upper=decimal(upper),
        threshold=decimal(question.threshold),
        canary_rows=canary_rows,
        stable_rows=stable_rows,
        features=tuple(one.name for one in named),
    )


def _drifts(question: Question, seen: Seen) -> list[Drift]:
    """Return the columns that are asked about, furthest from the canary's profile first."""
    canary, stable = profiles_of(seen)
    of_stable = {column.name: column for column in stable.features}
    asked = _asked(question, canary)
    drifts = [_drift(seen, column, of_stable.get(column.name)) for column in asked]
    return sorted(drifts, key=lambda drift: (-drift.canary.psi, drift.name))


def _asked(question: Question, profile: Profile) -> Sequence[Column]:
    counted = {column.name: column for column in profile.features}
    missing = [name for name in question.features if name not in counted]
    if missing:
        raise Undecided(
            f"The canary's profile does not count the column {missing[0]!r}: take it out of the gate's features, or"
            " train a version whose profile counts it."
        )
    if not counted:
        raise Undecided("The canary's profile counts no column.")
    return [counted[name] for name in question.features] or profile.features


def _drift(seen: Seen, column: Column, of_stable: Column | None) -> Drift:
    canary = _side([one.canary for one in seen.steps], column)
    if of_stable is None:
        return Drift(column.name, canary, None, "stable's profile does not count it")
    stable = _side([one.stable for one in seen.steps], of_stable)
    if _is_same(column, of_stable):
        return Drift(column.name, canary, None, _SAME_PROFILE)
    return Drift(column.name, canary, stable)


def _side(tables: Sequence[Table], column: Column) -> Side:
    live = add(read_feature(table, column) for table in tables)
    return Side(live, column.counts, psi(live, column.counts))


def _is_same(column: Column, other: Column) -> bool:
    return (
        column.counts == other.counts
        and column.edges == other.edges
        and column.categories == other.categories
    )


def _beyond(question: Question, drifts: Sequence[Drift]) -> Iterator[Beyond]:
    """Yield the columns that are proven to be beyond the threshold, those first where stable may be within."""
    alpha = question.alpha / len(drifts)
    above = [drift for drift in drifts if drift.canary.psi > question.threshold]
    for drift in sorted(above, key=lambda one: bool(_suspicion(one, question.threshold))):
        lower = psi_lower_bound(drift.canary.live, drift.canary.reference, alpha)
        if lower > question.threshold:
            yield Beyond(drift.name, drift.canary.psi, lower, _why_both(drift, question.threshold, alpha))


def _suspicion(drift: Drift, threshold: float) -> str:
    """Return why stable cannot be proven to be within the threshold; empty where that must be seen."""
    stable = drift.stable
    if stable is None:
        return drift.why_none
    if stable.psi < threshold:
        return ""
    return f"stable has left its own profile, too: PSI {short(stable.psi)} after {sum(stable.live):,} rows"


def _why_both(drift: Drift, threshold: float, alpha: float) -> str:
    suspicion, stable = _suspicion(drift, threshold), drift.stable
    if suspicion or stable is None:
        return suspicion
    upper = psi_upper_bound(stable.live, stable.reference, alpha)
    if upper < threshold:
        return ""
    return (
        f"stable is not proven to be within: PSI {short(stable.psi)}, upper bound {short(upper)} after"
        f" {sum(stable.live):,} rows"
    )


def _highest(question: Question, drifts: Sequence[Drift]) -> float | None:
    """Return the highest of the columns' upper bounds, as far as it takes to see one that is not below."""
    if drifts[0].canary.psi >= question.threshold:
        return None
    highest = 0.0
    for drift in drifts:
        highest = max(highest, psi_upper_bound(drift.canary.live, drift.canary.reference, question.alpha))
        if highest >= question.threshold:
            break
    return highest


def _message(
    question: Question, drifts: Sequence[Drift], named: Sequence[Beyond], upper: float | None, rows: int
) -> str:
    threshold, after = f"{question.threshold:g}", f"after {rows:,} canary rows"
    if named:
        first, others = named[0], "".join(f", {one.name} {short(one.psi)}" for one in named[1:])
        said = (
            f"{first.name} PSI {short(first.psi)} ({question.sureness} lower bound {short(first.lower)} >"
            f" {threshold}) {after}"
        )
        return (
            f"{said}, but {first.of_both}." if first.of_both else f"{said}, stable within it{_also(others)}."
        )
    worst = drifts[0]
    said = f"{worst.name} PSI {short(worst.canary.psi)}"
    if upper is not None and upper < question.threshold:
        return (
            f"{said} {after} ({question.sureness} upper bound {short(upper)} < {threshold}), the furthest of"
            f" {len(drifts)} columns."
        )
    return f"{said} {after}, not told from {threshold} yet{_missing(question, drifts, rows)}."


def _also(others: str) -> str:
    return f"; also{others.removeprefix(',')}" if others else ""


def _missing(question: Question, drifts: Sequence[Drift], rows: int) -> str:
    worst = drifts[0].canary
    columns = len(drifts) if worst.psi > question.threshold else 1
    return rows_missing(plan_psi(question, worst.psi, worst.reference, rows, columns), rows, "canary rows")
