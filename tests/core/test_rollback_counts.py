"""The status counts rollbacks by reason for as long as the object lives; the decisions themselves leave the ring."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.status import DECISIONS_KEPT, make_status
from leeway.core.deployment.traffic import Traffic
from tests.core.test_commands import told

ABORTED = ModelDeploymentStatus(rollbacks={"Aborted": 2})
CASES: dict[str, tuple[ModelDeploymentStatus, Action, str, dict[str, int]]] = {
    "the first is counted": (ModelDeploymentStatus(), Action.ROLL_BACK, "GateFailed", {"GateFailed": 1}),
    "one more of a reason is added": (ABORTED, Action.ROLL_BACK, "Aborted", {"Aborted": 3}),
    "another reason is counted apart": (
        ABORTED, Action.TAKE_BACK, "TakenBack", {"Aborted": 2, "TakenBack": 1}),
    "a promotion counts nothing, and loses nothing": (ABORTED, Action.PROMOTE, "Available", {"Aborted": 2}),
    "what changes nothing loses nothing": (ABORTED, Action.HOLD, "Progressing", {"Aborted": 2}),
}  # fmt: skip


def after(status: ModelDeploymentStatus, action: Action, reason: str) -> ModelDeploymentStatus:
    """Return the status that follows a decision."""
    world = replace(told("", ""), status=status)
    return make_status(world, Move(world.rollout, Decision(action, reason, "so it is")), Traffic(""))


@pytest.mark.parametrize(("status", "action", "reason", "want"), CASES.values(), ids=CASES)
def test_rollbacks_are_counted(
    status: ModelDeploymentStatus, action: Action, reason: str, want: dict[str, int]
) -> None:
    assert after(status, action, reason).rollbacks == want


def test_the_count_outlives_the_ring_of_decisions() -> None:
    status = after(ModelDeploymentStatus(), Action.ROLL_BACK, "GateFailed")
    for _ in range(DECISIONS_KEPT):
        status = after(status, Action.ENTER_STEP, "CanaryHeld")
    assert "GateFailed" not in {one.reason for one in status.decisions}
    assert status.rollbacks == {"GateFailed": 1}
