"""Events that follow from what is recorded: each is named by its record, so that emitting it twice changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from leeway import api
from leeway.api.condition import STALLED
from leeway.api.kinds import Manifest
from leeway.api.reasons import Tone, find_reason
from leeway.core.conditions import find_condition
from leeway.core.names import digest_of
from leeway.core.plan import Event

# 64 bits: two records of one object, of which a few dozen exist at a time, never share an id in practice.
ID_LENGTH = 16


def event_id(manifest: Manifest, *record: object) -> str:
    """Return the id of an Event: the same for the same record of the same object."""
    # With the uid, since an object that is deleted and created again counts its decisions from 1 again.
    return digest_of([manifest["metadata"]["uid"], *map(str, record)], ID_LENGTH)


def summary_events(
    manifest: Manifest,
    before: tuple[api.condition.Condition, ...],
    after: tuple[api.condition.Condition, ...],
    now: datetime,
) -> tuple[Event, ...]:
    """Return the Events of the summary condition (the first one): as it was recorded, and as it will be.

    Reasons that are quiet have no Event.
    """
    # The recorded one comes again: the process that recorded it may have died before it emitted the Event. Where
    # that is not so, the Event exists under this name, or the recorder remembers its id, and nothing happens.
    known, summary = (before[0] if before else None), after[0]
    is_new = known is None or (known.status, known.reason) != (summary.status, summary.reason)
    told = _event(manifest, known, before, known.last_transition_time) if known and is_new else ()
    # Within one status the reason may change, and conditions keep no time for that: a new one happened now.
    return (*told, *_event(manifest, summary, after, now if is_new else summary.last_transition_time))


def raised_events(
    manifest: Manifest, conditions: tuple[api.condition.Condition, ...], types: Collection[str]
) -> tuple[Event, ...]:
    """Return an Event for each condition of these types that is True, named by when it became so."""
    raised = (one for one in conditions if one.type in types and one.status == "True")
    return tuple(event for one in raised for event in _event(manifest, one, (), one.last_transition_time))


def _event(
    manifest: Manifest,
    summary: api.condition.Condition,
    conditions: tuple[api.condition.Condition, ...],
    time: datetime,
) -> tuple[Event, ...]:
    reason = find_reason(summary.reason)
    if reason is not None and reason.is_quiet:
        return ()
    # A reason of a trainer that the user wrote is in no table; a warning is the safer of the two.
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
