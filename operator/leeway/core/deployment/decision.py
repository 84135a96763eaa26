"""A decision about a rollout: the one value that condition, Event, status and log line are rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from leeway.api.gates import Verdict
from leeway.api.reasons import Reason
from leeway.core.deployment.revision import Revision, Rollout


class Action(StrEnum):
    """What a decision does to the rollout."""

    # Keeping and holding change nothing and are the answer of most reconciles: recording them would push the decisions
    # that matter out of the ring.
    KEEP = "Keep"  # the desired revision is stable
    HOLD = "Hold"  # something is waited for
    START_CANARY = "StartCanary"
    ENTER_STEP = "EnterStep"  # a canary is to get this step's weight; while it is at it the answer is Hold
    REACH_WEIGHT = (
        "ReachWeight"  # its pods are in the Service, and the step's time begins; not recorded, the step is
    )
    END_CANARY = "EndCanary"  # by a newer spec
    PROMOTE = "Promote"
    ROLL_BACK = "RollBack"  # the canary, or stable to the revision before; the revision is rejected
    TAKE_BACK = (
        "TakeBack"  # the former stable, that still has its pods, instead of a stable that has lost its own
    )
    OBEY = "Obey"  # a command that moves nothing by itself: pause, resume, retry, or one that cannot be carried out


# The actions that change a rollout, with the reason of their Event. These alone are recorded in the status.
TOLD_AS: dict[str, Reason] = {
    Action.START_CANARY: Reason.CANARY_STARTED,
    Action.ENTER_STEP: Reason.STEP_ENTERED,
    Action.END_CANARY: Reason.CANARY_ENDED,
    Action.PROMOTE: Reason.PROMOTED,
    Action.ROLL_BACK: Reason.ROLLED_BACK,
    Action.TAKE_BACK: Reason.TAKEN_BACK,
    Action.OBEY: Reason.COMMANDED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and why: a reason, a message and numbers.

    The Ready condition has this reason and message, and is True if `is_ready`. `is_final` says that waiting will not
    change it.
    """

    action: Action
    reason: str
    message: str
    revision: Revision | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    is_ready: bool = False
    is_final: bool = False
    step: str = ""  # as "2/5"; empty beside any
    verdict: Verdict | None = None
    false_alarm_rate: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """What a policy returns: the next rollout, the decision, and after how many seconds to reconcile again."""

    rollout: Rollout
    decision: Decision
    look_again: float | None = None
