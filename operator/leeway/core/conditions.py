"""Conditions: one list-map by type, transition times kept unless the status turned, one summary for kstatus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from leeway import api
from leeway.api.condition import RECONCILING, STALLED
from leeway.api.reasons import find_reason

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
    """Return the moment as Kubernetes writes times: RFC 3339 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Return the moment that Kubernetes wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def with_progress(summary: Condition, *others: Condition, is_final: bool = False) -> tuple[Condition, ...]:
    """Return the summary, the others, and Reconciling or Stalled, by which kstatus reads the object.

    A summary that is True, or whose reason says that a person wants it so, has neither. `is_final` says that
    this summary will not change by itself; a reason may say so too.

    Source: kstatus, https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus.
    """
    reason = find_reason(summary.reason)
    if summary.status == "True" or (reason is not None and reason.is_resting):
        return (summary, *others)
    is_stalled = is_final or (reason is not None and reason.is_stalled)
    progress = STALLED if is_stalled else RECONCILING
    return (summary, *others, Condition(progress, "True", summary.reason, summary.message))


def merge_conditions(
    desired: Iterable[Condition], observed: Iterable[api.condition.Condition], generation: int, now: datetime
) -> tuple[api.condition.Condition, ...]:
    """Return `desired` as the API has it; types not desired (a `Stalled` that has passed) are gone."""
    before = {condition.type: condition for condition in observed}
    return tuple(_entry(condition, before.get(condition.type), generation, now) for condition in desired)


def _entry(
    condition: Condition, before: api.condition.Condition | None, generation: int, now: datetime
) -> api.condition.Condition:
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
    """Return whether the condition is there and its status is True."""
    found = find_condition(conditions, type_)
    return found is not None and found.status == "True"
