"""Conditions: one of each type, the transition time kept unless the status changed, one summary for kstatus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from leeway import api
from leeway.api.condition import RECONCILING, STALLED
from leeway.api.reasons import find_reason

Status = Literal["True", "False", "Unknown"]

# Messages of schedulers, kubelets and webhooks end up here, and they have no bound of their own.
MESSAGE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition to be recorded; its transition time and generation are added by `merge_conditions`."""

    # `reason` follows from the state of the object, not from our last step: it must come out the same after a
    # restart, and a reason that alternates between two steps would be a status write in every reconcile.
    type: str
    status: Status
    reason: str
    message: str


def timestamp(moment: datetime) -> str:
    """Return a moment as Kubernetes writes it: RFC 3339 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Return the moment that Kubernetes wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def with_progress(summary: Condition, *others: Condition, is_final: bool = False) -> tuple[Condition, ...]:
    """Return the summary, the others, and Reconciling or Stalled unless the object is at rest.

    `is_final` says that this summary will not change by itself; a reason may say so, too.

    Source: kstatus, https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus.
    """
    reason = find_reason(summary.reason)
    # Neither for what a person asked for (suspended, paused, scaled to zero): nothing is under way, nothing failed.
    if summary.status == "True" or (reason is not None and reason.is_resting):
        return (summary, *others)
    is_stalled = is_final or (reason is not None and reason.is_stalled)
    progress = STALLED if is_stalled else RECONCILING
    return (summary, *others, Condition(progress, "True", summary.reason, summary.message))


def merge_conditions(
    desired: Iterable[Condition], observed: Iterable[api.condition.Condition], generation: int, now: datetime
) -> tuple[api.condition.Condition, ...]:
    """Return the desired conditions as the API has them; observed ones of another type are dropped."""
    # Dropping is what ends a Stalled or Reconciling that has passed: kstatus reads them as present or absent.
    before = {condition.type: condition for condition in observed}
    return tuple(_entry(condition, before.get(condition.type), generation, now) for condition in desired)


def _entry(
    condition: Condition, before: api.condition.Condition | None, generation: int, now: datetime
) -> api.condition.Condition:
    # A new time for the same status would make each reconcile a status write, and each write wakes every watcher.
    stays = before is not None and before.status == condition.status
    return api.condition.Condition(
        type=condition.type,
        status=condition.status,
        reason=str(condition.reason),
        message=condition.message[:MESSAGE_LIMIT],
        observed_generation=generation,
        last_transition_time=before.last_transition_time if stays and before else now,
    )


def find_condition(
    conditions: Iterable[api.condition.Condition], type_: str
) -> api.condition.Condition | None:
    """Return the condition of that type, or None when it was never set."""
    return next((condition for condition in conditions if condition.type == type_), None)


def is_true(conditions: Iterable[api.condition.Condition], type_: str) -> bool:
    """Return whether a condition of that type is there and True."""
    found = find_condition(conditions, type_)
    return found is not None and found.status == "True"
