"""What verdicts ask of a rollout: roll back, hold, wait, or go on."""

from __future__ import annotations

from typing import Any

import pytest

from leeway.api.gates import Gate, GateMetric, OnFail, Verdict, VerdictState
from leeway.core.gates.conclusion import Conclusion, conclude
from leeway.core.gates.judging import unknown_for_all
from leeway.core.gates.question import make_questions

PASS, FAIL, UNKNOWN = VerdictState
GATE = Gate(name="asked", metric=GateMetric.ERROR_RATE)
BY_DEFAULT = {
    GateMetric.DATA_DRIFT: OnFail.NOTIFY,
    GateMetric.PREDICTION_DRIFT: OnFail.HOLD,
    GateMetric.DIVERGENCE: OnFail.ROLLBACK,
    GateMetric.ERROR_RATE: OnFail.ROLLBACK,
    GateMetric.LATENCY: OnFail.ROLLBACK,
    GateMetric.QUALITY: OnFail.ROLLBACK,
}
BUILT_IN = {
    "invalid-input": ("InvalidInput", OnFail.ROLLBACK),
    "arms-comparable": ("ArmsComparable", OnFail.HOLD),
}


def verdict(state: VerdictState, of: Gate = GATE, **facts: Any) -> Verdict:
    return Verdict(**{"name": of.told_as, "metric": of.metric, "state": state, "message": "Said."} | facts)


def asked_for(found: Conclusion) -> str:
    """What a conclusion asks for, in one word."""
    if found.rollback:
        return OnFail.ROLLBACK
    if found.hold:
        return OnFail.HOLD
    return UNKNOWN if found.unknown else PASS


@pytest.mark.parametrize("metric", GateMetric)
@pytest.mark.parametrize("on_fail", [None, *OnFail])
def test_a_fail_does_what_its_gate_says(metric: GateMetric, on_fail: OnFail | None) -> None:
    gate = Gate(metric=metric, on_fail=on_fail)
    found = conclude([gate], "0.01", [verdict(FAIL, gate)])
    action = on_fail or BY_DEFAULT[metric]
    assert asked_for(found) == (PASS if action is OnFail.NOTIFY else action)
    assert make_questions([gate], 0.01)[0].on_fail == action


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_every_rollout_is_asked_can_fail_and_is_not_waited_for(name: str) -> None:
    metric, action = BUILT_IN[name]
    built_in: dict[str, Any] = {"name": name, "metric": metric}
    assert asked_for(conclude([], "0.01", [verdict(FAIL, **built_in)])) == action
    assert asked_for(conclude([], "0.01", [verdict(UNKNOWN, **built_in)])) == PASS


OTHER = Gate(metric=GateMetric.LATENCY)
CASES: dict[str, tuple[list[Gate], list[Verdict], str]] = {
    "all at Pass": ([GATE, OTHER], [verdict(PASS), verdict(PASS, OTHER)], PASS),
    "one Unknown": ([GATE, OTHER], [verdict(PASS), verdict(UNKNOWN, OTHER)], UNKNOWN),
    "one that was not judged": ([GATE, OTHER], [verdict(PASS)], UNKNOWN),
    "a Fail beside an Unknown": ([GATE, OTHER], [verdict(FAIL), verdict(UNKNOWN, OTHER)], OnFail.ROLLBACK),
    "no gate": ([], [], PASS),
    "no verdicts": ([GATE], [], UNKNOWN),
    "a gate that only tells, at Fail": ([Gate(metric=GATE.metric, dry_run=True)], [verdict(FAIL)], PASS),
    "a gate that only tells, not judged": ([Gate(metric=GATE.metric, dry_run=True)], [], PASS),
    "a Fail on the threshold before an edit": ([GATE], [verdict(FAIL, threshold="1.5")], UNKNOWN),
    "a Pass on the threshold before an edit": ([GATE], [verdict(PASS, threshold="1.5")], UNKNOWN),
    "a Pass on the same threshold, written otherwise": (
        [Gate(name="asked", metric=GATE.metric, threshold="1.20")],
        [verdict(PASS, threshold="1.2")],
        PASS,
    ),
    "a Pass on a threshold with more digits than are told": (
        [Gate(name="asked", metric=GATE.metric, threshold="1.23456")],
        [verdict(PASS, threshold="1.235")],
        PASS,
    ),
    "a verdict of another metric by the same name": ([GATE], [verdict(FAIL, metric="Latency")], UNKNOWN),
    "a verdict on a gate that is gone": ([OTHER], [verdict(FAIL), verdict(PASS, OTHER)], PASS),
    "one metric twice, one of them at Fail": (
        [GATE, Gate(name="twice", metric=GATE.metric)],
        [verdict(PASS), verdict(FAIL, name="twice")],
        OnFail.ROLLBACK,
    ),
}


@pytest.mark.parametrize(("gates", "verdicts", "want"), CASES.values(), ids=CASES)
def test_what_is_concluded(gates: list[Gate], verdicts: list[Verdict], want: str) -> None:
    found = conclude(gates, "0.01", verdicts)
    assert asked_for(found) == want
    assert found.is_passed is (want == PASS)


def test_a_judge_that_broke_down_is_waited_for_and_says_why() -> None:
    verdicts = unknown_for_all([GATE, OTHER], "0.01", "Judging broke down: see the log.")
    assert [one.name for one in verdicts] == ["asked", "latency", "invalid-input", "arms-comparable"]
    assert {(one.state, one.message) for one in verdicts} == {(UNKNOWN, "Judging broke down: see the log.")}
    assert asked_for(conclude([GATE, OTHER], "0.01", verdicts)) == UNKNOWN


EFFECTS = {
    "by default": ({}, 3.0),
    "as it is written": ({"min_detectable_effect": "1.4"}, 1.4),
    "of a lowered threshold": ({"threshold": "1.1"}, 3.0),
    "of a threshold that is twice its default": ({"threshold": "2.4"}, 6.0),
}


@pytest.mark.parametrize(("fields", "want"), EFFECTS.values(), ids=EFFECTS)
def test_the_effect_that_must_not_go_unseen(fields: dict[str, str], want: float) -> None:
    gate = Gate(metric=GateMetric.ERROR_RATE, **fields)  # type: ignore[arg-type]
    assert make_questions([gate], 0.01)[0].detectable == pytest.approx(want)
