"""Commands: what each does in each state, what cannot be done, and that a token is obeyed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.deployment.record import Command, Rejection, Tenure
from leeway.api.model_deployment import ModelDeploymentSpec, ModelDeploymentStatus
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.commands import COMMANDS, LONGEST, obey
from leeway.core.deployment.decision import Action
from leeway.core.deployment.revision import Canary, Revision, Rollout, Setting, read_version
from leeway.core.deployment.world import World
from leeway.core.names import ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN
from tests.core.worlds import DIGEST, NOON, model_deployment, model_version

SETTING = Setting("server:1", "IfNotPresent")
V1, V2 = (Revision(str(number) * 10, f"iris-{number}", DIGEST, SETTING) for number in (1, 2))
EARLIER = NOON - timedelta(minutes=1)
STABLE = Rollout(V1, EARLIER)
AT_STEP_1 = replace(STABLE, canary=V2, progress=Canary(EARLIER, step=1, step_since=EARLIER))
STARTING = replace(STABLE, canary=V2, progress=Canary(EARLIER, step=1))
FIRST = Rollout(canary=V2, progress=Canary(EARLIER))
REJECTED = replace(STABLE, rejected=(Rejection(revision=V2.hash), Rejection(revision="3" * 10)))
PAUSED = replace(AT_STEP_1, paused_since=EARLIER)
PAUSING = {"rollout": {"steps": [{"weight": 50, "pause": True}, {"weight": 60, "pause": True}]}}
FEW = {"replicas": 8, "rollout": {"steps": [{"weight": 25}, {"weight": 50}]}}
AFTER_V1 = Rollout(V2, EARLIER)
FORMER = Tenure(
    model_version_name="iris-1",
    revision=V1.hash,
    digest=DIGEST,
    image="server:1",
    image_pull_policy="IfNotPresent",
)
HISTORY = ModelDeploymentStatus(history=(FORMER,))
MAKES_V1 = {V1.hash: read_version(model_version("iris-1"))}


def ready(*revisions: Revision) -> dict[str, Workload]:
    return {revision.hash: Workload(revision.hash, {}, 2, 2, 2) for revision in revisions}


def told(
    name: str = "",
    token: str = "7",
    rollout: Rollout = AT_STEP_1,
    spec: dict[str, Any] | None = None,
    **world: Any,
) -> World:
    manifest = model_deployment()
    given = {ANNOTATION_COMMAND: name, ANNOTATION_COMMAND_TOKEN: token}
    manifest["metadata"]["annotations"] = {annotation: text for annotation, text in given.items() if text}
    wanted = {"modelName": "iris", "modelVersionName": "iris-2", "replicas": 2, **(spec or {})}
    defaults: dict[str, Any] = {
        "manifest": manifest, "spec": ModelDeploymentSpec.model_validate(wanted), "status": ModelDeploymentStatus(),
        "rollout": rollout, "version": None, "desired": V2, "recipes": {}, "workloads": ready(V1, V2), "children": {},
        "network": None, "conflict": None, "pods": (), "now": NOON,
    }  # fmt: skip
    return World(**(defaults | world))


# sentence: (world, action, changed fields of the rollout)
DONE: dict[str, tuple[World, Action, dict[str, Any]]] = {
    "promote makes the canary stable": (
        told("promote"), Action.PROMOTE, {"stable": V2, "canary": None, "stable_since": NOON}),
    "promote ends a pause": (told("promote", rollout=PAUSED), Action.PROMOTE, {"stable": V2, "paused_since": None}),
    "promote lets a canary with few pods grow first, whatever steps are left": (
        told("promote", spec=FEW, workloads=ready(V1, V2)), Action.ENTER_STEP,
        {"canary": V2, "progress": Canary(EARLIER, NOON, step=3, resumed_step=3)}),
    "promote is obeyed while the pods of a later step start": (
        told("promote", spec=FEW, workloads=ready(V1)), Action.ENTER_STEP,
        {"progress": Canary(EARLIER, NOON, step=3, resumed_step=3)}),
    "promote makes the first version stable": (
        told("promote", rollout=FIRST), Action.PROMOTE, {"stable": V2, "canary": None}),
    "abort ends the canary": (
        told("abort"), Action.ROLL_BACK, {"stable": V1, "canary": None, "progress": Canary()}),
    "abort does so though spec.paused is true": (
        told("abort", spec={"paused": True}), Action.ROLL_BACK, {"stable": V1, "canary": None}),
    "retry lifts the rejection of what is desired, and no other": (
        told("retry", rollout=REJECTED), Action.OBEY, {"rejected": REJECTED.rejected[1:]}),
    "pause says since when": (told("pause"), Action.OBEY, {"paused_since": NOON, "canary": V2}),
    "pause is obeyed while nothing is rolled out": (
        told("pause", rollout=STABLE), Action.OBEY, {"paused_since": NOON}),
    "resume ends a pause": (told("resume", rollout=PAUSED), Action.OBEY, {"paused_since": None}),
    "resume ends the pause of the step": (
        told("resume", spec=PAUSING), Action.OBEY, {"progress": replace(AT_STEP_1.progress, resumed_step=1)}),
    "resume ends both pauses": (
        told("resume", rollout=PAUSED, spec=PAUSING), Action.OBEY,
        {"paused_since": None, "progress": replace(AT_STEP_1.progress, resumed_step=1)}),
    "rollback returns at once to what has its pods": (
        told("rollback", rollout=AFTER_V1, status=HISTORY), Action.ROLL_BACK, {"stable": V1, "canary": None}),
    "rollback starts what has none": (
        told("rollback", rollout=AFTER_V1, status=HISTORY, workloads=ready(V2), recipes=MAKES_V1), Action.ROLL_BACK,
        {"stable": V2, "canary": V1, "progress": Canary(NOON, NOON, is_return=True)}),
    "a command is obeyed after one that had another token": (
        told("pause", rollout=replace(AT_STEP_1, command=Command(name="pause", token="6"))), Action.OBEY,
        {"paused_since": NOON}),
    "a command is obeyed once it has a token": (
        told("pause", rollout=replace(AT_STEP_1, command=Command(name="pause"))), Action.OBEY,
        {"paused_since": NOON}),
    "a token is obeyed once it has a command": (
        told("pause", rollout=replace(AT_STEP_1, command=Command(token="7"))), Action.OBEY,
        {"paused_since": NOON}),
}  # fmt: skip

# sentence: (world, what the answer says)
NOT_DONE: dict[str, tuple[World, str]] = {
    "promote without a canary": (told("promote", rollout=STABLE), "there is no canary to promote"),
    "promote of a canary that has not come up": (
        told("promote", rollout=STARTING, workloads=ready(V1)), "(0 of 2 replicas are ready): command it again"),
    "promote while spec.paused is true": (
        told("promote", spec={"paused": True}), "spec.paused is true: set it to false"),
    "promote of a version that is not ready, such as a quarantined one": (
        told("promote", recipes={V2.hash: read_version(model_version("iris-2", ready=False))}),
        "ModelVersion iris-2 is not ready, and may not be promoted"),
    "abort without a canary": (told("abort", rollout=STABLE), "there is no canary to take back"),
    "abort of the first version": (told("abort", rollout=FIRST), "name another in spec.modelVersionName"),
    "abort beside a stable that is down": (
        told("abort", workloads=ready(V2)), "no pod of stable iris-1 is ready: without the canary nothing"),
    "retry of what is not rejected": (told("retry"), "iris-2 is not rejected"),
    "retry of a version that cannot be read": (told("retry", desired=None), "iris-2 is not rejected"),
    "pause in a pause": (told("pause", rollout=PAUSED), "paused already, since 2026-11-21 11:59:00 UTC"),
    "resume without a pause": (told("resume"), "neither are rollouts paused by a command"),
    "resume of what the spec pauses": (told("resume", spec={"paused": True}), "spec.paused is true, set it to false"),
    "resume of a step that was resumed": (
        told("resume", spec=PAUSING, rollout=replace(
            AT_STEP_1, progress=replace(AT_STEP_1.progress, resumed_step=1))), "nor is a canary at a step with pause"),
    "resume after the last step": (
        told("resume", spec=PAUSING, rollout=replace(AT_STEP_1, progress=Canary(EARLIER, step=3))),
        "nor is a canary at a step with pause"),
    "rollback without a stable version": (told("rollback", rollout=FIRST), "no stable version yet"),
    "rollback beside a canary": (told("rollback"), "take it back first, by the command abort"),
    "rollback of the first version": (
        told("rollback", rollout=AFTER_V1), "no revision from before iris-2 is left to go back to"),
    "rollback to what was rejected": (
        told("rollback", status=HISTORY, rollout=replace(AFTER_V1, rejected=(Rejection(revision=V1.hash),))),
        "no revision from before iris-2 is left to go back to"),
    "rollback to what was deleted": (
        told("rollback", status=HISTORY, rollout=AFTER_V1, workloads=ready(V2)),
        "no revision from before iris-2 is left to go back to"),
    "rollback to a version that is not ready, such as a quarantined one": (
        told("rollback", status=HISTORY, rollout=AFTER_V1,
             recipes={V1.hash: read_version(model_version("iris-1", ready=False))}),
        "no revision from before iris-2 is left to go back to"),
    "a command that there is none of": (
        told("destroy"), "no command destroy: set leeway.dev/command to one of promote, abort"),
    "a command without a token": (
        told("abort", ""), "without a token: set leeway.dev/command-token to a text that you have not used"),
    "a token without a command": (
        told(""), "the token 7 is without a command: set leeway.dev/command to one of promote"),
    "a token that was used for another command": (
        told("abort", rollout=replace(AT_STEP_1, command=Command(name="pause", token="7"))),
        "the token 7 was used for the command pause: set another one"),
    "a token that is too long": (told("abort", "x" * 500), f"fewer than {LONGEST} characters"),
}  # fmt: skip

NOTHING = {
    "nothing is commanded": told("", ""),
    "a command was obeyed": told(
        "abort", rollout=replace(AT_STEP_1, command=Command(name="abort", token="7"))
    ),
    "the annotations were removed": told("", "", replace(STABLE, command=Command(name="abort", token="7"))),
}


@pytest.mark.parametrize(("given", "action", "changes"), DONE.values(), ids=DONE)
def test_what_a_command_does(given: World, action: Action, changes: dict[str, Any]) -> None:
    move = obey(given)
    assert move is not None
    assert move.decision.action == action
    assert {name: getattr(move.rollout, name) for name in changes} == changes
    command = move.rollout.command
    assert command is not None
    assert (command.is_done, command.time, command.message) == (True, NOON, move.decision.message)


@pytest.mark.parametrize(("given", "says"), NOT_DONE.values(), ids=NOT_DONE)
def test_what_cannot_be_done_is_said_and_changes_nothing(given: World, says: str) -> None:
    move = obey(given)
    assert move is not None
    assert move.decision.action == Action.OBEY
    assert says in move.decision.message
    assert move.rollout.command is not None
    assert not move.rollout.command.is_done
    assert replace(move.rollout, command=given.rollout.command) == given.rollout


@pytest.mark.parametrize("given", [*(case[0] for case in (*DONE.values(), *NOT_DONE.values()))])
def test_a_command_is_answered_once(given: World) -> None:
    move = obey(given)
    assert move is not None
    assert obey(replace(given, rollout=move.rollout)) is None


@pytest.mark.parametrize("given", NOTHING.values(), ids=NOTHING)
def test_without_a_new_command_nothing_is_answered(given: World) -> None:
    assert obey(given) is None


def test_a_rolled_back_revision_is_rejected_by_its_decision_and_not_for_the_model() -> None:
    move = obey(told("abort"))
    assert move is not None
    (rejection,) = move.rollout.rejected
    assert (rejection.revision, rejection.decision_id, rejection.reason) == (V2.hash, 1, "Aborted")
    assert not rejection.is_about_model


def test_every_command_is_tried() -> None:
    tried = {given.manifest["metadata"]["annotations"][ANNOTATION_COMMAND] for given, *_ in DONE.values()}
    assert tried == set(COMMANDS)
