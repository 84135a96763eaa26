"""Judge the stable revision by the questions of its guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from leeway.api.gates import GateMetric, Verdict, VerdictState
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.evidence.table import CountsRefused
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Undecided
from leeway.core.gates.sentences import decimal
from leeway.core.guard.drift import judge_drift
from leeway.core.guard.question import GuardQuestion, make_guard_questions
from leeway.core.guard.watched import Watched, Window, see_window
from leeway.core.guard.worse import judge_errors, judge_latency, judge_quality

_JUDGES: Mapping[str, Callable[[Question, Window], Verdict]] = MappingProxyType(
    {
        GateMetric.DATA_DRIFT: judge_drift,
        GateMetric.ERROR_RATE: judge_errors,
        GateMetric.LATENCY: judge_latency,
        GateMetric.QUALITY: judge_quality,
    }
)


def judge_guard(spec: ModelDeploymentSpec, watched: Watched) -> tuple[Verdict, ...]:
    """Return a verdict for each question of the guard.

    What is missing or cannot be right is Unknown, with the reason; an exception is a fault of this code.
    """
    questions = make_guard_questions(spec)
    try:
        window = see_window(watched)
    except (Undecided, CountsRefused) as reason:
        return tuple(_unknown(question, f"{reason}") for question in questions)
    return tuple(_answer(question, window) for question in questions)


def _answer(question: GuardQuestion, window: Window) -> Verdict:
    try:
        verdict = _JUDGES[question.asked.metric](question.asked, window)
    except (Undecided, CountsRefused) as reason:
        return _unknown(question, f"{reason}")
    return verdict.model_copy(update={"on_fail": question.on_fail})


def _unknown(question: GuardQuestion, reason: str) -> Verdict:
    return Verdict(
        name=question.asked.name,
        metric=question.asked.metric,
        state=VerdictState.UNKNOWN,
        message=reason,
        threshold=decimal(question.asked.threshold),
        on_fail=question.on_fail,
    )
