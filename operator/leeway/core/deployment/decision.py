"""A decision about a rollout: one value, from which condition, Event, ring, history and log line are rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from leeway.api.reasons import Reason
from leeway.core.deployment.revision import Revision, Rollout


class Action(StrEnum):
    """What a decision does. Keeping and holding change nothing, so they are not recorded."""

    KEEP = "Keep"  # the desired revision is stable
    HOLD = "Hold"  # something is waited for
    START_CANARY = "StartCanary"
    END_CANARY = "EndCanary"
    PROMOTE = "Promote"


# The reason of the Event of each action that changes a rollout; these are the ones that status records.
TOLD_AS: dict[str, Reason] = {
    Action.START_CANARY: Reason.CANARY_STARTED,
    Action.END_CANARY: Reason.CANARY_ENDED,
    Action.PROMOTE: Reason.PROMOTED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and why, in a word, a sentence and numbers.

    `reason` is that of the Ready condition, which is True if `is_ready`. `is_final`: waiting will not change it.
    """

    action: Action
    reason: str
    message: str
    revision: Revision | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    is_ready: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """What a policy answers: the next state of the rollout, the decision, and when to look again (seconds)."""

    rollout: Rollout
    decision: Decision
    look_again: float | None = None
