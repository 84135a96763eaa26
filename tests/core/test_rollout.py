"""The rollout's policies: given a world, the next move; and a second look decides the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.model_deployment import ModelDeploymentSpec, ModelDeploymentStatus
from leeway.api.reasons import Reason
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.decision import TOLD_AS, Action
from leeway.core.deployment.revision import NamedVersion, Revision, Rollout, Setting, read_version
from leeway.core.deployment.rollout import POLICIES, next_move
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
COMING_UP = Rollout(V1, EARLIER, V2, EARLIER, EARLIER)
LATE = replace(COMING_UP, canary_awaited_since=LONG_AGO)
DEAD = replace(COMING_UP, stable_unready_since=EARLIER)
HELD = replace(COMING_UP, canary_awaited_since=None, canary_held_since=EARLIER)
AT_STEP = {"rollout": {"steps": [{"weight": 30, "pause": True}]}}
JUST_DOWN = replace(COMING_UP, stable_unready_since=NOON - timedelta(seconds=10))


def named(revision: Revision, **changes: Any) -> NamedVersion:
    return replace(read_version(model_version(revision.version)), **changes)


def workloads(**available: int) -> dict[str, Workload]:
    by_name = {"v1": V1, "v2": V2}
    return {
        by_name[name].hash: Workload(by_name[name].hash, {}, count, count, count)
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
TAKEN = Trouble(Reason.NAME_CONFLICT, "Service iris exists")
CASES: dict[str, tuple[World, Action, Reason, Rollout]] = {
    "what is desired and stable is kept": (seen(V1), Action.KEEP, Reason.AVAILABLE, STABLE),
    "stable without all its pods is said": (
        seen(V1, workloads=workloads(v1=1)), Action.KEEP, Reason.REPLICAS_UNAVAILABLE, STABLE),
    "stable at zero is as desired": (
        seen(V1, spec={"replicas": 0}), Action.KEEP, Reason.SCALED_TO_ZERO, STABLE),
    "the first version starts as canary": (
        seen(rollout=Rollout()), Action.START_CANARY, Reason.PROGRESSING, Rollout(None, None, V2, NOON, NOON)),
    "another version starts beside stable": (
        seen(), Action.START_CANARY, Reason.PROGRESSING, Rollout(V1, EARLIER, V2, NOON, NOON)),
    "a canary that starts at zero replicas is not awaited yet": (
        seen(spec={"replicas": 0}), Action.START_CANARY, Reason.PROGRESSING, Rollout(V1, EARLIER, V2, NOON)),
    "an unavailable canary waits": (
        seen(rollout=COMING_UP, workloads=workloads(v1=2, v2=1)), Action.HOLD, Reason.PROGRESSING, COMING_UP),
    "a canary past its deadline is late": (
        seen(rollout=LATE), Action.HOLD, Reason.PROGRESS_DEADLINE_EXCEEDED, LATE),
    "a canary that was started long ago and is awaited since a moment is not late": (
        seen(rollout=replace(COMING_UP, canary_started_at=LONG_AGO)), Action.HOLD, Reason.PROGRESSING,
        replace(COMING_UP, canary_started_at=LONG_AGO)),
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
    "an available canary is held at a step, with fewer pods": (
        seen(rollout=COMING_UP, spec=AT_STEP, workloads=workloads(v1=2, v2=1)),
        Action.HOLD_CANARY, Reason.CANARY_HELD, replace(HELD, canary_held_since=NOON)),
    "a held canary stays held": (
        seen(rollout=HELD, spec=AT_STEP, workloads=BOTH_UP), Action.HOLD, Reason.CANARY_HELD, HELD),
    "a held canary whose pod is replaced stays held": (
        seen(rollout=HELD, spec=AT_STEP, workloads=workloads(v1=2, v2=0)), Action.HOLD, Reason.CANARY_HELD, HELD),
    "a canary that never came up at its step is late": (
        seen(rollout=LATE, spec=AT_STEP, workloads=workloads(v1=2, v2=0)),
        Action.HOLD, Reason.PROGRESS_DEADLINE_EXCEEDED, LATE),
    "the first version is not held": (
        seen(rollout=Rollout(None, None, V2, EARLIER), spec=AT_STEP, workloads=BOTH_UP),
        Action.PROMOTE, Reason.AVAILABLE, Rollout(V2, NOON)),
    "a held canary replaces a dead stable": (
        seen(rollout=replace(HELD, stable_unready_since=EARLIER), spec=AT_STEP, workloads=workloads(v1=0, v2=1)),
        Action.PROMOTE, Reason.REPLICAS_UNAVAILABLE, Rollout(V2, NOON)),
    "a held canary is ended by going back": (
        seen(V1, rollout=HELD, spec=AT_STEP), Action.END_CANARY, Reason.AVAILABLE, STABLE),
    "a newer version takes the held canary's place": (
        seen(V3, rollout=HELD, spec=AT_STEP, workloads=BOTH_UP),
        Action.START_CANARY, Reason.PROGRESSING, Rollout(V1, EARLIER, V3, NOON, NOON)),
    "a canary without pods is never promoted": (
        seen(rollout=COMING_UP, spec={"replicas": 0}), Action.HOLD, Reason.SCALED_TO_ZERO, COMING_UP),
    "an available canary is promoted": (
        seen(rollout=COMING_UP, workloads=BOTH_UP), Action.PROMOTE, Reason.AVAILABLE, Rollout(V2, NOON)),
    "the first available canary is promoted": (
        seen(rollout=Rollout(None, None, V2, EARLIER), workloads=BOTH_UP),
        Action.PROMOTE, Reason.AVAILABLE, Rollout(V2, NOON)),
    "a newer version takes the canary's place": (
        seen(V3, rollout=COMING_UP, workloads=BOTH_UP),
        Action.START_CANARY, Reason.PROGRESSING, Rollout(V1, EARLIER, V3, NOON, NOON)),
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


def test_every_policy_is_reachable() -> None:
    answering = {
        next(policy.__name__ for policy in POLICIES if policy(case[0]) is not None) for case in CASES.values()
    }
    assert answering == {policy.__name__ for policy in POLICIES}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (seen(), 601.0),
        (seen(rollout=COMING_UP), 541.0),
        (seen(rollout=LATE), None),
        (seen(rollout=JUST_DOWN), 21.0),
        (seen(rollout=replace(LATE, stable_unready_since=JUST_DOWN.stable_unready_since)), 21.0),
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
        "a late one, too",
        "a dead one stays so",
        "a held one is as asked",
        "a taken name is looked at again",
        "what is settled needs no look",
    ],
)
def test_when_to_look_again(given: World, seconds: float | None) -> None:
    assert next_move(given).look_again == seconds
