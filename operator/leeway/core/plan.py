"""What a planner returns: one status, what to write in which order, and the Events to emit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeway.api.kinds import Key, Manifest
from leeway.api.reasons import Tone

# Objects without our label are not watched, so that nothing tells us when one that takes a name of ours is deleted.
LOOK_AGAIN_SECONDS = 30.0
# For children that are being deleted. Their DELETED event ends the wait sooner; a watch may miss it.
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Create:
    """Create an object that is not changed later."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Apply:
    """Give an object the fields of the manifest by server-side apply.

    With `is_new` an object of that name must not exist: it might be somebody else's, and is never adopted.
    """

    manifest: Manifest
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a child, unless another object has taken its name since it was observed."""

    key: Key
    uid: str


Write = Create | Apply | Delete


@dataclass(frozen=True, slots=True)
class Event:
    """One Kubernetes Event about something that the status records.

    `id` is computed from the record, so that emitting it again, after a crash or by another replica, changes
    nothing. `time` is when it happened.
    """

    id: str
    time: datetime
    tone: Tone
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision for the log: what is done, and why."""

    action: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one reconcile writes, in this order: status, traffic, scale, rest, tidy, Events."""

    # The status comes first: it is fenced by the resourceVersion, so that an overtaken plan ends before it changes
    # anything, and a process that dies later leaves a record from which the next one goes on.
    status: dict[str, Any]
    # Who gets requests. Before `scale`, so that a rollback moves requests away before it waits for anything.
    traffic: tuple[Write, ...] = ()
    # Pods that must be there. Tried even when `traffic` failed: more pods never harm.
    scale: tuple[Write, ...] = ()
    # Takes pods and objects away, so it waits until every write of `traffic` has succeeded: nothing may go while
    # requests still reach it.
    rest: tuple[Write, ...] = ()
    # Nothing depends on these; a refusal is logged and forgotten.
    tidy: tuple[Manifest, ...] = ()
    events: tuple[Event, ...] = ()
    decided: Decided | None = None
    look_again: float | None = None

    @property
    def writes(self) -> tuple[Write, ...]:
        """Return every write to a child, in order."""
        return (*self.traffic, *self.scale, *self.rest)
