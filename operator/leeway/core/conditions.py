"""Conditions: one list-map by type, transition times kept unless the status turned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Status = Literal["True", "False", "Unknown"]

MESSAGE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Condition:
    """What is true of an object now; `reason` is a function of its state, not of our last step."""

    type: str
    status: Status
    reason: str
    message: str


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """The moment that Kubernetes wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def merge_conditions(
    wanted: Iterable[Condition], observed: Iterable[dict[str, Any]], generation: int, now: datetime
) -> list[dict[str, Any]]:
    """Return `wanted` as the API has it; types not wanted (a `Stalled` that has passed) are gone."""
    before = {condition.get("type"): condition for condition in observed}
    return [_entry(condition, before.get(condition.type), generation, now) for condition in wanted]


def _entry(
    condition: Condition, before: dict[str, Any] | None, generation: int, now: datetime
) -> dict[str, Any]:
    turned = before is None or before.get("status") != condition.status
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message[:MESSAGE_LIMIT],
        "observedGeneration": generation,
        "lastTransitionTime": timestamp(now) if turned or before is None else before["lastTransitionTime"],
    }


def find_condition(status: dict[str, Any], type_: str) -> dict[str, Any]:
    """The condition of that type, or an empty one."""
    return next((c for c in status.get("conditions", []) if c.get("type") == type_), {})


def is_true(status: dict[str, Any], type_: str) -> bool:
    """True when the condition is there and its status is True."""
    return find_condition(status, type_).get("status") == "True"
