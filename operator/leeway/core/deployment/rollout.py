"""Decide the next move of a rollout: an ordered tuple of policies, the first answer wins.

Why is v2 not serving? Read POLICIES from the top: each answer says so in its message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leeway.core.deployment.commands import obey
from leeway.core.deployment.decision import Move
from leeway.core.deployment.going_back import (
    finish_return,
    roll_back_crashing,
    roll_back_failed,
    roll_back_late,
    take_back_lost,
)  # fmt: skip
from leeway.core.deployment.guarding import roll_back_stable
from leeway.core.deployment.stepping import (
    go_on,
    hold_at_step,
    hold_failed,
    promote,
    reach_weight,
)  # fmt: skip
from leeway.core.deployment.waiting import (
    hold_at_zero,
    hold_while_paused,
    keep_stable,
    refuse_other_model,
    refuse_rejected,
    start_canary,
    wait_for_name,
    wait_for_version,
    wait_until_available,
    wait_until_version_ready,
)  # fmt: skip
from leeway.core.deployment.world import World

Policy = Callable[[World], Move | None]

# What takes a revision out of service comes first: an absent version or a paused rollout must not keep a bad one in.
# Then what holds, then what moves; the last one needs no condition.
POLICIES: tuple[Policy, ...] = (
    obey, take_back_lost, roll_back_failed, roll_back_stable, roll_back_crashing, roll_back_late, finish_return,
    wait_for_name, wait_for_version, refuse_other_model, refuse_rejected, wait_until_version_ready, hold_while_paused,
    keep_stable, start_canary, hold_at_zero, wait_until_available, reach_weight, hold_at_step, go_on, hold_failed,
    promote,
)  # fmt: skip


def next_move(seen: World, policies: Sequence[Policy] = POLICIES) -> Move:
    """Return the first move that a policy proposes."""
    return next(move for policy in policies if (move := policy(seen)) is not None)
