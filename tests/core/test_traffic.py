"""Who answers: stable, the canary, both, or who was stable a moment ago."""

from __future__ import annotations

import pytest

from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.traffic import Traffic, direct
from leeway.core.deployment.world import World
from tests.core.test_rollout import (
    AT_STEP,
    BOTH_UP,
    HELD,
    LOST,
    ONE_UP,
    STEPPING,
    V1,
    V2,
    V3,
    seen,
    workloads,
)

THIRD = {V3.hash: Workload(V3.hash, {}, 1, 1, 1, 1)}
ENDED = {V3.hash: Workload(V3.hash, {})}
NOBODY = workloads(v1=0, v2=0)

# sentence: (world, who answers)
CASES: dict[str, tuple[World, Traffic]] = {
    "a canary that starts gets nothing": (
        seen(rollout=STEPPING, spec=AT_STEP, workloads=ONE_UP), Traffic(V1.hash)),
    "at its step it answers beside stable": (
        seen(rollout=HELD, spec=AT_STEP, workloads=BOTH_UP), Traffic(V1.hash, is_shared=True)),
    "not while a third revision has pods, whoever has started them": (
        seen(rollout=HELD, spec=AT_STEP, workloads=BOTH_UP | THIRD), Traffic(V1.hash)),
    "a third one without pods is in nobody's way": (
        seen(rollout=HELD, spec=AT_STEP, workloads=BOTH_UP | ENDED), Traffic(V1.hash, is_shared=True)),
    "a canary that starts answers where no pod of stable does": (
        seen(rollout=STEPPING, spec=AT_STEP, workloads=workloads(v1=0, v2=1)), Traffic(V2.hash)),
    "the former one answers where no pod of the promoted one does": (
        seen(rollout=LOST, workloads=workloads(v1=2, v2=0)), Traffic(V1.hash)),
    "requests stay with stable where nobody is ready": (
        seen(rollout=HELD, spec=AT_STEP, workloads=NOBODY), Traffic(V1.hash, is_shared=True)),
    "a stable one that is not shown may have pods that answer": (
        seen(rollout=STEPPING, spec=AT_STEP, workloads=workloads(v2=1)), Traffic(V1.hash)),
}  # fmt: skip


@pytest.mark.parametrize(("given", "want"), CASES.values(), ids=CASES)
def test_who_answers(given: World, want: Traffic) -> None:
    assert direct(given, given.rollout) == want
