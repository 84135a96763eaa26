"""How many rows of the canary would have shown the effect that a gate must not miss, and what is missing of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

from leeway.core.gates.question import Question
from leeway.core.judge.arms import Stratum
from leeway.core.judge.likelihood import Counts
from leeway.core.judge.plan import rows_for_psi, share_of_plan

# Beyond this, a plan says nothing that somebody could wait for.
MOST_ROWS = 10_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows of the canary after which the gate passes if nothing was found; of None, `why_none` is a clause."""

    rows: int | None
    of: str = "canary rows"
    why_none: str = ""

    def is_reached(self, rows: int) -> bool:
        """Return whether so many rows would have shown the effect."""
        return self.rows is not None and rows >= self.rows

    def missing(self, rows: int) -> str:
        """Return what is missing after so many rows, as the end of a sentence."""
        if self.rows is None:
            return f"; {self.why_none}" if self.why_none else ""
        left = self.rows - rows
        return f"; about {_rounded(left):,} more {self.of} are needed" if left > 0 else ""


def plan_psi(
    question: Question, reference: Counts, *, tolerated: float, columns: int = 1, strata: int = 1
) -> Plan:
    """Return the plan for a PSI from reference counts, in one of so many columns."""
    rows, detectable = sum(reference), question.detectable
    try:
        return _within_reach(
            rows_for_psi(
                detectable,
                tolerated,
                question.alpha,
                columns=columns,
                bins=len(reference),
                reference=max(rows, 1),
                strata=strata,
            ),
            "canary rows",
        )
    except ValueError:
        told = f"from {tolerated:g}" if tolerated else "from none"
        return Plan(
            None,
            why_none=f"a reference of {rows:,} rows cannot tell a PSI of {detectable:g} {told}: raise the gate's"
            " minDetectableEffect, or let the reference have more rows",
        )


def plan_odds(question: Question, strata: Sequence[Stratum], rate: float, found: float, of: str) -> Plan:
    """Return the plan for an odds ratio, at the mix of weights so far.

    `rate` is stable's share of bad rows, and `found` the share of the canary's bad rows that no incident is left out
    for: so much less of the effect is seen.
    """
    ratio, canary = question.detectable * found, sum(sum(one.canary) for one in strata)
    if ratio <= question.threshold:
        why = f"most {of} that went wrong did so within one short time, for which it is forgiven"
        return Plan(None, of, why)
    arms = [(sum(one.canary), sum(one.stable)) for one in strata]
    share = share_of_plan(arms, ratio, rate, question.alpha, question.threshold)
    # Of an effect next to the threshold, rounding may leave nothing, or less than that.
    return _within_reach(canary / share if share > 0 else inf, of)


def _within_reach(rows: float, of: str) -> Plan:
    if rows > MOST_ROWS:
        return Plan(None, of, f"more than {MOST_ROWS:,} {of} would be needed")
    return Plan(ceil(rows), of)


def _rounded(rows: int) -> int:
    """Return a number of rows in two digits: a plan is no more exact than that."""
    step: int = 10 ** max(len(str(rows)) - 2, 0)
    return (rows + step - 1) // step * step
