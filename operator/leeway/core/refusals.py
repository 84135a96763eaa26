"""What to say of an object whose stored spec does not fit the schema (it was stored under an older one)."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from leeway.api import reasons
from leeway.api.kinds import TRAINING_JOB, Manifest
from leeway.core.conditions import Condition, merge_conditions
from leeway.core.plan import Event, Plan


def plan_invalid(manifest: Manifest, error: ValidationError, now: datetime) -> Plan:
    """Nothing is written but the status, which names the first field at fault; what serves keeps serving."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    message = f"{field}: {first['msg']}; apply a corrected manifest"
    summary = "Succeeded" if manifest["kind"] == TRAINING_JOB.kind else "Ready"
    before = manifest.get("status") or {}
    generation = manifest["metadata"]["generation"]
    conditions = (
        # Not a failed run: a later operator may understand what this one does not.
        Condition(summary, "Unknown" if summary == "Succeeded" else "False", reasons.INVALID_SPEC, message),
        Condition("Stalled", "True", reasons.INVALID_SPEC, message),
    )
    status = {
        **before,
        "observedGeneration": generation,
        "status": reasons.INVALID_SPEC,
        "conditions": merge_conditions(conditions, before.get("conditions", []), generation, now),
    }
    is_news = before.get("observedGeneration") != generation
    events = (Event("Warning", reasons.INVALID_SPEC, message),) if is_news else ()
    return Plan(status=status, events=events)


def plan_refusal(manifest: Manifest, plan: Plan, message: str, now: datetime) -> Plan:
    """The plan's record, with the API server's refusal of a child as what is wrong."""
    generation = manifest["metadata"]["generation"]
    summary = plan.status["conditions"][0]["type"]
    conditions = (
        Condition(summary, "Unknown" if summary == "Succeeded" else "False", reasons.CHILD_REFUSED, message),
        *(
            Condition(c["type"], c["status"], c["reason"], c["message"])
            for c in plan.status["conditions"][1:]
            if c["type"] not in {"Reconciling", "Stalled"}
        ),
        Condition("Stalled", "True", reasons.CHILD_REFUSED, message),
    )
    before = (manifest.get("status") or {}).get("conditions", [])
    status = {
        **plan.status,
        "status": reasons.CHILD_REFUSED,
        "conditions": merge_conditions(conditions, before, generation, now),
    }
    return Plan(status=status, events=(Event("Warning", reasons.CHILD_REFUSED, message),))


def plan_unwritable(manifest: Manifest, plan: Plan, message: str, now: datetime) -> Plan:
    """A record that the API server takes, in place of one that it refused: the conditions, and what was there."""
    generation = manifest["metadata"]["generation"]
    summary = plan.status["conditions"][0]["type"]
    before = manifest.get("status") or {}
    conditions = (
        Condition(summary, "Unknown" if summary == "Succeeded" else "False", reasons.STATUS_REFUSED, message),
        Condition("Stalled", "True", reasons.STATUS_REFUSED, message),
    )
    status = {
        **before,
        "observedGeneration": generation,
        "status": reasons.STATUS_REFUSED,
        "conditions": merge_conditions(conditions, before.get("conditions", []), generation, now),
    }
    return Plan(status=status, events=(Event("Warning", reasons.STATUS_REFUSED, message),))


def is_refusal_known(manifest: Manifest, plan: Plan) -> bool:
    """True when the plan's decisions are recorded already and only a refusal stands beside them.

    Then the children are tried first, or each attempt would write the status twice.
    """
    stored = manifest.get("status") or {}
    return stored.get("status") == reasons.CHILD_REFUSED and _decided(stored) == _decided(plan.status)


def _decided(status: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in status.items() if name not in {"conditions", "status", "progress"}}
