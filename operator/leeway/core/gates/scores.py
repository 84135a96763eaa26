"""Gates on scores: PredictionDrift against what stable's scores let expect, Divergence of one model from itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import log, sqrt
from operator import mul

from leeway.api.gates import Verdict, VerdictState
from leeway.core.evidence.profile import Bridge, Profile
from leeway.core.evidence.table import read_drawn, read_score
from leeway.core.gates.mixed import Expected, as_it_is, expected
from leeway.core.gates.planned import Plan, plan_psi
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Seen, Undecided, profiles_of, shared_by_both, strata_of
from leeway.core.gates.sentences import WOULD_BE_FOUND, decimal, short
from leeway.core.judge.arms import Stratum, log_e_differ
from leeway.core.judge.bounds import psi_lower_bound, psi_upper_bound
from leeway.core.judge.likelihood import Counts, add
from leeway.core.judge.reference import psi, slack
from leeway.core.judge.verdict import Effect, judge_below


def judge_prediction_drift(question: Question, seen: Seen) -> Verdict:
    """Return whether the canary's scores are unlike what stable's and the bridge let expect."""
    canary, stable = profiles_of(seen)
    bridge = _bridge_between(seen, canary, stable)
    strata = _scores(seen, canary, stable)
    reference = _expected(strata, partial(_through, bridge))
    effect = _measure(question, strata, reference)
    plan = plan_psi(question, reference, tolerated=question.threshold)
    state = _with_plan(judge_below(effect, question.threshold), plan, effect)
    return _verdict(question, strata, effect, plan, state, _told(question, effect, state, plan))


def judge_divergence(question: Question, seen: Seen) -> Verdict:
    """Return whether two revisions of one model file answer unlike.

    Fail is proof that they do (T3, whatever the traffic) and a measured PSI above what is tolerated.
    """
    if seen.canary.digest != seen.stable.digest:
        raise Undecided(
            "Divergence compares two revisions of one model file, and these serve different ones: use PredictionDrift."
        )
    canary, stable = profiles_of(seen)
    if canary.digest != stable.digest:
        raise Undecided(
            "The two revisions count against different profiles, so that their scores have unlike bins."
        )
    strata = _scores(seen, canary, stable)
    reference = _expected(strata, as_it_is)
    effect = _measure(question, strata, reference)
    differ = log_e_differ(strata) >= log(1 / question.alpha)
    plan = plan_psi(question, reference, tolerated=0.0, strata=len(strata))
    state = judge_below(effect, question.threshold)
    if state is not VerdictState.PASS:
        state = VerdictState.FAIL if differ and effect.value > question.threshold else VerdictState.UNKNOWN
    state = _with_plan(state, plan, effect)
    return _verdict(question, strata, effect, plan, state, _told_of_twins(question, effect, state, plan))


def _with_plan(state: VerdictState, plan: Plan, effect: Effect) -> VerdictState:
    is_reached = state is VerdictState.UNKNOWN and plan.is_reached(effect.rows)
    return VerdictState.PASS if is_reached else state


def _bridge_between(seen: Seen, canary: Profile, stable: Profile) -> Bridge:
    bridge, version, live = canary.bridge, seen.canary.version, seen.stable.version
    if bridge is None:
        raise Undecided(
            f"The profile of version {version} has no bridge to {live}: train it again while {live} is live, so that"
            " both score the same rows."
        )
    again = f"train it again while {live} is live."
    if _digits(bridge.against_digest) != _digits(seen.stable.digest):
        raise Undecided(
            f"The bridge of version {version} is to another model file than that of {live}: {again}"
        )
    if _digits(bridge.against_profile) != stable.digest or len(bridge.counts) != len(stable.score.counts):
        raise Undecided(f"The bridge of version {version} is to another profile than that of {live}: {again}")
    return bridge


def _digits(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _scores(seen: Seen, canary: Profile, stable: Profile) -> list[Stratum]:
    """Return the scores of both arms in each step in which both had traffic."""
    return strata_of(
        shared_by_both(seen, read_drawn),
        partial(read_score, column=canary.score),
        partial(read_score, column=stable.score),
    )


def _expected(strata: Sequence[Stratum], of_stable: Callable[[Counts], Expected]) -> Counts:
    return expected([sum(one.canary) for one in strata], [of_stable(one.stable) for one in strata])


def _through(bridge: Bridge, stable: Counts) -> Expected:
    """Return the canary's expected shares, given stable's scores.

    Stable's share s_i of bin i and the bridge's share p_ij are both estimates, of n rows and of J_i. By the law of
    total variance the expected share e_j then has a variance of at most e_j (1 - e_j) / min(n, J_i / s_i over i).
    """
    rows = sum(stable)
    shares = [count / rows for count in stable]
    overall = [sum(column) + 0.5 for column in zip(*bridge.counts, strict=True)]
    # Of a bin without rows of reference nothing is known but the overall shares: one row that is shared out so.
    likely = [
        _shares([n + o / sum(overall) for n, o in zip(row, overall, strict=True)]) for row in bridge.counts
    ]
    through = tuple(sum(map(mul, shares, column)) for column in zip(*likely, strict=True))
    worth = ((sum(row) + 1) / share for row, share in zip(bridge.counts, shares, strict=True) if share)
    return Expected(through, min(rows, *worth))


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts]


def _measure(question: Question, strata: Sequence[Stratum], reference: Counts) -> Effect:
    live = add(one.canary for one in strata)
    # The bounds are those of PSI against the counts as they are. The lower one allows for their error; here the upper
    # one must, too, since the shares are an estimate and no agreed reference.
    upper = 2 * (sqrt(psi_upper_bound(live, reference, question.alpha) / 2) + slack(reference)) ** 2
    return Effect(psi(live, reference), psi_lower_bound(live, reference, question.alpha), upper, sum(live))


def _verdict(
    question: Question,
    strata: Sequence[Stratum],
    effect: Effect,
    plan: Plan,
    state: VerdictState,
    message: str,
) -> Verdict:
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=message,
        effect=decimal(effect.value),
        lower=decimal(effect.lower),
        upper=decimal(effect.upper),
        threshold=decimal(question.threshold),
        canary_rows=effect.rows,
        stable_rows=sum(sum(one.stable) for one in strata),
        planned_rows=plan.rows,
    )


def _told(question: Question, effect: Effect, state: VerdictState, plan: Plan) -> str:
    after = f"after {effect.rows:,} canary rows"
    if state is VerdictState.FAIL:
        return (
            f"score PSI {short(effect.value)} ({question.sureness} lower bound {short(effect.lower)} >"
            f" {question.threshold:g}) {after}, against what stable's scores and the bridge let expect."
        )
    return _within_or_not_told(question, effect, state, plan)


def _told_of_twins(question: Question, effect: Effect, state: VerdictState, plan: Plan) -> str:
    if state is VerdictState.FAIL:
        return (
            f"score PSI {short(effect.value)} between canary and stable after {effect.rows:,} canary rows, though both"
            f" serve one model file; {question.threshold:g} is tolerated, and that they answer alike is ruled out"
            f" ({question.sureness})."
        )
    return _within_or_not_told(question, effect, state, plan)


def _within_or_not_told(question: Question, effect: Effect, state: VerdictState, plan: Plan) -> str:
    said, after = f"score PSI {short(effect.value)}", f"after {effect.rows:,} canary rows"
    if effect.upper < question.threshold:
        return f"{said} ({question.sureness} upper bound {short(effect.upper)} < {question.threshold:g}) {after}."
    if state is VerdictState.PASS:
        return f"{said} {after}; a PSI of {question.detectable:g} {WOULD_BE_FOUND}."
    return f"{said} {after}, not told from {question.threshold:g} yet{plan.missing(effect.rows)}."
