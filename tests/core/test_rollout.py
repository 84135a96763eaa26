"""The rollout's policies: given a world, the next state; and a second look decides the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.core.deployment.rollout import Revision, Rollout, RolloutSeen, is_past_deadline, next_rollout
from tests.core.worlds import NOON, SHA

V1 = Revision("1111111111", "iris-1", SHA, "server:1")
V2 = Revision("2222222222", "iris-2", SHA, "server:1")
V3 = Revision("3333333333", "iris-3", SHA, "server:1")
EARLIER = NOON - timedelta(minutes=1)
STABLE = Rollout(V1, EARLIER)
ON_TRIAL = Rollout(V1, EARLIER, V2, EARLIER)


def seen(**world: Any) -> RolloutSeen:
    defaults: dict[str, Any] = {
        "desired": V2, "rollout": STABLE, "paused": False, "canary_available": False, "now": NOON,
    }  # fmt: skip
    return RolloutSeen(**(defaults | world))


CASES: dict[str, tuple[RolloutSeen, Rollout]] = {
    "nothing wanted but stable": (seen(desired=V1), STABLE),
    "the first version starts as canary": (seen(rollout=Rollout()), Rollout(None, None, V2, NOON)),
    "another version starts beside stable": (seen(), Rollout(V1, EARLIER, V2, NOON)),
    "an unavailable canary waits": (seen(rollout=ON_TRIAL), ON_TRIAL),
    "an available canary is promoted": (seen(rollout=ON_TRIAL, canary_available=True), Rollout(V2, NOON)),
    "the first available canary is promoted": (
        seen(rollout=Rollout(None, None, V2, EARLIER), canary_available=True), Rollout(V2, NOON)),
    "a newer version takes the canary's place": (
        seen(desired=V3, rollout=ON_TRIAL, canary_available=True), Rollout(V1, EARLIER, V3, NOON)),
    "going back to stable ends the canary": (seen(desired=V1, rollout=ON_TRIAL), STABLE),
    "an absent version changes nothing": (seen(desired=None, rollout=ON_TRIAL, canary_available=True), ON_TRIAL),
    "a paused rollout starts nothing": (seen(paused=True), STABLE),
    "a paused rollout promotes nothing": (
        seen(paused=True, rollout=ON_TRIAL, canary_available=True), ON_TRIAL),
}  # fmt: skip


@pytest.mark.parametrize(("given", "want"), CASES.values(), ids=CASES)
def test_next_rollout(given: RolloutSeen, want: Rollout) -> None:
    assert next_rollout(given) == want


@pytest.mark.parametrize(("given", "want"), CASES.values(), ids=CASES)
def test_a_second_look_decides_the_same(given: RolloutSeen, want: Rollout) -> None:
    # What has just started is not available yet.
    fresh = want.canary != given.rollout.canary
    again = replace(given, rollout=want, canary_available=given.canary_available and not fresh)
    assert next_rollout(again) == want


@pytest.mark.parametrize(
    ("rollout", "late"),
    [(STABLE, False), (ON_TRIAL, True), (replace(ON_TRIAL, canary_started_at=NOON), False)],
    ids=["no canary is never late", "a canary past its deadline is late", "a fresh canary is not late"],
)
def test_deadline(rollout: Rollout, late: bool) -> None:
    assert is_past_deadline(rollout, timedelta(seconds=60), NOON) is late
