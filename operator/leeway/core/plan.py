"""What a planner answers: one status, the children to write, and what to tell people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from leeway.api.kinds import Key, Manifest

# What is not ours is not watched: a foreign object in our way is looked at again after this time.
LOOK_AGAIN_SECONDS = 30.0
# Until something of ours that is on its way out has gone.
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Deletion:
    """A child to delete, and only if it is still the very object we looked at."""

    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class Event:
    """One sentence for `kubectl events`, told after the status that it speaks of is stored."""

    type: Literal["Normal", "Warning"]
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one pass will do, in the order in which it is done."""

    status: dict[str, Any]
    create: tuple[Manifest, ...] = ()
    apply: tuple[Manifest, ...] = ()
    delete: tuple[Deletion, ...] = ()
    tidy: tuple[Manifest, ...] = ()  # applied when the API server lets us; nothing depends on it
    events: tuple[Event, ...] = ()
    requeue_after: float | None = None
