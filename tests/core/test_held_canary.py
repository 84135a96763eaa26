"""A canary at a step: sizes, Services, time, and the evidence that the status keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leeway.api.gates import ArmCounts, Evidence, Verdict, VerdictState
from leeway.core.deployment.publication import Publication
from leeway.core.deployment.world import DeploymentSeen
from tests.core.plans import condition
from tests.core.test_deployment import (
    AT_ONCE,
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
CANARY_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "canary.md"


def at_step(weight: int) -> dict[str, Any]:
    return {"rollout": {**AT_ONCE, "steps": [{"weight": weight, "pause": True}]}}


def held(replicas: int = 2, weight: int = 50) -> DeploymentSeen:
    return settled(changed(SECOND, replicas=replicas, **at_step(weight)))


HELD = held()
CANARY = HELD.manifest["status"]["canary"]["revision"]


def status_of(world: DeploymentSeen) -> Status:
    return plan_deployment(world).status


# (replicas, weight): pods of stable, pods of the canary. Together they are the replicas, and one of each at least.
SIZES = {
    (1, 5): (1, 1), (1, 99): (1, 1), (2, 5): (1, 1), (2, 50): (1, 1), (3, 34): (2, 1), (3, 50): (1, 2), (4, 99): (1, 4),
    (5, 20): (4, 1), (10, 5): (9, 1), (10, 14): (9, 1), (10, 25): (7, 3), (20, 5): (19, 1), (100, 7): (93, 7),
}  # fmt: skip


@pytest.mark.parametrize(("given", "want"), SIZES.items())
def test_how_a_weight_becomes_pods(given: tuple[int, int], want: tuple[int, int]) -> None:
    at_step = held(*given)
    assert sizes(at_step) == {f"iris-{STABLE}": want[0], f"iris-{CANARY}": want[1]}
    assert at_step.manifest["status"]["replicas"] == sum(want)


def test_the_table_of_sizes_is_in_the_docs() -> None:
    rows = [line for line in CANARY_PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows]
    for (replicas, weight), (stable, canary) in SIZES.items():
        share = f"{round(100 * canary / (canary + stable))} %"
        assert (str(replicas), f"{weight} %", str(stable), str(canary), share) in cells


def test_stable_keeps_its_pods_until_those_of_the_canary_are_available() -> None:
    started = changed(SECOND, replicas=4, **at_step(50))
    for _ in range(4):
        started = carried_out(started, plan_deployment(started), available=False)
        assert sizes(started)[f"iris-{STABLE}"] == 4


def test_a_canary_at_a_step_shares_the_service_and_has_one_of_its_own() -> None:
    assert [chosen(HELD, name) for name in ("iris", "iris-stable", "iris-canary")] == ["", STABLE, CANARY]


def test_an_autoscaler_sees_all_pods_that_answer_and_no_other() -> None:
    starting = carried_out(SECOND, plan_deployment(SECOND), available=False)
    before = plan_deployment(starting).status
    assert before["selector"] == f"leeway.dev/deployment=iris,leeway.dev/revision={STABLE}"
    assert HELD.manifest["status"]["selector"] == "leeway.dev/deployment=iris"
    assert HELD.manifest["status"]["replicas"] == 2


def test_the_weight_is_said_as_desired_and_as_reached() -> None:
    status = held(replicas=4, weight=10).manifest["status"]
    assert (status["step"], status["weight"]) == ("1/1", {"desired": 10, "actual": 25})


def test_a_canary_at_a_paused_step_is_as_asked_and_serves() -> None:
    conditions = {one["type"]: (one["status"], one["reason"]) for one in status_of(HELD)["conditions"]}
    kept = {
        name: found
        for name, found in conditions.items()
        if name in {"Ready", "Serving", "Reconciling", "Stalled"}
    }
    assert kept == {"Ready": ("False", "StepPaused"), "Serving": ("True", "Answering")}


def test_a_pause_is_told_once() -> None:
    decisions = [one["action"] for one in HELD.manifest["status"]["decisions"]]
    assert decisions == ["StartCanary", "Promote", "StartCanary"]


def test_the_deadline_does_not_run_while_a_canary_is_held() -> None:
    late = replace(HELD, now=NOON + timedelta(days=30))
    assert condition(status_of(late), "Ready")["reason"] == "StepPaused"
    assert plan_deployment(late).look_again is None


def test_without_its_step_a_canary_gets_all_its_pods_and_is_promoted() -> None:
    freed = replace(changed(HELD, rollout=AT_ONCE), now=NOON + timedelta(days=30))
    growing = carried_out(freed, plan_deployment(freed), available=True)
    assert sizes(growing)[f"iris-{CANARY}"] == 2
    assert settled(growing).manifest["status"]["stable"]["revision"] == CANARY


def test_another_weight_is_another_size_and_no_new_decision() -> None:
    heavier = settled(changed(HELD, replicas=4, **at_step(60)))
    assert sizes(heavier) == {f"iris-{STABLE}": 2, f"iris-{CANARY}": 2}
    assert heavier.manifest["status"]["canary"]["stepTime"] == HELD.manifest["status"]["canary"]["stepTime"]


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
    "evidence stays when the step is removed, until the promotion": (changed(RECORDED, rollout=AT_ONCE), 7),
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
