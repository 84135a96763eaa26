"""What the guard's verdicts become: conditions, Events, and the version before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.deployment.guard import GuardStatus
from leeway.api.gates import Verdict, VerdictState
from leeway.core.codec import read_status
from leeway.core.deployment.guarding import roll_back_stable
from leeway.core.deployment.world import DeploymentSeen, resolve
from tests.core.test_deployment import BOTH, carried_out, changed, plan_deployment, seen, settled

STATES = {"pass": VerdictState.PASS, "fail": VerdictState.FAIL, "unknown": VerdictState.UNKNOWN}
OWN = {
    "data-drift": ("DataDrift", "0.2"),
    "error-rate": ("ErrorRate", "1.2"),
    "latency": ("Latency", "1.5"),
    "quality": ("Quality", "1.1"),
}


def guard_of(world: DeploymentSeen, *, revision: str = "", **states: str) -> GuardStatus:
    """What the guard says, `unknown` where nothing else is said."""
    verdicts = tuple(
        Verdict(
            name=name,
            metric=metric,
            state=STATES[states.get(name.replace("-", "_"), "unknown")],
            message=f"It is {states.get(name.replace('-', '_'), 'unknown')}.",
            threshold=threshold,
        )
        for name, (metric, threshold) in OWN.items()
    )
    return GuardStatus(revision=revision or world.manifest["status"]["stable"]["revision"], verdicts=verdicts)


def two_versions(**guard: Any) -> DeploymentSeen:
    """iris-2 is stable, and iris-1 was before it."""
    first = settled(changed(seen(versions=BOTH), guard=guard))
    return settled(changed(first, modelVersionName="iris-2"), passes=12)


def told(world: DeploymentSeen, **states: str) -> DeploymentSeen:
    """One pass after the guard has published this."""
    world = replace(world, guard=guard_of(world, **states))
    return carried_out(world, plan_deployment(world))


def conditions(world: DeploymentSeen) -> dict[str, str]:
    found = world.manifest["status"]["conditions"]
    return {one["type"]: f"{one['status']} {one['reason']} {one['message']}" for one in found}


GUARD = ("DriftDetected", "GuardFailed", "RetrainDue")
ALL_PASS = {"data_drift": "pass", "error_rate": "pass", "latency": "pass", "quality": "pass"}
CASES: dict[str, tuple[dict[str, Any], list[dict[str, str]], tuple[str, ...]]] = {
    "nothing is known": (
        {}, [{}], ("Unknown DriftUnknown data-drift: It is unknown.", "Unknown GuardUnknown error-rate: ", "")),
    "all is within": ({}, [ALL_PASS], ("False NoDrift data-drift", "False GuardPassed error-rate: It is pass.", "")),
    "drift is told": ({}, [{"data_drift": "fail"}], ("True DriftDetected data-drift: It is fail.", "Unknown", "")),
    "failures are told": ({}, [{"error_rate": "fail"}], ("Unknown", "True GuardFailed error-rate: It is fail.", "")),
    "True stays while it is Unknown": (
        {}, [{"data_drift": "fail", "error_rate": "fail"}, {"latency": "pass"}],
        ("True DriftDetected data-drift: It is fail.", "True GuardFailed error-rate: It is fail.", "")),
    "True ends when it is known to be within": (
        {}, [{"data_drift": "fail", "error_rate": "fail"}, {"data_drift": "pass", "error_rate": "pass"}],
        ("False NoDrift", "False GuardPassed", "")),
    "drift asks for a training": (
        {"onFail": "Retrain"}, [{"data_drift": "fail"}], ("True", "Unknown", "True RetrainDue DriftDetected: data-")),
    "failures ask for a training": (
        {"onFail": "Retrain"}, [{"quality": "fail"}], ("Unknown", "True", "True RetrainDue GuardFailed: quality")),
    "a training is asked for no more once all is within": (
        {"onFail": "Retrain"}, [{"data_drift": "fail"}, ALL_PASS], ("False", "False", "")),
    "without a version before, it is said": (
        {"onFail": "Rollback"}, [{"error_rate": "fail"}],
        ("Unknown", "True GuardFailed error-rate: It is fail. There is no version", "")),
}  # fmt: skip


@pytest.mark.parametrize(("guard", "rounds", "want"), CASES.values(), ids=CASES)
def test_conditions(guard: dict[str, Any], rounds: list[dict[str, str]], want: tuple[str, ...]) -> None:
    world = settled(changed(seen(), guard=guard))
    for states in rounds:
        world = told(world, **states)
    found = conditions(world)
    for type_, beginning in zip(GUARD, want, strict=True):
        assert found.get(type_, "").startswith(beginning), found
    assert ("RetrainDue" in found) == bool(want[2])
    assert plan_deployment(world).status == world.manifest["status"], "a second look changes nothing"


def test_before_the_first_round_nothing_is_said() -> None:
    assert not set(GUARD) & conditions(settled(seen())).keys()


def test_what_is_of_another_revision_is_dropped() -> None:
    world = told(settled(seen()), revision="another", data_drift="fail")
    assert "guard" not in world.manifest["status"] and not set(GUARD) & conditions(world).keys()


def test_a_process_that_knows_nothing_yet_keeps_what_is_recorded() -> None:
    world = replace(told(settled(seen()), data_drift="fail"), guard=None)
    assert plan_deployment(world).status == world.manifest["status"]


def test_a_verdict_on_a_former_threshold_counts_no_more() -> None:
    world = told(settled(seen()), error_rate="pass")
    gate = {"metric": "ErrorRate", "threshold": "2"}
    assert conditions(told(changed(world, gates=[gate]), error_rate="fail"))["GuardFailed"].startswith(
        "Unknown"
    )


def test_each_condition_that_became_true_has_one_event() -> None:
    world = settled(changed(seen(), guard={"onFail": "Retrain"}))
    world = replace(world, guard=guard_of(world, data_drift="fail"))
    first = plan_deployment(world)
    told_of = {event.reason: event.id for event in first.events}
    assert {"DriftDetected", "RetrainDue"} <= told_of.keys() and "GuardFailed" not in told_of
    later = plan_deployment(carried_out(world, first))
    assert {
        event.reason: event.id for event in later.events if event.reason in told_of
    }.items() <= told_of.items()


def test_a_guard_that_fails_brings_the_version_before_back() -> None:
    world = two_versions(onFail="Rollback")
    assert world.manifest["status"]["stable"]["modelVersionName"] == "iris-2"
    world = settled(told(world, error_rate="fail"), passes=8)
    status = world.manifest["status"]
    assert status["stable"]["modelVersionName"] == "iris-1"
    (rejected,) = status["rejected"]
    assert (rejected["modelVersionName"], rejected["reason"]) == ("iris-2", "GuardFailed")
    assert rejected["isAboutModel"] and "error-rate: It is fail" in rejected["message"]
    decision = next(one for one in status["decisions"] if one["action"] == "RollBack")
    assert decision["verdict"]["name"] == "error-rate" and decision["falseAlarmRate"] == "0.01"


REFRAINS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "drift": ({"onFail": "Rollback"}, {"data_drift": "fail"}),
    "onFail: Notify": ({"onFail": "Notify"}, {"error_rate": "fail"}),
    "onFail: Retrain": ({"onFail": "Retrain"}, {"error_rate": "fail"}),
    "Unknown": ({"onFail": "Rollback"}, {}),
}


@pytest.mark.parametrize(("guard", "states"), REFRAINS.values(), ids=REFRAINS)
def test_nothing_is_rolled_back_for(guard: dict[str, Any], states: dict[str, str]) -> None:
    world = two_versions(**guard)
    assert roll_back_stable(resolve(replace(world, guard=guard_of(world, **states)))) is None


def test_a_dry_run_rolls_nothing_back() -> None:
    world = changed(two_versions(onFail="Rollback"), gates=[{"metric": "ErrorRate", "dryRun": True}])
    assert roll_back_stable(resolve(replace(world, guard=guard_of(world, error_rate="fail")))) is None


def test_the_status_is_read_back_as_it_was_written() -> None:
    world = told(settled(seen()), data_drift="fail")
    status = read_status(resolve(world).status.__class__, world.manifest)
    assert status.guard == guard_of(world, data_drift="fail")
