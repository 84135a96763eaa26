"""What the verdicts on a canary ask for, by what each gate does on a Fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leeway.api.gates import Gate, OnFail, Verdict, VerdictState
from leeway.core.gates.question import DRY_RUN, Question, make_questions
from leeway.core.gates.sentences import decimal


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The first Fail that rolls back, the first that holds, and the gates of the spec that are Unknown yet."""

    rollback: Verdict | None = None
    hold: Verdict | None = None
    unknown: tuple[Verdict, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Return whether nothing stands against the next step."""
        return not (self.rollback or self.hold or self.unknown)


def conclude(gates: Sequence[Gate], false_alarm_rate: str, verdicts: Sequence[Verdict]) -> Conclusion:
    """Return what the verdicts ask for; a gate without a verdict on what it asks now is Unknown.

    What every rollout is asked can fail, but is not waited for: nobody has set it.
    """
    by_name = {verdict.name: verdict for verdict in verdicts}
    counting = [
        question for question in make_questions(gates, float(false_alarm_rate)) if question.on_fail != DRY_RUN
    ]
    failed = [
        (question.on_fail, verdict)
        for question in counting
        if (verdict := by_name.get(question.name)) and _is_about(verdict, question) and _is_fail(verdict)
    ]
    asked = [question for question in counting if not question.is_built_in]
    return Conclusion(
        rollback=next((verdict for action, verdict in failed if action == OnFail.ROLLBACK), None),
        hold=next((verdict for action, verdict in failed if action == OnFail.HOLD), None),
        unknown=tuple(
            verdict for question in asked if (verdict := _unknown(question, by_name.get(question.name)))
        ),
    )


def _unknown(question: Question, verdict: Verdict | None) -> Verdict | None:
    """Return the verdict if it is Unknown, or one that says that there is none; None for Pass and Fail."""
    if verdict is not None and _is_about(verdict, question):
        return verdict if verdict.state is VerdictState.UNKNOWN else None
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=VerdictState.UNKNOWN,
        message="Nothing was judged yet.",
        threshold=decimal(question.threshold),
        on_fail=question.on_fail,
    )


def _is_about(verdict: Verdict, question: Question) -> bool:
    # A gate may be edited in the middle of a rollout: a verdict on the former threshold decides nothing.
    # The verdict has it rounded.
    threshold = None if verdict.threshold is None else decimal(float(verdict.threshold))
    return verdict.metric == question.metric and threshold in (None, decimal(question.threshold))


def _is_fail(verdict: Verdict) -> bool:
    return verdict.state is VerdictState.FAIL
