"""Is the canary worse? Two bins, bad and good, and the odds ratio of canary to stable between its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import isfinite

from leeway.api.gates import Verdict, VerdictState
from leeway.core.gates.question import Question
from leeway.core.gates.seen import rows_of, summed
from leeway.core.gates.sentences import decimal, percent, rows_missing, short
from leeway.core.judge.arms import Stratum, odds_ratio, odds_ratio_lower_bound, odds_ratio_upper_bound
from leeway.core.judge.bounds import share_interval
from leeway.core.judge.plan import rows_for_odds_ratio
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
    is_negligible = _upper_share(question, compared) < NEGLIGIBLE
    if state is VerdictState.UNKNOWN and is_negligible:
        state = VerdictState.PASS
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=_measured(compared, effect) + _conclusion(question, compared, effect, state),
        effect=decimal(effect.value) if effect else None,
        lower=decimal(effect.lower) if effect else None,
        upper=decimal(effect.upper) if effect else None,
        threshold=decimal(question.threshold),
        canary_rows=canary_rows,
        stable_rows=stable_rows,
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
    threshold = f"{question.threshold:g}"
    if effect and state is VerdictState.FAIL:
        return f" ({question.sureness} lower bound {short(effect.lower)} > {threshold})."
    if effect and state is VerdictState.PASS and effect.upper < question.threshold:
        return f" ({question.sureness} upper bound {short(effect.upper)} < {threshold})."
    if state is VerdictState.PASS:
        upper = f"{100 * _upper_share(question, compared):.2g} %"
        return f"; at most {upper} in the canary, {question.sureness} sure, is too little to hold it for."
    if effect is None:
        return f": nothing to compare yet{_missing_for_negligible(question, compared)}."
    upper = short(effect.upper) if isfinite(effect.upper) else "none"
    bounds = f"lower bound {short(effect.lower)}, upper bound {upper}, {question.sureness} sure"
    return f", not told from {threshold} yet ({bounds}){_missing(question, compared, effect.value)}."


def _missing(question: Question, compared: Compared, ratio: float) -> str:
    (bad, good), (stable_bad, stable_good) = summed(compared.strata)
    canary, stable = bad + good, stable_bad + stable_good
    rate, margin = (stable_bad + 0.5) / (stable + 1), question.threshold
    if ratio <= margin:
        # That the odds of bad are smaller is the same as that those of good are larger.
        rate, ratio, margin = 1 - rate, 1 / ratio, 1 / margin
    plan = partial(rows_for_odds_ratio, ratio, rate, canary / (canary + stable), question.alpha, margin)
    return rows_missing(plan, canary + stable, f"{compared.of} of both arms")


def _missing_for_negligible(question: Question, compared: Compared) -> str:
    if not compared.may_be_negligible:
        return ""

    def plan() -> int:
        rows = 1
        while share_interval(0, rows, question.alpha)[1] >= NEGLIGIBLE:
            rows = rows * 11 // 10 + 1
        return rows

    return rows_missing(plan, sum(summed(compared.strata)[0]), f"{compared.of} of the canary")
