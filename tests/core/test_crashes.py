"""A process may die at any write: what is left in the end is the same, and everything was told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.reconcilers import Parts
from tests.core.fake_cluster import Crash, FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT, passes, run_rollout, run_training
from tests.core.worlds import model_deployment, model_version, training_job

Story = Callable[[FakeCluster, Parts], Any]
STORIES: dict[str, tuple[list[Manifest], Story]] = {
    "a training": ([training_job()], run_training),
    "a rollout": ([model_deployment(), model_version()], run_rollout),
}
WRITES_AT_MOST = 12


def shape(cluster: FakeCluster) -> tuple[list[str], Counter[str], list[str]]:
    """What a story left: the objects, the Events by reason, and the decisions."""
    names = sorted(str(key) for key in cluster.objects)
    decisions = [
        f"{decision['id']} {decision['action']}"
        for manifest in cluster.objects.values()
        for decision in (manifest.get("status") or {}).get("decisions", [])
    ]
    return names, Counter(event["reason"] for event in cluster.events.values()), decisions


@pytest.mark.parametrize("at", range(WRITES_AT_MOST))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("story", STORIES)
async def test_a_crash_at_any_write_changes_nothing_in_the_end(story: str, when: str, at: int) -> None:
    objects, run = STORIES[story]
    unharmed = FakeCluster(*objects)
    await run(unharmed, make_parts(unharmed))
    assert len(unharmed.writes) <= WRITES_AT_MOST, "make the table longer"

    left = [at]

    def die(verb: str, key: Key) -> BaseException | None:
        left[0] -= 1
        return Crash() if left[0] == -1 else None

    cluster = FakeCluster(*objects, **{"fails" if when == "before" else "dies": die})
    parts = make_parts(cluster)
    for _ in range(4):
        try:
            await run(cluster, parts)
        except Crash:
            parts = make_parts(cluster)
    assert shape(cluster) == shape(unharmed)


async def test_an_event_is_told_once_over_a_restart() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    await run_rollout(cluster, make_parts(cluster))
    told = Counter(event["reason"] for event in cluster.events.values())
    await passes(cluster, DEPLOYMENT, parts=make_parts(cluster))
    assert Counter(event["reason"] for event in cluster.events.values()) == told
