"""The rollout's policies: given a world, the next move; and a second look decides the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.deployment.record import Rejection
from leeway.api.model_deployment import ModelDeploymentSpec, ModelDeploymentStatus
from leeway.api.reasons import Reason
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.decision import TOLD_AS, Action
from leeway.core.deployment.revision import (
    Canary,
    Former,
    NamedVersion,
    Revision,
    Rollout,
    Setting,
    read_version,
)  # fmt: skip
from leeway.core.deployment.rollout import next_move
from leeway.core.deployment.world import World
from leeway.core.pods.trouble import Trouble
from tests.core.worlds import DIGEST, NOON, model_deployment, model_version

SETTING = Setting("server:1", "IfNotPresent")
V1 = Revision("1111111111", "iris-1", DIGEST, SETTING)
V2 = Revision("2222222222", "iris-2", DIGEST, SETTING)
V3 = Revision("3333333333", "iris-3", DIGEST, SETTING)
EARLIER = NOON - timedelta(minutes=1)
LONG_AGO = NOON - timedelta(hours=1)
STABLE = Rollout(V1, EARLIER)
STARTED = Canary(started_at=NOON, awaited_since=NOON)
COMING_UP = Rollout(V1, EARLIER, canary=V2, progress=Canary(EARLIER, EARLIER))
LATE = replace(COMING_UP, progress=Canary(EARLIER, LONG_AGO))
FIRST = Rollout(canary=V2, progress=Canary(EARLIER))
LATE_FIRST = Rollout(canary=V2, progress=Canary(EARLIER, LONG_AGO))
DEAD = replace(COMING_UP, stable_unready_since=EARLIER)
AT_STEP = {"rollout": {"steps": [{"weight": 30, "pause": True}]}}
TWO_STEPS = {"rollout": {"steps": [{"weight": 30}, {"weight": 90, "holdSeconds": 60}]}}
AT_STEP_1 = Canary(EARLIER, EARLIER, step=1)
STEPPING = replace(COMING_UP, progress=AT_STEP_1)
HELD = replace(COMING_UP, progress=Canary(EARLIER, step=1, step_since=EARLIER))
AT_STEP_2 = replace(COMING_UP, progress=Canary(EARLIER, step=2, step_since=EARLIER))
REJECTED = replace(STABLE, rejected=(Rejection(revision=V2.hash, message="it failed", decision_id=3),))
RETURNING = Rollout(
    V2, EARLIER, canary=V1, progress=Canary(EARLIER, EARLIER, is_return=True), rejected=REJECTED.rejected
)
KEPT = Former(V1, EARLIER, 2)
LOST = Rollout(V2, EARLIER, former=KEPT, stable_unready_since=EARLIER)
JUST_DOWN = replace(COMING_UP, stable_unready_since=NOON - timedelta(seconds=10))


def named(revision: Revision, **changes: Any) -> NamedVersion:
    return replace(read_version(model_version(revision.version)), **changes)


def workloads(**available: int) -> dict[str, Workload]:
    by_name = {"v1": V1, "v2": V2}
    return {
        by_name[name].hash: Workload(by_name[name].hash, {}, count, count, count, count)
        for name, count in available.items()
    }


def seen(wanted: Revision = V2, **world: Any) -> World:
    spec = {"modelName": "iris", "modelVersionName": wanted.version, "replicas": 2, **world.pop("spec", {})}
    defaults: dict[str, Any] = {
        "manifest": model_deployment(), "spec": ModelDeploymentSpec.model_validate(spec),
        "status": ModelDeploymentStatus(), "rollout": STABLE, "version": named(wanted), "desired": wanted,
        "recipes": {}, "workloads": workloads(v1=2), "children": {}, "network": None, "conflict": None, "pods": (),
        "now": NOON,
    }  # fmt: skip
    return World(**(defaults | world))


BOTH_UP = workloads(v1=2, v2=2)
ONE_UP = workloads(v1=2, v2=1)
TAKEN = Trouble(Reason.NAME_CONFLICT, "Service iris exists")
CASES: dict[str, tuple[World, Action, Reason, Rollout]] = {
    "what is desired and stable is kept": (seen(V1), Action.KEEP, Reason.AVAILABLE, STABLE),
    "stable without all its pods is said": (
        seen(V1, workloads=workloads(v1=1)), Action.KEEP, Reason.REPLICAS_UNAVAILABLE, STABLE),
    "stable at zero is as desired": (
        seen(V1, spec={"replicas": 0}), Action.KEEP, Reason.SCALED_TO_ZERO, STABLE),
    "the first version starts as canary": (
        seen(rollout=Rollout()), Action.START_CANARY, Reason.PROGRESSING, Rollout(canary=V2, progress=STARTED)),
    "another version starts beside stable": (
        seen(), Action.START_CANARY, Reason.PROGRESSING, replace(STABLE, canary=V2, progress=STARTED)),
    "a canary that starts at zero replicas is not awaited yet": (
        seen(spec={"replicas": 0}), Action.START_CANARY, Reason.PROGRESSING,
        replace(STABLE, canary=V2, progress=Canary(NOON))),
    "an unavailable canary waits": (
        seen(rollout=COMING_UP, workloads=workloads(v1=2, v2=1)), Action.HOLD, Reason.PROGRESSING, COMING_UP),
    "a first version past its deadline is late": (
        seen(rollout=LATE_FIRST, workloads={}), Action.HOLD, Reason.PROGRESS_DEADLINE_EXCEEDED, LATE_FIRST),
    "a canary that was started long ago and is awaited since a moment is not late": (
        seen(rollout=replace(COMING_UP, progress=Canary(LONG_AGO, EARLIER))), Action.HOLD, Reason.PROGRESSING,
        replace(COMING_UP, progress=Canary(LONG_AGO, EARLIER))),
    "a canary past its deadline beside a dead stable waits": (
        seen(rollout=replace(LATE, stable_unready_since=EARLIER), workloads=workloads(v1=0)),
        Action.HOLD, Reason.PROGRESS_DEADLINE_EXCEEDED, replace(LATE, stable_unready_since=EARLIER)),
    "the first ready pod of a canary replaces a dead stable": (
        seen(rollout=DEAD, workloads=workloads(v1=0, v2=1)), Action.PROMOTE, Reason.REPLICAS_UNAVAILABLE,
        Rollout(V2, NOON)),
    "a dead stable is not replaced by what is dead, too": (
        seen(rollout=DEAD, workloads=workloads(v1=0, v2=0)), Action.HOLD, Reason.PROGRESSING, DEAD),
    "a stable that is down since a moment may come back": (
        seen(rollout=JUST_DOWN, workloads=workloads(v1=0, v2=1)), Action.HOLD, Reason.PROGRESSING, JUST_DOWN),
    "a paused rollout replaces no dead stable": (
        seen(spec={"paused": True}, rollout=DEAD, workloads=workloads(v1=0, v2=1)),
        Action.HOLD, Reason.PAUSED, DEAD),
    "a canary with steps starts at the first": (
        seen(spec=AT_STEP), Action.START_CANARY, Reason.PROGRESSING,
        replace(STABLE, canary=V2, progress=replace(STARTED, step=1))),
    "an available canary gets its share": (
        seen(rollout=STEPPING, spec=AT_STEP, workloads=workloads(v1=2, v2=1)),
        Action.REACH_WEIGHT, Reason.CANARY_HELD,
        replace(HELD, progress=replace(HELD.progress, step_since=NOON))),
    "an available canary waits for the pods of a third revision to go": (
        seen(rollout=STEPPING, spec=AT_STEP, workloads=workloads(v1=2, v2=1) | {V3.hash: Workload(V3.hash, {}, 1)}),
        Action.HOLD, Reason.PROGRESSING, STEPPING),
    "a canary at a step with pause stays": (
        seen(rollout=HELD, spec=AT_STEP, workloads=BOTH_UP), Action.HOLD, Reason.STEP_PAUSED, HELD),
    "a canary at a step whose pod is replaced stays": (
        seen(rollout=HELD, spec=AT_STEP, workloads=workloads(v1=2, v2=0)), Action.HOLD, Reason.STEP_PAUSED, HELD),
    "a paused step that was resumed ends": (
        seen(rollout=replace(HELD, progress=replace(HELD.progress, resumed_step=1)), spec=AT_STEP,
             workloads=ONE_UP),
        Action.ENTER_STEP, Reason.STEP_ENTERED,
        replace(COMING_UP, progress=Canary(EARLIER, NOON, step=2, resumed_step=1))),
    "a step without anything to wait for ends": (
        seen(rollout=HELD, spec=TWO_STEPS, workloads=ONE_UP), Action.ENTER_STEP, Reason.STEP_ENTERED,
        replace(COMING_UP, progress=Canary(EARLIER, NOON, step=2))),
    "a step lasts its holdSeconds": (
        seen(rollout=replace(AT_STEP_2, progress=replace(AT_STEP_2.progress, step_since=NOON)), spec=TWO_STEPS,
             workloads=BOTH_UP), Action.HOLD, Reason.CANARY_HELD,
        replace(AT_STEP_2, progress=replace(AT_STEP_2.progress, step_since=NOON))),
    "a gate of which nothing is known holds": (
        seen(rollout=AT_STEP_2, spec=TWO_STEPS | {"gates": [{"metric": "ErrorRate"}]}, workloads=BOTH_UP),
        Action.HOLD, Reason.INCONCLUSIVE, AT_STEP_2),
    "the first version takes no step": (
        seen(rollout=FIRST, spec=AT_STEP, workloads=BOTH_UP), Action.PROMOTE, Reason.AVAILABLE, Rollout(V2, NOON)),
    "a rejected version is not started again": (
        seen(rollout=REJECTED), Action.HOLD, Reason.ROLLED_BACK, REJECTED),
    "the canary of another version is ended when a rejected one is desired": (
        seen(rollout=replace(REJECTED, canary=V3, progress=STARTED)), Action.END_CANARY, Reason.ROLLED_BACK,
        REJECTED),
    "a return waits for its pods, whatever becomes of the rejected version": (
        seen(rollout=RETURNING, workloads=workloads(v1=0, v2=2), version=None, desired=None),
        Action.HOLD, Reason.PROGRESSING, RETURNING),
    "requests are taken back after a while only": (
        seen(rollout=replace(LOST, stable_unready_since=NOON), workloads=workloads(v1=2, v2=0)),
        Action.HOLD, Reason.REPLICAS_UNAVAILABLE, replace(LOST, stable_unready_since=NOON)),
    "a held canary replaces a dead stable": (
        seen(rollout=replace(HELD, stable_unready_since=EARLIER), spec=AT_STEP, workloads=workloads(v1=0, v2=1)),
        Action.PROMOTE, Reason.REPLICAS_UNAVAILABLE, Rollout(V2, NOON)),
    "a held canary is ended by going back": (
        seen(V1, rollout=HELD, spec=AT_STEP), Action.END_CANARY, Reason.AVAILABLE, STABLE),
    "a newer version takes the held canary's place": (
        seen(V3, rollout=HELD, spec=AT_STEP, workloads=BOTH_UP),
        Action.START_CANARY, Reason.PROGRESSING, replace(STABLE, canary=V3, progress=replace(STARTED, step=1))),
    "a canary without pods is never promoted": (
        seen(rollout=COMING_UP, spec={"replicas": 0}), Action.HOLD, Reason.SCALED_TO_ZERO, COMING_UP),
    "an available canary is promoted": (
        seen(rollout=COMING_UP, workloads=BOTH_UP), Action.PROMOTE, Reason.AVAILABLE,
        Rollout(V2, NOON, former=Former(V1, NOON, 2))),
    "the first available canary is promoted": (
        seen(rollout=FIRST, workloads=BOTH_UP),
        Action.PROMOTE, Reason.AVAILABLE, Rollout(V2, NOON)),
    "a newer version takes the canary's place": (
        seen(V3, rollout=COMING_UP, workloads=BOTH_UP),
        Action.START_CANARY, Reason.PROGRESSING, replace(STABLE, canary=V3, progress=STARTED)),
    "going back to stable ends the canary": (
        seen(V1, rollout=COMING_UP), Action.END_CANARY, Reason.AVAILABLE, STABLE),
    "an absent version changes nothing": (
        seen(version=None, desired=None, rollout=COMING_UP, workloads=BOTH_UP),
        Action.HOLD, Reason.VERSION_NOT_FOUND, COMING_UP),
    "a version that is not ready changes nothing": (
        seen(version=named(V2, is_ready=False), rollout=COMING_UP, workloads=BOTH_UP),
        Action.HOLD, Reason.VERSION_NOT_READY, COMING_UP),
    "a version that was edited a moment ago is not promoted": (
        seen(version=named(V2, is_current=False), rollout=COMING_UP, workloads=BOTH_UP),
        Action.HOLD, Reason.VERSION_NOT_READY, COMING_UP),
    "what is stable stays available while its version is edited": (
        seen(V1, version=named(V1, is_current=False)), Action.KEEP, Reason.AVAILABLE, STABLE),
    "a version whose spec cannot be read changes nothing": (
        seen(version=named(V2, is_ready=False, record=None), desired=None),
        Action.HOLD, Reason.VERSION_NOT_READY, STABLE),
    "a version of another model changes nothing": (
        seen(spec={"modelName": "roses"}), Action.HOLD, Reason.MODEL_MISMATCH, STABLE),
    "a name that is taken changes nothing": (
        seen(conflict=TAKEN, rollout=COMING_UP, workloads=BOTH_UP),
        Action.HOLD, Reason.NAME_CONFLICT, COMING_UP),
    "a paused rollout starts nothing": (
        seen(spec={"paused": True}), Action.HOLD, Reason.PAUSED, STABLE),
    "a paused rollout promotes nothing": (
        seen(spec={"paused": True}, rollout=COMING_UP, workloads=BOTH_UP),
        Action.HOLD, Reason.PAUSED, COMING_UP),
    "a paused rollout ends no canary": (
        seen(V1, spec={"paused": True}, rollout=COMING_UP), Action.HOLD, Reason.PAUSED, COMING_UP),
    "what is stable is available though paused": (
        seen(V1, spec={"paused": True}), Action.KEEP, Reason.AVAILABLE, STABLE),
}  # fmt: skip


@pytest.mark.parametrize(("given", "action", "reason", "want"), CASES.values(), ids=CASES)
def test_next_move(given: World, action: Action, reason: Reason, want: Rollout) -> None:
    move = next_move(given)
    assert (move.decision.action, move.decision.reason, move.rollout) == (action, reason, want)


@pytest.mark.parametrize(("given", "action", "reason", "want"), CASES.values(), ids=CASES)
def test_a_second_look_changes_nothing(given: World, action: Action, reason: Reason, want: Rollout) -> None:
    again = replace(given, rollout=want)
    assert (next_move(again).rollout, next_move(again).decision.action in TOLD_AS) == (want, False)


@pytest.mark.parametrize("given", [case[0] for case in CASES.values()], ids=CASES)
def test_a_decision_says_why_in_a_sentence(given: World) -> None:
    assert next_move(given).decision.message


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (seen(), 601.0),
        (seen(rollout=COMING_UP), 541.0),
        (seen(rollout=LATE_FIRST, workloads={}), None),
        (seen(rollout=JUST_DOWN), 21.0),
        (seen(rollout=DEAD), 541.0),
        (seen(rollout=HELD, spec=AT_STEP, workloads=BOTH_UP), None),
        (seen(conflict=TAKEN), 30.0),
        (seen(V1), None),
    ],
    ids=[
        "a started canary is looked at when its time is up",
        "a waiting one too",
        "a late one waits for its pods",
        "one beside a stable that is down is looked at when that counts as dead",
        "a dead one stays so",
        "a held one is as asked",
        "a taken name is looked at again",
        "what is settled needs no look",
    ],
)
def test_when_to_look_again(given: World, seconds: float | None) -> None:
    assert next_move(given).look_again == seconds
