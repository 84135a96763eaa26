"""Events that follow from what is recorded: each is named by its record, so that telling it twice changes nothing."""

from __future__ import annotations

from datetime import datetime

from leeway import api
from leeway.api.condition import STALLED
from leeway.api.kinds import Manifest
from leeway.api.reasons import Tone, find_reason
from leeway.core.conditions import find_condition
from leeway.core.names import digest_of
from leeway.core.plan import Event

ID_LENGTH = 16


def event_id(manifest: Manifest, *record: object) -> str:
    """Return the id of an Event about the object: the same for the same record, another for another object."""
    return digest_of([manifest["metadata"]["uid"], *map(str, record)], ID_LENGTH)


def summary_events(
    manifest: Manifest,
    before: tuple[api.condition.Condition, ...],
    after: tuple[api.condition.Condition, ...],
    now: datetime,
) -> tuple[Event, ...]:
    """Return the Events of the summary condition (the first one): as it was recorded, and as it will be.

    The recorded one is here again, since a process that died after recording has not told it. Quiet reasons have
    no Event. A reason that is new happened now, an earlier one when the status turned at the latest.
    """
    known, summary = (before[0] if before else None), after[0]
    is_new = known is None or (known.status, known.reason) != (summary.status, summary.reason)
    told = _event(manifest, known, before, known.last_transition_time) if known and is_new else ()
    return (*told, *_event(manifest, summary, after, now if is_new else summary.last_transition_time))


def _event(
    manifest: Manifest,
    summary: api.condition.Condition,
    conditions: tuple[api.condition.Condition, ...],
    time: datetime,
) -> tuple[Event, ...]:
    reason = find_reason(summary.reason)
    if reason is not None and reason.is_quiet:
        return ()
    calm = reason is not None and reason.tone is Tone.NORMAL and find_condition(conditions, STALLED) is None
    return (
        Event(
            id=event_id(manifest, summary.type, summary.status, summary.reason, summary.last_transition_time),
            time=time,
            tone=Tone.NORMAL if calm else Tone.WARNING,
            reason=summary.reason,
            note=summary.message,
        ),
    )
