"""DataDrift: the canary's columns have left its profile, and stable's have not left stable's.

The error probability. Fail says of one column that the canary's PSI is above the threshold and stable's below. If
that is false, one of the two is false, and its bound is wrong with probability alpha / columns; so Fail is wrong of one
column with that probability at most, and of any with alpha (union bound). Pass says that all columns are below. If one
is not, its own bound must be wrong, which has probability alpha whatever the others do. So nothing is split over the
two arms, and for Pass nothing over columns.

Over several steps stable is judged in the canary's mix of them (`mixed`). Of a world that drifts while the share
changes, what the arms have added up would be of unlike times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil

from leeway.api.gates import Verdict, VerdictState
from leeway.core.evidence.profile import Column, Profile
from leeway.core.evidence.table import read_drawn, read_feature
from leeway.core.gates.mixed import as_it_is, expected
from leeway.core.gates.planned import Plan, plan_psi
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Seen, Undecided, profiles_of, require_traffic, shared_by_both
from leeway.core.gates.sentences import WOULD_BE_FOUND, decimal, short
from leeway.core.judge.bounds import psi_lower_bound, psi_upper_bound
from leeway.core.judge.likelihood import Counts, add
from leeway.core.judge.plan import rows_for_psi
from leeway.core.judge.reference import psi

NAMED = 10
_MANY = 1_000_000  # rows of a reference that is taken as exact, as upper bounds do
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
    """A column that is proven to be beyond the threshold in the canary; `of_both` says why stable may be, too.

    It is open while more rows of stable may still show that stable is not, or stable does not count it at all.
    """

    name: str
    psi: float
    lower: float
    of_both: str
    is_open: bool


def judge_data_drift(question: Question, seen: Seen) -> Verdict:
    """Return whether columns of the canary, and not of stable, are beyond the threshold."""
    seen = shared_by_both(seen, read_drawn)
    canary_rows, stable_rows = require_traffic(seen, read_drawn)
    drifts = _drifts(question, seen)
    beyond = list(islice(_beyond(question, drifts), NAMED))
    alone = [one for one in beyond if not one.of_both]
    upper = _highest(question, drifts)
    plan = _plan(question, drifts, canary_rows / stable_rows)
    if any(one.is_open for one in beyond):
        plan = replace(plan, rows=None, why_none="more rows of stable are needed")
    state = VerdictState.UNKNOWN
    if alone:
        state = VerdictState.FAIL
    elif _is_below(question, upper) or plan.is_reached(canary_rows):
        state = VerdictState.PASS
    named = alone or beyond
    told = _told(question, state, plan, canary_rows)
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=_beyond_said(question, named, canary_rows, told)
        if named
        else _within_said(question, drifts, upper, canary_rows, told),
        effect=decimal(named[0].psi if named else drifts[0].canary.psi),
        lower=decimal(named[0].lower if named else None),
        upper=decimal(upper),
        threshold=decimal(question.threshold),
        canary_rows=canary_rows,
        stable_rows=stable_rows,
        planned_rows=plan.rows,
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
    canary = _side(add(read_feature(one.canary, column) for one in seen.steps), column)
    if of_stable is None:
        return Drift(column.name, canary, None, "stable's profile does not count it")
    stable = _side(_in_mix_of_canary(seen, of_stable), of_stable)
    if _is_same(column, of_stable):
        return Drift(column.name, canary, None, _SAME_PROFILE)
    return Drift(column.name, canary, stable)


def _in_mix_of_canary(seen: Seen, of_stable: Column) -> Counts:
    return expected(
        [read_drawn(one.canary) for one in seen.steps],
        [as_it_is(read_feature(one.stable, of_stable)) for one in seen.steps],
    )


def _side(live: Counts, column: Column) -> Side:
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
    for drift in sorted(above, key=lambda one: not _may_be_alone(one, question.threshold)):
        lower = psi_lower_bound(drift.canary.live, drift.canary.reference, alpha)
        if lower > question.threshold:
            why_both = _why_both(drift, question.threshold, alpha)
            is_open = bool(why_both) and _may_be_alone(drift, question.threshold)
            yield Beyond(drift.name, drift.canary.psi, lower, why_both, is_open)


def _may_be_alone(drift: Drift, threshold: float) -> bool:
    """Return whether stable may yet turn out to be within; of equal profiles, both are beyond or neither is."""
    return drift.why_none != _SAME_PROFILE and (drift.stable is None or drift.stable.psi < threshold)


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


def _is_below(question: Question, upper: float | None) -> bool:
    return upper is not None and upper < question.threshold


def _plan(question: Question, drifts: Sequence[Drift], canary_to_stable: float) -> Plan:
    """Return the plan of the column that needs most rows of the canary, or of stable to clear itself."""
    plans = [
        plan_psi(question, drift.canary.reference, tolerated=question.threshold, columns=len(drifts))
        for drift in drifts
    ]
    unreachable = next((plan for plan in plans if plan.rows is None), None)
    if unreachable is not None:
        return unreachable
    of_stable = rows_for_psi(question.threshold, 0.0, question.alpha, columns=len(drifts), reference=_MANY)
    return Plan(max(ceil(of_stable * canary_to_stable), *(plan.rows or 0 for plan in plans)))


def _told(question: Question, state: VerdictState, plan: Plan, rows: int) -> str:
    """Return the end of the sentence: why it is not waited for any longer, or what is missing."""
    if state is VerdictState.PASS:
        return f"; that the canary alone has left it by a PSI of {question.detectable:g} {WOULD_BE_FOUND}"
    return plan.missing(rows)


def _beyond_said(question: Question, named: Sequence[Beyond], rows: int, told: str) -> str:
    first, others = named[0], "".join(f", {one.name} {short(one.psi)}" for one in named[1:])
    said = (
        f"{first.name} PSI {short(first.psi)} ({question.sureness} lower bound {short(first.lower)} >"
        f" {question.threshold:g}) after {rows:,} canary rows"
    )
    also = f"; also{others.removeprefix(',')}" if others else ""
    return f"{said}, but {first.of_both}{told}." if first.of_both else f"{said}, stable within it{also}."


def _within_said(
    question: Question, drifts: Sequence[Drift], upper: float | None, rows: int, told: str
) -> str:
    worst, threshold = drifts[0], f"{question.threshold:g}"
    said = f"{worst.name} PSI {short(worst.canary.psi)} after {rows:,} canary rows"
    if upper is not None and upper < question.threshold:
        return (
            f"{said} ({question.sureness} upper bound {short(upper)} < {threshold}), the furthest of"
            f" {len(drifts)} columns."
        )
    return f"{said}, not told from {threshold} yet{told}."
