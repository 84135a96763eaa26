"""What a planner answers: one status, what to write in which order, and what to tell people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeway.api.kinds import Key, Manifest
from leeway.api.reasons import Tone

# What is not ours is not watched: a foreign object in our way is looked at again after this time.
LOOK_AGAIN_SECONDS = 30.0
# Until something of ours that is on its way out has gone.
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Create:
    """Make an object once, that nothing of ours changes later."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Apply:
    """Give an object the fields of the manifest (server-side apply).

    A new one must not exist yet: what stands under its name is looked at before anything is done with it.
    """

    manifest: Manifest
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a child, and only if it is still the very object we looked at."""

    key: Key
    uid: str


Write = Create | Apply | Delete


@dataclass(frozen=True, slots=True)
class Event:
    """One sentence for `kubectl events`, about something that status records.

    `id` is unique among the Events of one object and computed from the record, so that telling it again, after a
    crash or by another replica, changes nothing. `time` is when it happened.
    """

    id: str
    time: datetime
    tone: Tone
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that this pass records, for the log: what is done, and why."""

    action: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one pass will do.

    The status is written first. Then come three phases: `traffic` (who gets requests), `scale` (pods that must be
    there), `rest`. Within a phase each write is tried whatever happened to the others. `rest` takes pods and
    objects away, so it waits until every write of `traffic` has succeeded: nothing may go while requests reach it.
    `tidy` is applied when the API server lets us; nothing depends on it.
    """

    status: dict[str, Any]
    traffic: tuple[Write, ...] = ()
    scale: tuple[Write, ...] = ()
    rest: tuple[Write, ...] = ()
    tidy: tuple[Manifest, ...] = ()
    events: tuple[Event, ...] = ()
    decided: Decided | None = None
    look_again: float | None = None

    @property
    def writes(self) -> tuple[Write, ...]:
        """Every write to a child, in order."""
        return (*self.traffic, *self.scale, *self.rest)
