"""Whether both arms get requests of one kind: of unlike ones, no comparison says anything of the model."""

from __future__ import annotations

from functools import partial
from math import log

from leeway.api.gates import Verdict, VerdictState
from leeway.core.evidence.profile import UNSEEN, Column
from leeway.core.evidence.table import Table, read_drawn, read_feature
from leeway.core.gates.planned import Plan, plan_psi
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Seen, Undecided, profiles_of, require_traffic, strata_of
from leeway.core.gates.sentences import WOULD_BE_FOUND, decimal
from leeway.core.judge.arms import log_e_differ
from leeway.core.judge.likelihood import Counts, add
from leeway.core.judge.merging import e_bh, log_mean_e

NAMED = 10


def judge_comparable(question: Question, seen: Seen) -> Verdict:
    """Return whether the canary's columns are distributed otherwise than stable's in the same requests.

    There is nothing to be proven for Pass: it says that a PSI of the threshold would have been found by now.
    """
    canary_rows, stable_rows = require_traffic(seen, read_drawn)
    evidence = _evidence(seen)
    plan = _plan(question, seen, len(evidence))
    state = VerdictState.UNKNOWN
    unlike: tuple[str, ...] = ()
    if log_mean_e(list(evidence.values())) >= log(1 / question.alpha):
        state = VerdictState.FAIL
        unlike = e_bh(evidence, question.alpha) or (max(evidence, key=evidence.__getitem__),)
    elif plan.is_reached(canary_rows):
        state = VerdictState.PASS
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=_message(question, state, unlike, (canary_rows, stable_rows, len(evidence)), plan),
        threshold=decimal(question.threshold),
        canary_rows=canary_rows,
        stable_rows=stable_rows,
        planned_rows=plan.rows,
        features=unlike[:NAMED],
    )


def _plan(question: Question, seen: Seen, columns: int) -> Plan:
    """Return the plan for the column with most bins, as if stable's rows were a reference."""
    _, stable = profiles_of(seen)
    most = max(stable.features, key=lambda column: len(column.labels))
    live = add(read_feature(one.stable, most) for one in seen.steps)
    return plan_psi(question, live, tolerated=0.0, columns=columns, strata=len(seen.steps))


def _evidence(seen: Seen) -> dict[str, float]:
    """Return the evidence of each column that both arms count in the same bins."""
    canary, stable = profiles_of(seen)
    of_stable = {column.name: column for column in stable.features}
    alike = [
        (column, of_stable[column.name])
        for column in canary.features
        if column.name in of_stable and _has_same_bins(column, of_stable[column.name])
    ]
    if not alike:
        raise Undecided(
            "No column has the same bins in both versions' profiles, so that the arms cannot be compared."
        )
    return {
        column.name: log_e_differ(strata_of(seen, partial(_bins, column), partial(_bins, other)))
        for column, other in alike
    }


def _has_same_bins(column: Column, other: Column) -> bool:
    return (
        column.edges == other.edges
        and column.categories == other.categories
        and column.limits == other.limits
        and column.labels == other.labels
    )


def _bins(column: Column, table: Table) -> Counts:
    counts = read_feature(table, column)
    if column.labels[-1] != UNSEEN:
        return counts
    # Which rare category is known is another thing in each version; that it is none of the frequent ones is not.
    return (*counts[:-2], counts[-2] + counts[-1])


def _message(
    question: Question,
    state: VerdictState,
    unlike: tuple[str, ...],
    of: tuple[int, int, int],
    plan: Plan,
) -> str:
    canary_rows, stable_rows, columns = of
    after = f"after {canary_rows:,} canary and {stable_rows:,} stable rows"
    if state is VerdictState.FAIL:
        return (
            f"The arms get unlike requests, {question.sureness} sure, {after}: {', '.join(unlike[:NAMED])}. Look for"
            " sticky sessions, or for clients that know only one of the two Services."
        )
    if state is VerdictState.PASS:
        return (
            f"No difference of {columns} columns between the arms {after}; a PSI of {question.detectable:g}"
            f" {WOULD_BE_FOUND}."
        )
    return f"No difference of {columns} columns between the arms {after}{plan.missing(canary_rows)}."
