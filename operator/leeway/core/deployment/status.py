"""The status of a ModelDeployment, computed whole from what was observed and decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeway.api import reasons
from leeway.api.kinds import Manifest
from leeway.api.model_deployment import ModelDeployment
from leeway.core.conditions import Condition, find_condition, is_true, merge_conditions, parse_time, timestamp
from leeway.core.deployment.rollout import Revision, Rollout
from leeway.core.names import LABEL_DEPLOYMENT
from leeway.core.plan import Event
from leeway.core.pods.trouble import Trouble

DECISIONS_KEPT = 20
HISTORY_KEPT = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ModelDeployment stands in this pass."""

    rollout: Rollout
    obstacle: Trouble | None
    is_wanted: bool  # stable is what the spec asks for
    is_doomed: bool  # the obstacle will not go away by waiting
    trouble: Trouble | None
    replicas: int  # wanted
    pods: int  # of all revisions
    ready_replicas: int  # of what answers
    live_ready_replicas: int  # of the canary, or of stable when there is none
    is_available: bool
    is_late: bool


def read_rollout(manifest: Manifest) -> Rollout:
    """The rollout as status remembers it."""
    status = manifest.get("status") or {}
    stable, canary = status.get("stable"), status.get("canary")
    return Rollout(
        stable=_read_revision(stable),
        stable_since=_read_time(stable, "since"),
        canary=_read_revision(canary),
        canary_started_at=_read_time(canary, "startedAt"),
    )


def make_status(
    manifest: Manifest, deployment: ModelDeployment, before: Rollout, standing: Standing, now: datetime
) -> dict[str, Any]:
    """The whole status; `stable` and `canary` in it are the record that the next pass decides from."""
    stored = manifest.get("status") or {}
    generation = manifest["metadata"]["generation"]
    conditions = _conditions(deployment, standing)
    rollout = standing.rollout
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    status: dict[str, Any] = {
        "observedGeneration": generation,
        "status": conditions[0].reason,
        "conditions": merge_conditions(conditions, stored.get("conditions", []), generation, now),
        "weight": {"desired": 0, "actual": 0},
        "replicas": standing.pods,
        "readyReplicas": standing.ready_replicas,
        "selector": f"{LABEL_DEPLOYMENT}={name}",
        "url": f"http://{name}.{namespace}.svc",
        "decisions": _decisions(stored, before, rollout, now),
        "history": _history(stored, before, rollout, now),
    }
    if rollout.stable:
        status["stable"] = _entry(rollout.stable) | {"since": timestamp(rollout.stable_since or now)}
    if rollout.canary:
        status["canary"] = _entry(rollout.canary) | {"startedAt": timestamp(rollout.canary_started_at or now)}
    return status


def rollout_events(
    before: dict[str, Any], after: dict[str, Any], old: Rollout, new: Rollout
) -> tuple[Event, ...]:
    """An Event for each transition of the rollout, and a warning when `Ready` turns for the worse."""
    events = []
    if new.canary and new.canary != old.canary:
        events.append(Event("Normal", reasons.CANARY_STARTED, _canary_sentence(new)))
    if new.stable and new.stable != old.stable:
        events.append(Event("Normal", reasons.PROMOTED, _promoted_sentence(old, new)))
    was, ready = find_condition(before, "Ready"), find_condition(after, "Ready")
    quiet = {reasons.AVAILABLE, reasons.PROGRESSING, reasons.PAUSED, reasons.SCALED_TO_ZERO}
    if ready["reason"] not in quiet and ready["reason"] != was.get("reason"):
        waiting = ready["reason"] in {reasons.VERSION_NOT_FOUND, reasons.VERSION_NOT_READY}
        calm = waiting and is_true(after, "Reconciling")
        events.append(Event("Normal" if calm else "Warning", ready["reason"], ready["message"]))
    return tuple(events)


def _conditions(deployment: ModelDeployment, standing: Standing) -> tuple[Condition, ...]:
    ready = _ready(deployment, standing)
    serving = _serving(standing)
    if ready.status == "True" or ready.reason in {reasons.PAUSED, reasons.SCALED_TO_ZERO}:
        return (ready, serving)
    if standing.is_doomed or ready.reason in {
        reasons.NAME_CONFLICT,
        reasons.MODEL_MISMATCH,
        reasons.PROGRESS_DEADLINE_EXCEEDED,
    }:
        return (ready, serving, Condition("Stalled", "True", ready.reason, ready.message))
    return (ready, serving, Condition("Reconciling", "True", ready.reason, ready.message))


def _ready(deployment: ModelDeployment, standing: Standing) -> Condition:
    if standing.obstacle:
        return Condition("Ready", "False", standing.obstacle.reason, standing.obstacle.message)
    if deployment.spec.paused and not standing.is_wanted:
        held = f"spec.paused is true: version {deployment.spec.version} is not rolled out"
        return Condition("Ready", "False", reasons.PAUSED, held)
    if standing.rollout.canary:
        return _progressing(deployment, standing)
    if standing.replicas == 0:
        return Condition(
            "Ready", "True", reasons.SCALED_TO_ZERO, "spec.replicas is 0: nothing answers, as asked"
        )
    if standing.is_available and standing.rollout.stable:
        count = f"{standing.ready_replicas} of {standing.replicas} replicas are ready"
        stable = standing.rollout.stable.version
        return Condition("Ready", "True", reasons.AVAILABLE, f"version {stable} is stable; {count}")
    return _unavailable(standing, reasons.REPLICAS_UNAVAILABLE)


def _progressing(deployment: ModelDeployment, standing: Standing) -> Condition:
    if standing.replicas == 0:
        held = "spec.replicas is 0, and a version must answer before it is promoted"
        return Condition("Ready", "False", reasons.SCALED_TO_ZERO, held)
    if standing.is_late:
        late = _unavailable(standing, reasons.PROGRESS_DEADLINE_EXCEEDED)
        seconds = deployment.spec.rollout.progress_deadline_seconds
        return Condition(
            "Ready",
            "False",
            reasons.PROGRESS_DEADLINE_EXCEEDED,
            f"not available within {seconds} s: {late.message}",
        )
    return _unavailable(standing, reasons.PROGRESSING)


def _unavailable(standing: Standing, reason: str) -> Condition:
    count = f"{standing.live_ready_replicas} of {standing.replicas} replicas are ready"
    if standing.trouble is None:
        return Condition("Ready", "False", reason, count)
    return Condition("Ready", "False", standing.trouble.reason, f"{count}: {standing.trouble.message}")


def _serving(standing: Standing) -> Condition:
    count = f"{standing.ready_replicas} ready"
    if standing.ready_replicas:
        return Condition("Serving", "True", reasons.ANSWERING, count)
    return Condition("Serving", "False", reasons.NOT_ANSWERING, "no replica is ready")


def _read_revision(entry: dict[str, Any] | None) -> Revision | None:
    if not entry:
        return None
    # A record that lacks a part (of another release, edited by hand) is read as another revision, never a crash.
    names = ("revision", "version", "artifactSha256", "image")
    return Revision(*(str(entry.get(name, "")) for name in names))


def _read_time(entry: dict[str, Any] | None, name: str) -> datetime | None:
    return parse_time(entry[name]) if entry and entry.get(name) else None


def _entry(revision: Revision) -> dict[str, Any]:
    entry = {
        "version": revision.version,
        "revision": revision.hash,
        "artifactSha256": revision.artifact_sha256,
        "image": revision.image,
    }
    return {name: value for name, value in entry.items() if value}


def _decisions(stored: dict[str, Any], old: Rollout, new: Rollout, now: datetime) -> list[dict[str, Any]]:
    """The ring of the last decisions, each with what was decided and why."""
    made = []
    if new.canary and new.canary != old.canary:
        made.append(_decision(now, reasons.CANARY_STARTED, new.canary, _canary_sentence(new)))
    if new.stable and new.stable != old.stable:
        made.append(_decision(now, reasons.PROMOTED, new.stable, _promoted_sentence(old, new)))
    return [*stored.get("decisions", []), *made][-DECISIONS_KEPT:]


def _decision(now: datetime, action: str, revision: Revision, message: str) -> dict[str, Any]:
    return {
        "time": timestamp(now),
        "action": action,
        "reason": reasons.AVAILABLE if action == reasons.PROMOTED else reasons.PROGRESSING,
        "version": revision.version,
        "revision": revision.hash,
        "message": message,
    }


def _history(stored: dict[str, Any], old: Rollout, new: Rollout, now: datetime) -> list[dict[str, Any]]:
    """What was stable from when until when, the present one not included."""
    history = list(stored.get("history", []))
    if old.stable and old.stable_since and new.stable != old.stable:
        history.append(
            {
                "version": old.stable.version,
                "revision": old.stable.hash,
                "since": timestamp(old.stable_since),
                "until": timestamp(now),
            }
        )
    return history[-HISTORY_KEPT:]


def _canary_sentence(rollout: Rollout) -> str:
    canary = rollout.canary.version if rollout.canary else ""
    beside = f" beside stable {rollout.stable.version}" if rollout.stable else ", the first one"
    return f"starting version {canary}{beside}"


def _promoted_sentence(old: Rollout, new: Rollout) -> str:
    stable = new.stable.version if new.stable else ""
    instead = f" instead of {old.stable.version}" if old.stable else ""
    return f"version {stable} is stable{instead}"
