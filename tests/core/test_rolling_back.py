"""What takes a canary or a promoted version back, and what does not; and that no policy is dead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leeway.api.gates import ArmCounts, Evidence, Gate, GateMetric, Verdict, VerdictState
from leeway.api.kinds import Manifest
from leeway.core.deployment.decision import Action
from leeway.core.deployment.publication import Publication
from leeway.core.deployment.revision import Canary, Revision
from leeway.core.deployment.rollout import POLICIES, next_move
from leeway.core.deployment.world import World
from tests.core.test_rollout import (
    AT_STEP,
    AT_STEP_2,
    BOTH_UP,
    CASES,
    COMING_UP,
    EARLIER,
    HELD,
    LATE,
    LONG_AGO,
    LOST,
    ONE_UP,
    STEPPING,
    TWO_STEPS,
    V1,
    V2,
    seen,
    workloads,
)  # fmt: skip
from tests.core.worlds import NOON, model_deployment, unscheduled_pod, waiting_pod


def judged(state: VerdictState, metric: str = "ErrorRate", threshold: str = "1.2") -> Publication:
    counts = (ArmCounts(revision=revision.hash, rows=1_240) for revision in (V2, V1))
    evidence = Evidence(start_time=EARLIER, time=NOON, canary=next(counts), stable=next(counts))
    name = Gate(metric=GateMetric(metric)).told_as
    verdict = Verdict(name=name, metric=metric, state=state, threshold=threshold, message="Told so.")
    return Publication((verdict,), evidence)


ASKED = {"gates": [{"metric": "ErrorRate"}]}
HELPED = {"gates": [{"metric": "PredictionDrift"}]}
FAIL, PASS = judged(VerdictState.FAIL), judged(VerdictState.PASS)
HOLDING = judged(VerdictState.FAIL, "PredictionDrift", "0.05")
GROWING = replace(COMING_UP, progress=Canary(EARLIER, step=2))
COMMANDED = model_deployment()
COMMANDED["metadata"]["annotations"] = {
    "leeway.dev/command": "abort",
    "leeway.dev/command-token": "1",
}


def pod(revision: Revision, restarts: int) -> Manifest:
    made = waiting_pod("CrashLoopBackOff", container="server")
    made["metadata"]["labels"] = {"leeway.dev/revision": revision.hash}
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "message": "it fell over"}}
    made["status"]["containerStatuses"][0] |= {"restartCount": restarts, "lastState": ended}
    return made


def restarted(name: str, restarts: int, *, ready: bool = False, reason: str = "Unknown") -> Manifest:
    """A pod of the canary whose container runs again."""
    made = pod(V2, restarts)
    made["metadata"]["name"] = name
    ended = {"terminated": {"exitCode": 255, "reason": reason}}
    made["status"]["containerStatuses"][0] |= {"state": {"running": {}}, "ready": ready, "lastState": ended}
    return made


def without_node(revision: Revision) -> Manifest:
    made = unscheduled_pod("0/3 nodes are available: 3 Insufficient cpu.")
    made["metadata"]["labels"] = {"leeway.dev/revision": revision.hash}
    return made


# sentence: (world, action, reason, whether the model is at fault)
GOING_BACK: dict[str, tuple[World, Action, str, bool]] = {
    "a canary past its deadline goes back": (seen(rollout=LATE), Action.ROLL_BACK, "ProgressDeadlineExceeded", False),
    "a canary that never came up at its step goes back": (
        seen(rollout=LATE, spec=AT_STEP, workloads=workloads(v1=2, v2=0)),
        Action.ROLL_BACK, "ProgressDeadlineExceeded", False),
    "a canary that fails a gate goes back": (
        seen(rollout=AT_STEP_2, spec=TWO_STEPS | ASKED, published=FAIL, workloads=BOTH_UP),
        Action.ROLL_BACK, "GateFailed", True),
    "a canary that fails a gate goes back though paused": (
        seen(rollout=AT_STEP_2, spec=TWO_STEPS | ASKED | {"paused": True}, published=FAIL, workloads=BOTH_UP),
        Action.ROLL_BACK, "GateFailed", True),
    "a canary that fails a gate goes back though its version is gone": (
        seen(rollout=AT_STEP_2, spec=TWO_STEPS | ASKED, published=FAIL, workloads=BOTH_UP, version=None, desired=None),
        Action.ROLL_BACK, "GateFailed", True),
    "a canary that fails a gate goes back while it grows": (
        seen(rollout=GROWING, spec=AT_STEP | ASKED, published=FAIL, workloads=ONE_UP),
        Action.ROLL_BACK, "GateFailed", True),
    "a canary that fails a gate goes back though stable is dead": (
        seen(rollout=replace(AT_STEP_2, stable_unready_since=LONG_AGO), spec=TWO_STEPS | ASKED, published=FAIL,
             workloads=workloads(v1=0, v2=1)), Action.ROLL_BACK, "GateFailed", True),
    "a gate that passes takes nothing back": (
        seen(rollout=AT_STEP_2, spec=TWO_STEPS | ASKED, published=PASS, workloads=BOTH_UP),
        Action.ENTER_STEP, "StepEntered", False),
    "a gate that only holds takes nothing back": (
        seen(rollout=AT_STEP_2, spec=TWO_STEPS | HELPED, published=HOLDING, workloads=BOTH_UP),
        Action.HOLD, "GateHolds", False),
    "a gate that holds holds after the last step, too": (
        seen(rollout=GROWING, spec=AT_STEP | HELPED, published=HOLDING, workloads=BOTH_UP),
        Action.HOLD, "GateHolds", False),
    "a canary that crashes again and again goes back": (
        seen(rollout=STEPPING, spec=AT_STEP, pods=(pod(V2, 3),)), Action.ROLL_BACK, "Crashing", False),
    "a canary that crashed twice is waited for": (
        seen(rollout=STEPPING, spec=AT_STEP, pods=(pod(V2, 2),)), Action.HOLD, "Crashing", False),
    "a canary whose containers are killed for their memory goes back": (
        seen(rollout=STEPPING, spec=AT_STEP, pods=(
            restarted("a", 2, reason="OOMKilled"), restarted("b", 1, reason="OOMKilled"))),
        Action.ROLL_BACK, "OOMKilled", False),
    "a node that is rebooted takes no canary back": (
        seen(rollout=HELD, spec=AT_STEP, workloads=ONE_UP, pods=tuple(restarted(name, 1) for name in "abc")),
        Action.HOLD, "StepPaused", False),
    "a pod without a node takes no canary back, whatever crashed long ago": (
        seen(rollout=HELD, spec=AT_STEP, workloads=ONE_UP, pods=(restarted("a", 9, ready=True), without_node(V2))),
        Action.HOLD, "StepPaused", False),
    "a canary that crashes beside a pod without a node goes back for the crashes": (
        seen(rollout=STEPPING, spec=AT_STEP, pods=(pod(V2, 3), without_node(V2))),
        Action.ROLL_BACK, "Crashing", False),
    "pods of stable that crash are no fault of the canary": (
        seen(rollout=STEPPING, spec=AT_STEP, pods=(pod(V1, 9),)), Action.HOLD, "Progressing", False),
    "a canary is taken back by a command": (
        seen(rollout=STEPPING, spec=AT_STEP, manifest=COMMANDED), Action.ROLL_BACK, "Aborted", False),
    "an Unknown goes back where that is asked for": (
        seen(rollout=HELD, spec={"rollout": {"steps": [{"weight": 30}], "onInconclusive": "Rollback"}} | ASKED,
             workloads=ONE_UP), Action.ROLL_BACK, "Inconclusive", False),
    "what was promoted and lost its pods gives the requests back": (
        seen(rollout=LOST, workloads=workloads(v1=2, v2=0)), Action.TAKE_BACK, "TakenBack", False),
}  # fmt: skip


@pytest.mark.parametrize(("given", "action", "reason", "is_about_model"), GOING_BACK.values(), ids=GOING_BACK)
def test_going_back(given: World, action: Action, reason: str, is_about_model: bool) -> None:
    move = next_move(given)
    assert (move.decision.action, move.decision.reason) == (action, reason)
    assert [one.is_about_model for one in move.rollout.rejected] == (
        [is_about_model] if action in (Action.ROLL_BACK, Action.TAKE_BACK) else []
    )


WENT_BACK = {sentence: case[0] for sentence, case in GOING_BACK.items() if case[1] is Action.ROLL_BACK}


@pytest.mark.parametrize("given", WENT_BACK.values(), ids=WENT_BACK)
def test_what_went_back_stays_back(given: World) -> None:
    after = replace(given, rollout=next_move(given).rollout)
    assert next_move(after).decision.action not in (Action.START_CANARY, Action.PROMOTE, Action.ROLL_BACK)


def test_every_policy_is_reachable() -> None:
    worlds = [case[0] for case in (*CASES.values(), *GOING_BACK.values())]
    answering = {
        next(policy.__name__ for policy in POLICIES if policy(world) is not None) for world in worlds
    }
    # That of the guard has its own tables, in tests/core/guard.
    assert answering | {"roll_back_stable"} == {policy.__name__ for policy in POLICIES}
