"""A canary that is held at a step: its size, its Services, its time, and the evidence that the status keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.gates import ArmCounts, Evidence, Verdict, VerdictState
from leeway.core.deployment.publication import Publication
from leeway.core.deployment.world import DeploymentSeen
from tests.core.plans import condition
from tests.core.test_deployment import (
    BOTH,
    SECOND,
    SERVING,
    STABLE,
    carried_out,
    changed,
    chosen,
    plan_deployment,
    settled,
    sizes,
)
from tests.core.worlds import NOON

Status = dict[str, Any]


def at_step(weight: int) -> dict[str, Any]:
    return {"rollout": {"steps": [{"weight": weight, "pause": True}]}}


def held(replicas: int = 2, weight: int = 50) -> DeploymentSeen:
    return settled(changed(SECOND, replicas=replicas, **at_step(weight)))


HELD = held()
CANARY = HELD.manifest["status"]["canary"]["revision"]


def status_of(world: DeploymentSeen) -> Status:
    return plan_deployment(world).status


SIZES = {(1, 1): 1, (1, 99): 1, (2, 50): 1, (3, 34): 2, (3, 33): 1, (10, 25): 3, (100, 7): 7, (100, 29): 29}


@pytest.mark.parametrize(("given", "want"), SIZES.items())
def test_a_canary_has_its_weight_of_the_replicas_rounded_up(given: tuple[int, int], want: int) -> None:
    assert sizes(held(*given)) == {f"iris-{STABLE}": given[0], f"iris-{CANARY}": want}


def test_a_held_canary_answers_at_its_own_service_and_stable_at_all_others() -> None:
    assert [chosen(HELD, name) for name in ("iris", "iris-stable", "iris-canary")] == [STABLE, STABLE, CANARY]


def test_a_held_canary_is_as_asked_and_serves() -> None:
    conditions = {one["type"]: (one["status"], one["reason"]) for one in status_of(HELD)["conditions"]}
    assert conditions == {"Ready": ("False", "CanaryHeld"), "Serving": ("True", "Answering")}


def test_holding_is_decided_and_told_once() -> None:
    decisions = [one["action"] for one in HELD.manifest["status"]["decisions"]]
    assert decisions == ["StartCanary", "Promote", "StartCanary", "HoldCanary"]
    told = [event.id for event in plan_deployment(HELD).events if event.reason == "CanaryHeld"]
    assert len(told) == 1


def test_the_deadline_does_not_run_while_a_canary_is_held() -> None:
    late = replace(HELD, now=NOON + timedelta(days=30))
    assert condition(status_of(late), "Ready")["reason"] == "CanaryHeld"
    assert plan_deployment(late).look_again is None


def test_without_its_step_a_canary_gets_all_its_pods_and_is_promoted() -> None:
    freed = replace(changed(HELD, rollout={}), now=NOON + timedelta(days=30))
    growing = carried_out(freed, plan_deployment(freed), available=True)
    assert sizes(growing) == {f"iris-{STABLE}": 2, f"iris-{CANARY}": 2}
    assert condition(growing.manifest["status"], "Ready")["reason"] == "Progressing"
    assert "heldTime" not in growing.manifest["status"]["canary"]
    assert settled(growing).manifest["status"]["stable"]["revision"] == CANARY


def test_another_weight_is_another_size_and_no_new_decision() -> None:
    heavier = settled(changed(HELD, replicas=4, **at_step(60)))
    assert sizes(heavier) == {f"iris-{STABLE}": 4, f"iris-{CANARY}": 3}
    assert heavier.manifest["status"]["canary"]["heldTime"] == HELD.manifest["status"]["canary"]["heldTime"]


def test_a_step_and_gates_change_no_revision() -> None:
    asked = changed(
        SERVING,
        gates=[{"name": "errors", "metric": "ErrorRate", "threshold": "1.5"}],
        falseAlarmRate="0.05",
        **at_step(10),
    )
    assert plan_deployment(asked).writes == ()


def published(canary: str = CANARY, stable: str = STABLE, rows: int = 7) -> Publication:
    counts = (ArmCounts(revision=revision, rows=rows) for revision in (canary, stable))
    evidence = Evidence(time=NOON, canary=next(counts), stable=next(counts), checkpoint="abcd")
    verdict = Verdict(name="errors", metric="ErrorRate", state=VerdictState.UNKNOWN, message="Too few.")
    return Publication((verdict,), evidence)


RECORDED = settled(replace(HELD, published=published()))
KEPT = replace(RECORDED, published=None)
# sentence: (world, rows of the canary in status.evidence; None for no evidence and no verdict)
EVIDENCE: dict[str, tuple[DeploymentSeen, int | None]] = {
    "nothing is said before anything is published": (HELD, None),
    "what is published is recorded": (RECORDED, 7),
    "what is published later takes its place": (replace(RECORDED, published=published(rows=9)), 9),
    "what is recorded stays while nothing is published": (KEPT, 7),
    "what is of another canary is not recorded": (replace(HELD, published=published("0000000000")), None),
    "what is of another stable is not recorded": (replace(HELD, published=published(stable="0" * 10)), None),
    "what is of another canary takes no place": (replace(RECORDED, published=published("0000000000")), 7),
    "evidence goes with the canary": (replace(changed(RECORDED, modelVersionName="iris-1"), versions=BOTH), None),
    "evidence goes with the step": (changed(RECORDED, rollout={}), None),
    "a paused rollout keeps it": (changed(KEPT, paused=True), 7),
    "zero replicas keep it": (changed(KEPT, replicas=0), 7),
}  # fmt: skip


@pytest.mark.parametrize(("world", "rows"), EVIDENCE.values(), ids=EVIDENCE)
def test_what_the_status_keeps_of_the_evidence(world: DeploymentSeen, rows: int | None) -> None:
    status = status_of(world)
    found = status.get("evidence", {}).get("canary", {}).get("rows")
    assert (found, bool(status.get("verdicts"))) == (rows, rows is not None)


def test_recording_evidence_again_writes_nothing() -> None:
    assert plan_deployment(RECORDED).status == RECORDED.manifest["status"]
    assert plan_deployment(KEPT).status == RECORDED.manifest["status"]
