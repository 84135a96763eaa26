"""Have the requests left the profile of the stable version? It speaks about the world, and moves nothing.

The window is tested against the version's own profile, each column with its share of alpha (union bound), as in
`core/gates/drift.py`; Pass needs no share, since one wrong bound is the only way to be wrong. Every beginning of a
window is a test of its own, valid at any look, so that alpha is split over those of a week, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from leeway.api.gates import Verdict, VerdictState
from leeway.core.evidence.profile import Column, Profile
from leeway.core.evidence.table import read_drawn, read_feature
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Undecided
from leeway.core.gates.sentences import decimal, short
from leeway.core.guard.watched import Window, require_rows
from leeway.core.guard.window import begins_in_a_week
from leeway.core.judge.bounds import psi_lower_bound, psi_upper_bound
from leeway.core.judge.likelihood import Counts
from leeway.core.judge.reference import psi

NAMED = 10


@dataclass(frozen=True, slots=True)
class Drift:
    """A column: its counts in the window and in the profile, and the PSI between them."""

    name: str
    live: Counts
    reference: Counts
    psi: float


@dataclass(frozen=True, slots=True)
class Beyond:
    """A column that is proven to be beyond the threshold."""

    name: str
    psi: float
    lower: float


def judge_drift(question: Question, window: Window) -> Verdict:
    """Return whether columns of the window are beyond the threshold."""
    window.require_full()
    drifts = _drifts(question, window)
    rows = require_rows(read_drawn(window.table), "rows")
    alpha = question.alpha / begins_in_a_week(window.of.seconds)
    beyond = list(islice(_beyond(drifts, question.threshold, alpha / len(drifts)), NAMED))
    upper = None if beyond else _highest(drifts, question.threshold, alpha)
    is_within = upper is not None and upper < question.threshold
    state = VerdictState.PASS if is_within else VerdictState.UNKNOWN
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=VerdictState.FAIL if beyond else state,
        message=f"{_said(question, drifts, beyond, upper)}, after {rows:,} rows of {window.span}.",
        effect=decimal(beyond[0].psi if beyond else drifts[0].psi),
        lower=decimal(beyond[0].lower) if beyond else None,
        upper=decimal(upper),
        threshold=decimal(question.threshold),
        stable_rows=rows,
        features=tuple(one.name for one in beyond),
    )


def _drifts(question: Question, window: Window) -> list[Drift]:
    """Return the columns that are asked about, furthest from the profile first."""
    made = (
        Drift(column.name, live, column.counts, psi(live, column.counts))
        for column in _asked(question, window.require_profile())
        if (live := read_feature(window.table, column))
    )
    return sorted(made, key=lambda drift: (-drift.psi, drift.name))


def _asked(question: Question, profile: Profile) -> Sequence[Column]:
    counted = {column.name: column for column in profile.features}
    missing = [name for name in question.features if name not in counted]
    if missing:
        raise Undecided(
            f"The profile does not count the column {missing[0]!r}: take it out of the features of the gate"
            f" {question.name} (spec.gates), or train a version whose profile counts it."
        )
    if not counted:
        raise Undecided("The version's profile counts no column.")
    return [counted[name] for name in question.features] or profile.features


def _beyond(drifts: Sequence[Drift], threshold: float, alpha: float) -> Iterator[Beyond]:
    for drift in drifts:
        if drift.psi <= threshold:
            return
        lower = psi_lower_bound(drift.live, drift.reference, alpha)
        if lower > threshold:
            yield Beyond(drift.name, drift.psi, lower)


def _highest(drifts: Sequence[Drift], threshold: float, alpha: float) -> float | None:
    """Return the highest of the columns' upper bounds, as far as it takes to see one that is not below."""
    if drifts[0].psi >= threshold:
        return None
    highest = 0.0
    for drift in drifts:
        highest = max(highest, psi_upper_bound(drift.live, drift.reference, alpha))
        if highest >= threshold:
            break
    return highest


def _said(question: Question, drifts: Sequence[Drift], beyond: Sequence[Beyond], upper: float | None) -> str:
    threshold, sure = f"{question.threshold:g}", f"{question.sureness} sure over a week"
    if beyond:
        first = beyond[0]
        others = "".join(f", {one.name} {short(one.psi)}" for one in beyond[1:])
        also = f"; also{others.removeprefix(',')}" if others else ""
        return f"{first.name} PSI {short(first.psi)} (lower bound {short(first.lower)} > {threshold}, {sure}){also}"
    worst = f"{drifts[0].name} PSI {short(drifts[0].psi)}"
    if upper is not None and upper < question.threshold:
        return f"{worst} (upper bound {short(upper)} < {threshold}, {sure}), the furthest of {len(drifts)} columns"
    return f"{worst}, not told from {threshold} yet"
