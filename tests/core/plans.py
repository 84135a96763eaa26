"""Read plans: what they write, by verb, and what their status says."""

from __future__ import annotations

from typing import Any, TypeGuard

from leeway.api.kinds import Manifest
from leeway.core.plan import Apply, Create, Delete, Plan, Write


def created(plan: Plan) -> list[Manifest]:
    return [write.manifest for write in plan.writes if isinstance(write, Create) or _is_new(write)]


def applied(plan: Plan) -> list[Manifest]:
    return [write.manifest for write in plan.writes if isinstance(write, Apply) and not write.is_new]


def deleted(plan: Plan) -> list[Delete]:
    return [write for write in plan.writes if isinstance(write, Delete)]


def _is_new(write: Write) -> TypeGuard[Apply]:
    return isinstance(write, Apply) and write.is_new


def written(plan: Plan) -> list[Manifest]:
    return [manifest for write in plan.writes if (manifest := manifest_of(write)) is not None]


def manifest_of(write: Write) -> Manifest | None:
    return None if isinstance(write, Delete) else write.manifest


def condition(status: dict[str, Any], type_: str) -> dict[str, Any]:
    return next((c for c in status["conditions"] if c["type"] == type_), {})


def told(plan: Plan) -> set[str]:
    return {event.id for event in plan.events}
