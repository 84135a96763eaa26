"""What to record when something was refused: a spec by the schema, a child or a status by the API server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from leeway.api.condition import READY, RECONCILING, STALLED, SUCCEEDED, Condition
from leeway.api.kinds import TRAINING_JOB, Manifest
from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.api.reasons import Reason
from leeway.core import conditions
from leeway.core.codec import read_status
from leeway.core.conditions import merge_conditions, with_progress
from leeway.core.events import summary_events
from leeway.core.plan import Plan


def plan_invalid(manifest: Manifest, error: ValidationError, now: datetime) -> Plan:
    """Return a plan that writes only the status, which names the first field at fault."""
    # The API server has accepted this spec, by an older schema. Without children in the plan nothing is scaled or
    # deleted: what serves keeps serving until somebody applies a corrected manifest.
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    message = f"{field}: {first['msg']}; apply a corrected manifest"
    return _only(manifest, Reason.INVALID_SPEC, message, now)


def plan_unwritable(manifest: Manifest, message: str, now: datetime) -> Plan:
    """Return a plan with a status that the API server accepts, in place of one that it refused."""
    return _only(manifest, Reason.STATUS_REFUSED, message, now)


def plan_refused(manifest: Manifest, plan: Plan, message: str, now: datetime) -> Plan:
    """Return the plan with the API server's refusal of a child as its summary condition."""
    # Its writes stay: the refusal may be over (a raised quota), and the other children must not wait for this one.
    planned = _conditions_of(plan.status)
    others = tuple(
        conditions.Condition(c.type, c.status, c.reason, c.message)
        for c in planned[1:]
        if c.type not in {RECONCILING, STALLED}
    )
    summary = _summary(planned[0].type, Reason.CHILD_REFUSED, message)
    status, merged = _with_conditions(manifest, plan.status, (summary, *others), now)
    events = [event for event in plan.events if event.reason != planned[0].reason]
    # The planned summary is not recorded, so it gets no Event either; the refusal gets its own.
    told = summary_events(manifest, _conditions_of(manifest.get("status") or {}), merged, now)
    return replace(plan, status=status, events=(*events, *told))


def refusal_in(manifest: Manifest) -> str:
    """Return the refusal of a child that the status records, or an empty text."""
    # Read without the models: this runs in every reconcile of every object.
    for condition in (manifest.get("status") or {}).get("conditions") or ():
        if (condition.get("type"), condition.get("reason")) == (STALLED, Reason.CHILD_REFUSED):
            return str(condition.get("message", ""))
    return ""


def _only(manifest: Manifest, reason: Reason, message: str, now: datetime) -> Plan:
    before = manifest.get("status") or {}
    summary = _summary(SUCCEEDED if manifest["kind"] == TRAINING_JOB.kind else READY, reason, message)
    status, merged = _with_conditions(manifest, before, (summary,), now)
    events = summary_events(manifest, _conditions_of(before), merged, now)
    return Plan(status=status, events=events)


def _summary(type_: str, reason: Reason, message: str) -> conditions.Condition:
    # Not a failed run: a later operator may understand, or the API server take, what is refused now.
    return conditions.Condition(type_, "Unknown" if type_ == SUCCEEDED else "False", reason, message)


def _with_conditions(
    manifest: Manifest, status: dict[str, Any], desired: tuple[conditions.Condition, ...], now: datetime
) -> tuple[dict[str, Any], tuple[Condition, ...]]:
    generation = manifest["metadata"]["generation"]
    stored = _conditions_of(manifest.get("status") or {})
    merged = merge_conditions(with_progress(desired[0], *desired[1:]), stored, generation, now)
    written = [c.model_dump(mode="json", by_alias=True, exclude_unset=True) for c in merged]
    return {**status, "observedGeneration": generation, "conditions": written}, merged


def _conditions_of(status: dict[str, Any]) -> tuple[Condition, ...]:
    # Conditions have one shape in all three kinds.
    return read_status(
        ModelDeploymentStatus, {"status": {"conditions": status.get("conditions") or []}}
    ).conditions
