"""What the verdicts on a canary ask for, by what each gate does on a Fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from leeway.api.gates import Gate, GateMetric, OnFail, Verdict, VerdictState
from leeway.core.gates.question import ARMS_COMPARABLE, INVALID_INPUT, Question, make_questions

ON_FAIL: Mapping[str, OnFail] = MappingProxyType(
    {
        GateMetric.DATA_DRIFT: OnFail.NOTIFY,  # the world drifts for stable, too
        GateMetric.PREDICTION_DRIFT: OnFail.HOLD,  # a new model may well answer otherwise: a person looks
        GateMetric.DIVERGENCE: OnFail.ROLLBACK,
        GateMetric.ERROR_RATE: OnFail.ROLLBACK,
        GateMetric.LATENCY: OnFail.ROLLBACK,
        GateMetric.QUALITY: OnFail.ROLLBACK,
        INVALID_INPUT: OnFail.ROLLBACK,
        ARMS_COMPARABLE: OnFail.HOLD,  # routing is at fault, and no version
    }
)


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
    questions = make_questions(gates, float(false_alarm_rate))
    counting = [question for question in questions if question.name not in _dry(gates)]
    on_fail = {gate.told_as: gate.on_fail or ON_FAIL[gate.metric] for gate in gates}
    failed = [
        (on_fail.get(question.name, ON_FAIL[question.metric]), verdict)
        for question in counting
        if (verdict := by_name.get(question.name)) and _is_about(verdict, question) and _is_fail(verdict)
    ]
    asked = [question for question in counting if question.name in on_fail]
    return Conclusion(
        rollback=next((verdict for action, verdict in failed if action is OnFail.ROLLBACK), None),
        hold=next((verdict for action, verdict in failed if action is OnFail.HOLD), None),
        unknown=tuple(
            verdict for question in asked if (verdict := _unknown(question, by_name.get(question.name)))
        ),
    )


def _dry(gates: Sequence[Gate]) -> frozenset[str]:
    return frozenset(gate.told_as for gate in gates if gate.dry_run)


def _unknown(question: Question, verdict: Verdict | None) -> Verdict | None:
    """Return the verdict if it is Unknown, or one that says that there is none; None for Pass and Fail."""
    if verdict is not None and _is_about(verdict, question):
        return verdict if verdict.state is VerdictState.UNKNOWN else None
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=VerdictState.UNKNOWN,
        message="Nothing was judged yet.",
    )


def _is_about(verdict: Verdict, question: Question) -> bool:
    # A gate may be edited in the middle of a rollout: a verdict on the former threshold decides nothing.
    threshold = None if verdict.threshold is None else float(verdict.threshold)
    return verdict.metric == question.metric and threshold in (None, question.threshold)


def _is_fail(verdict: Verdict) -> bool:
    return verdict.state is VerdictState.FAIL
