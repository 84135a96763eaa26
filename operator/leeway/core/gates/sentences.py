"""Numbers and sentences of verdicts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, isfinite

from leeway.core.gates.question import Question
from leeway.core.judge.likelihood import Counts
from leeway.core.judge.plan import rows_for_psi

# Beyond this, a plan says nothing that somebody could wait for.
_MOST_ROWS = 10_000_000


def decimal(value: float | None) -> str | None:
    """Return a number as a field of status has it; None for what is no number."""
    return None if value is None or not isfinite(value) else f"{value:.4g}"


def short(value: float) -> str:
    """Return a number with the digits that matter to a reader."""
    return f"{value:.2g}" if value < 10 else f"{value:.4g}"


def percent(part: int, whole: int) -> str:
    """Return a share as text."""
    return f"{100 * part / whole:.3g} %"


def plan_psi(
    question: Question, measured: float, reference: Counts, rows: int, columns: int = 1
) -> Callable[[], int]:
    """Return the plan for as many rows of one arm as tell a PSI from the threshold, if it is as large as measured."""
    of_reference = max(sum(reference), 1)
    # A PSI of few rows is mostly noise, of this size on average.
    noise = (len(reference) - 1) * (1 / rows + 1 / of_reference)
    low, high = sorted((max(measured - noise, 0.0), question.threshold))
    return partial(
        rows_for_psi, high, low, question.alpha, columns=columns, bins=len(reference), reference=of_reference
    )


def planned_rows(plan: Callable[[], int]) -> float:
    """Return the rows that a plan asks for; infinity where no number of rows would do."""
    try:
        return plan()
    except (ValueError, ArithmeticError):
        return inf


def rows_missing(plan: Callable[[], int], seen: int, of: str) -> str:
    """Return how many more rows a plan asks for, as the end of a sentence; nothing where no number of rows would do."""
    wanted = planned_rows(plan)
    if wanted == inf:
        return ""
    if wanted > _MOST_ROWS:
        return f"; more than {_MOST_ROWS:,} {of} would be needed"
    missing = int(wanted) - seen
    return (
        f"; about {_rounded(missing):,} more {of} are needed"
        if missing > 0
        else f"; some more {of} are needed"
    )


def _rounded(rows: int) -> int:
    """Return a number of rows in two digits: a plan is no more exact than that."""
    step: int = 10 ** max(len(str(rows)) - 2, 0)
    return (rows + step - 1) // step * step
