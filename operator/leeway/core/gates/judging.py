"""Judge a pair of arms by the gates of a rollout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from leeway.api.gates import Gate, GateMetric, Verdict, VerdictState
from leeway.core.evidence.pair import Pair
from leeway.core.evidence.table import CountsRefused
from leeway.core.gates.comparable import judge_comparable
from leeway.core.gates.drift import judge_data_drift
from leeway.core.gates.question import ARMS_COMPARABLE, INVALID_INPUT, Question, make_questions
from leeway.core.gates.scores import judge_divergence, judge_prediction_drift
from leeway.core.gates.seen import Seen, Undecided, see
from leeway.core.gates.sentences import decimal
from leeway.core.gates.worse import judge_errors, judge_invalid, judge_latency, judge_quality

_JUDGES: Mapping[str, Callable[[Question, Seen], Verdict]] = MappingProxyType(
    {
        GateMetric.DATA_DRIFT: judge_data_drift,
        GateMetric.PREDICTION_DRIFT: judge_prediction_drift,
        GateMetric.DIVERGENCE: judge_divergence,
        GateMetric.ERROR_RATE: judge_errors,
        GateMetric.LATENCY: judge_latency,
        GateMetric.QUALITY: judge_quality,
        INVALID_INPUT: judge_invalid,
        ARMS_COMPARABLE: judge_comparable,
    }
)


def judge(gates: Sequence[Gate], false_alarm_rate: str, pair: Pair) -> tuple[Verdict, ...]:
    """Return a verdict for each gate, and for the two that every rollout has, in this order.

    What is missing or cannot be right in the evidence is Unknown, with the reason. An exception is a fault of this
    code: it is not hidden in a verdict here, and whoever calls says so in the verdicts of `unknown_for_all`.
    """
    rate = float(false_alarm_rate)
    questions = make_questions(gates, rate)
    try:
        _require_rate(rate)
        seen = see(pair)
    except (Undecided, CountsRefused) as reason:
        return tuple(_unknown(question, f"{reason}") for question in questions)
    return tuple(_answer(question, seen) for question in questions)


def unknown_for_all(gates: Sequence[Gate], false_alarm_rate: str, reason: str) -> tuple[Verdict, ...]:
    """Return an Unknown for each gate and the two that every rollout has: nothing can be judged, for this reason.

    The reason is a sentence for people.
    """
    return tuple(_unknown(question, reason) for question in make_questions(gates, float(false_alarm_rate)))


def _require_rate(rate: float) -> None:
    if not 0 < rate < 1:
        raise Undecided(
            f"spec.falseAlarmRate is {rate:g}: nothing is proven with it. Set one above 0 and below 1."
        )


def _answer(question: Question, seen: Seen) -> Verdict:
    if not 0 < question.alpha < 1:
        return _unknown(
            question, "spec.falseAlarmRate must be above 0 and below 1: nothing is proven otherwise."
        )
    if question.threshold <= 0:
        return _unknown(question, f"The gate's threshold is {question.threshold:g}: set one above 0.")
    try:
        verdict = _JUDGES[question.metric](question, seen)
    except (Undecided, CountsRefused) as reason:
        return _unknown(question, f"{reason}")
    return verdict.model_copy(update={"on_fail": question.on_fail})


def _unknown(question: Question, reason: str) -> Verdict:
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=VerdictState.UNKNOWN,
        message=reason,
        threshold=decimal(question.threshold),
        on_fail=question.on_fail,
    )
