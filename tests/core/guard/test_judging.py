"""What the guard concludes of a window, as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.gates import Gate, GateMetric, Shown
from leeway.core.guard.watched import Watched
from tests.core.gates.arms import ONE_SIDE, STABLE, Counts, column, inputs, profile
from tests.core.guard.windows import HOUR, filled, round_of, silent, verdicts, watched

PARTS = 48


def hour(rows: int = 4800, **other: Any) -> Watched:
    """An hour in which all parts are alike."""
    return watched(filled([inputs(rows // PARTS, **other)] * PARTS))


def requests(failed: int, rows: int = 100) -> Counts:
    return inputs(rows, codes={"200": rows - failed, "500": failed}, latency=(rows, rows, rows))


def slow(count: int, rows: int = 100) -> Counts:
    return inputs(rows, latency=(rows - count, rows - count, rows))


def told(wrong: int, right: int) -> Counts:
    return inputs(100, feedback={(STABLE, "wrong"): wrong, (STABLE, "right"): right})


def shown(**counts: int) -> dict[str, Any]:
    return {"shown": Shown(slow_from_millis=250, **counts)}


def window(part: Counts, **facts: Any) -> Watched:
    return watched(filled([part] * PARTS), **facts)


DRIFTED = inputs(100, ONE_SIDE)
BURST = [requests(60) if 20 <= place < 22 else requests(0) for place in range(PARTS)]
TRAINED: dict[str, Any] = {"shown": None, "profile": replace(profile("a"), error_rate=0.1)}
CASES: dict[str, tuple[Watched, str, str, str]] = {
    "columns that left the profile are drift": (window(DRIFTED), "DataDrift", "Fail", "income PSI"),
    "columns as in the profile are none": (hour(48_000), "DataDrift", "Pass", "upper bound"),
    "a few rows tell nothing of drift": (hour(480), "DataDrift", "Unknown", "not told from 0.2 yet"),
    "a window that is not full yet is no drift": (
        watched(filled([DRIFTED] * PARTS, HOUR / 2)), "DataDrift", "Unknown", "full in 30 min"),
    "without a profile drift is unknown": (
        window(DRIFTED, profile=None, why_no_profile="it has none"), "DataDrift", "Unknown", "it has none"),
    "counts by another profile are no drift": (
        window(DRIFTED, profile=profile("b")), "DataDrift", "Unknown", "count by profile"),
    "no traffic is no drift": (hour(0), "DataDrift", "Unknown", "No rows have been counted"),
    "no pod is Unknown": (watched(None, silent(0)), "ErrorRate", "Unknown", "No pod of version loan-1"),
    "pods that do not answer are Unknown": (
        watched(None, silent(2)), "ErrorRate", "Unknown", "0 of 2 pods of version loan-1 answered"),
    "nothing counted is Unknown": (watched(None, round_of({})), "Quality", "Unknown", "Nothing was counted yet"),
    "more failures than as a canary fail": (window(requests(10)), "ErrorRate", "Fail", "1 % of 2,000 as a canary"),
    "as many failures as a canary do not": (window(requests(1)), "ErrorRate", "Unknown", "not told from 1.2 yet"),
    "next to no failures pass": (
        window(requests(0, 1000), **shown(requests=50)), "ErrorRate", "Pass", "too little to speak of"),
    "fewer failures pass": (
        window(requests(1), **shown(requests=5000, failed=500)), "ErrorRate", "Pass", "upper bound"),
    "an incident no longer than a part is left out": (watched(filled(BURST)), "ErrorRate", "Unknown", "not told"),
    "equal failing in both never fails": (
        window(requests(30), **shown(requests=48_000, failed=14_400)), "ErrorRate", "Unknown", "odds ratio 1"),
    "a version that was asked nothing is held to nothing": (
        window(requests(50), shown=None), "ErrorRate", "Unknown", "was asked nothing as a canary"),
    "slower than as a canary fails": (window(slow(20)), "Latency", "Fail", "took longer than 0.25 s"),
    "as slow as a canary does not": (window(slow(2)), "Latency", "Unknown", "not told from 1.5 yet"),
    "a latency that was not known as a canary is Unknown": (
        window(slow(20), shown=Shown(requests=100)), "Latency", "Unknown", "is not known"),
    "an edge that is gone is Unknown": (
        window(slow(20), shown=Shown(requests=9, slow_from_millis=300)), "Latency", "Unknown", "bucket up to 0.3 s"),
    "more wrong answers than as a canary fail": (window(told(40, 60)), "Quality", "Fail", "as a canary"),
    "without labels as a canary, training is held to": (
        window(told(40, 60), **TRAINED), "Quality", "Fail", "in training"),
    "without labels from training either, Quality is Unknown": (
        window(told(40, 60), shown=None), "Quality", "Unknown", "nothing to hold it to"),
    "without labels Quality is Unknown": (window(requests(0)), "Quality", "Unknown", "No answers with feedback"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "metric", "state", "says"), CASES.values(), ids=CASES)
def test_verdict(given: Watched, metric: str, state: str, says: str) -> None:
    verdict = verdicts(given)[metric]
    assert (verdict.state, says in verdict.message) == (state, True), verdict.message


def test_a_gate_sets_threshold_columns_and_name() -> None:
    both = profile("a", (column("income"), column("age")))
    drifted = Counts(columns={"income": DRIFTED.columns["income"], "age": (10,) * 10}, scores=DRIFTED.scores)
    of_age = Gate(name="ages", metric=GateMetric.DATA_DRIFT, threshold="0.4", features=("age",))
    given = watched(filled([drifted] * PARTS), profile=both)
    assert verdicts(given)["DataDrift"].features == ("income",)
    asked = verdicts(given, of_age)["DataDrift"]
    assert (asked.name, asked.threshold, asked.state) == ("ages", "0.4", "Pass")


ACTIONS = {
    "drift never rolls back": ("Rollback", "DataDrift", {}, "Notify"),
    "drift may ask for a training": ("Retrain", "DataDrift", {}, "Retrain"),
    "failures roll back": ("Rollback", "ErrorRate", {}, "Rollback"),
    "a dry run does nothing": ("Rollback", "ErrorRate", {"dry_run": True}, "DryRun"),
}


@pytest.mark.parametrize(("on_fail", "metric", "gate", "want"), ACTIONS.values(), ids=ACTIONS)
def test_action(on_fail: str, metric: str, gate: dict[str, Any], want: str) -> None:
    asked = Gate(metric=GateMetric(metric), **gate)
    assert verdicts(window(DRIFTED), asked, on_fail=on_fail)[metric].on_fail == want


def test_a_name_that_another_gate_has_is_not_taken() -> None:
    asked = Gate(name="quality", metric=GateMetric.ERROR_RATE)
    names = [one.name for one in verdicts(window(DRIFTED), asked).values()]
    assert sorted(names) == ["data-drift", "guard-quality", "latency", "quality"]
