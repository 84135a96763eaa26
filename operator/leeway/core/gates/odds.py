"""Is the canary worse? Two bins, bad and good, and the odds ratio of canary to stable between its bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from leeway.api.gates import Verdict, VerdictState
from leeway.core.gates.planned import Plan, plan_odds
from leeway.core.gates.question import Question
from leeway.core.gates.seen import rows_of, summed
from leeway.core.gates.sentences import WOULD_BE_FOUND, decimal, percent, short
from leeway.core.judge.arms import Stratum, odds_ratio, odds_ratio_lower_bound, odds_ratio_upper_bound
from leeway.core.judge.bounds import share_interval
from leeway.core.judge.verdict import Effect, judge_below

# Where hardly anything goes wrong in either arm, no odds ratio is ever told from another. A canary passes, too, when a
# smaller share than this is proven.
NEGLIGIBLE = 0.001


@dataclass(frozen=True, slots=True)
class Compared:
    """Both arms in bad and good, and the words for them; of the forgiving strata an incident is left out."""

    strata: list[Stratum]
    forgiving: list[Stratum]
    of: str  # requests, answers with feedback
    bad: str  # "failed", "took longer than 0.25 s"
    may_be_negligible: bool = True


def judge_odds(question: Question, compared: Compared) -> Verdict:
    """Return whether bad is more frequent in the canary than stable's odds times the threshold."""
    canary_rows, stable_rows = rows_of(compared.strata)
    effect = _measure(question, compared, canary_rows)
    state = judge_below(effect, question.threshold)
    plan = _plan(question, compared)
    is_below = state is VerdictState.PASS
    is_negligible = _upper_share(question, compared) < NEGLIGIBLE
    if state is VerdictState.UNKNOWN and (is_negligible or plan.is_reached(canary_rows)):
        state = VerdictState.PASS
    told = _conclusion(question, compared, effect, state)
    if state is VerdictState.PASS and not (is_below or is_negligible):
        told = _planned(question, compared)
    elif state is VerdictState.UNKNOWN:
        told = _not_told(question, effect, plan.missing(canary_rows))
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=_measured(compared, effect) + told,
        effect=decimal(effect.value) if effect else None,
        lower=decimal(effect.lower) if effect else None,
        upper=decimal(effect.upper) if effect else None,
        threshold=decimal(question.threshold),
        canary_rows=canary_rows,
        stable_rows=stable_rows,
        planned_rows=plan.rows,
    )


def _measure(question: Question, compared: Compared, rows: int) -> Effect | None:
    """Return the odds ratio; None where nothing bad has happened in either arm, so that there is none."""
    if not any(one.canary[0] + one.stable[0] for one in compared.strata):
        return None
    return Effect(
        odds_ratio(compared.strata),
        odds_ratio_lower_bound(compared.forgiving, question.alpha),
        odds_ratio_upper_bound(compared.strata, question.alpha),
        rows,
    )


def _upper_share(question: Question, compared: Compared) -> float:
    """Return the largest share of bad in the canary that is possible; 1 where no share is small enough to pass by."""
    if not compared.may_be_negligible:
        return 1.0
    (bad, good), _ = summed(compared.strata)
    return share_interval(bad, bad + good, question.alpha)[1]


def _measured(compared: Compared, effect: Effect | None) -> str:
    (bad, good), (stable_bad, stable_good) = summed(compared.strata)
    ratio = f": odds ratio {short(effect.value)}" if effect else ""
    return (
        f"{percent(bad, bad + good)} of the canary's {bad + good:,} {compared.of} {compared.bad},"
        f" {percent(stable_bad, stable_bad + stable_good)} of stable's {stable_bad + stable_good:,}{ratio}"
    )


def _conclusion(question: Question, compared: Compared, effect: Effect | None, state: VerdictState) -> str:
    """Return why what was measured is proven to be above or below."""
    threshold = f"{question.threshold:g}"
    if effect and state is VerdictState.FAIL:
        return f" ({question.sureness} lower bound {short(effect.lower)} > {threshold})."
    if effect and effect.upper < question.threshold:
        return f" ({question.sureness} upper bound {short(effect.upper)} < {threshold})."
    upper = f"{100 * _upper_share(question, compared):.2g} %"
    return f"; at most {upper} in the canary, {question.sureness} sure, is too little to hold it for."


def _planned(question: Question, compared: Compared) -> str:
    if _rate(compared) < _least_rate(question, compared):
        return f"; {100 * NEGLIGIBLE:g} % in the canary {WOULD_BE_FOUND}."
    return f"; an odds ratio of {question.detectable:g} {WOULD_BE_FOUND}."


def _not_told(question: Question, effect: Effect | None, missing: str) -> str:
    if effect is None:
        return f": nothing to compare yet{missing}."
    upper = short(effect.upper) if isfinite(effect.upper) else "none"
    bounds = f"lower bound {short(effect.lower)}, upper bound {upper}, {question.sureness} sure"
    return f", not told from {question.threshold:g} yet ({bounds}){missing}."


def _plan(question: Question, compared: Compared) -> Plan:
    """Return the plan at stable's share of bad, or at the least one of which the effect matters."""
    rate = max(_rate(compared), _least_rate(question, compared))
    found = sum(one.canary[0] for one in compared.forgiving)
    bad = sum(one.canary[0] for one in compared.strata)
    share_found = found / bad if bad else 1.0
    plan = plan_odds(question, compared.strata, rate, share_found, f"{compared.of} of the canary")
    if bad or plan.rows is None or not compared.may_be_negligible:
        return plan
    return replace(plan, rows=min(plan.rows, _rows_for_negligible(question)))


def _rows_for_negligible(question: Question) -> int:
    """Return after how many rows without a bad one a negligible share is proven."""
    rows = 1
    while share_interval(0, rows, question.alpha)[1] >= NEGLIGIBLE:
        rows = rows * 11 // 10 + 1
    return rows


def _rate(compared: Compared) -> float:
    _, (bad, good) = summed(compared.strata)
    # Half a row more in each, so that a stable without a failure has a rate.
    return (bad + 0.5) / (bad + good + 1)


def _least_rate(question: Question, compared: Compared) -> float:
    """Return the share of bad in stable below which the effect leaves the canary at a negligible share."""
    return NEGLIGIBLE / question.detectable if compared.may_be_negligible else 0.0
