"""What one user does in one namespace stays bounded: passes, Events, memory, and what others wait for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.api.reasons import Tone
from leeway.core.plan import Event
from leeway.reconcilers import reconcile
from leeway.shell.cluster import Refused
from leeway.shell.rate import Paces, TokenBucket
from leeway.shell.recorder import Recorder
from leeway.turns import Turns
from leeway.workqueue import PASSES_AT_ONCE, WorkQueue
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT, passes
from tests.core.runtime.fake_server import FakeServer, make_cluster
from tests.core.runtime.worlds import NOON, HandClock, stored
from tests.core.worlds import NAMESPACE, model_deployment, model_version

MINE = Key("ModelDeployment", "calm", "mine")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def queue(clock: HandClock) -> WorkQueue:
    return WorkQueue(clock, lambda: 0.5, lambda _: False, lambda _: None)


def passes_of(queue: WorkQueue, clock: HandClock, key: Key, seconds: int, edits_a_second: int) -> int:
    """How often the key is taken while it is edited in a loop."""
    taken = 0
    for _ in range(seconds * edits_a_second):
        clock.seconds += 1 / edits_a_second
        queue.add(key)
        while (found := queue.pop()) is not None:
            taken += 1
            queue.done(found)
    return taken


def test_an_object_that_is_edited_in_a_loop_is_reconciled_once_a_second(
    queue: WorkQueue, clock: HandClock
) -> None:
    taken = passes_of(queue, clock, MINE, seconds=60, edits_a_second=100)
    assert 75 <= taken <= 60 + PASSES_AT_ONCE


def test_the_last_edit_of_many_is_seen(queue: WorkQueue, clock: HandClock) -> None:
    passes_of(queue, clock, MINE, seconds=5, edits_a_second=100)
    queue.add(MINE)
    clock.seconds += 1.1
    assert queue.pop() == MINE


def test_an_ordinary_rollout_is_not_slowed_down(queue: WorkQueue, clock: HandClock) -> None:
    assert passes_of(queue, clock, MINE, seconds=1, edits_a_second=10) == 10


def test_a_namespace_with_a_thousand_keys_delays_another_by_one(queue: WorkQueue) -> None:
    for number in range(1000):
        queue.add(Key("ModelDeployment", "noisy", f"d-{number}"))
    queue.add(MINE)
    assert MINE in [queue.pop() for _ in range(2)]


def test_namespaces_take_turns_and_each_keeps_its_order() -> None:
    turns = Turns()
    for namespace, name in (("a", "1"), ("a", "2"), ("b", "3"), ("a", "4"), ("c", "5")):
        turns.add(Key("TrainingJob", namespace, name), 0.0)
    assert [turns.pop()[0].name for _ in range(5)] == ["1", "3", "5", "2", "4"]
    assert not turns


def test_a_pace_is_a_burst_and_then_a_rate(clock: HandClock) -> None:
    paces = Paces(2, 3, clock)
    for _ in range(3):
        assert paces.wait("a") == 0
        paces.take("a")
    assert (paces.wait("a"), paces.wait("b")) == (0.5, 0)
    clock.seconds += 0.5
    assert paces.wait("a") == 0


def test_keys_that_are_gone_are_not_remembered_for_ever(clock: HandClock) -> None:
    paces = Paces(1, 20, clock)
    for number in range(100_000):
        clock.seconds += 0.01
        paces.take(f"created-and-deleted-{number}")
    assert len(paces) < 1000


def event(number: int) -> Event:
    return Event(f"{number:016x}", NOON + timedelta(seconds=number), Tone.NORMAL, "Promoted", "v2 is stable")


async def test_events_of_one_namespace_leave_room_for_those_of_another(clock: HandClock) -> None:
    server = FakeServer()
    bucket = TokenBucket(5, 50, clock, clock.sleep)
    recorder = Recorder(make_cluster(server, clock), bucket, Paces(2.5, 25, clock), "x", clock.now)
    noisy = stored("ModelDeployment", "noisy", 5)
    await recorder.tell(noisy, [event(number) for number in range(1000)])
    calm: Manifest = {**noisy, "metadata": {**noisy["metadata"], "namespace": "calm"}}
    await recorder.tell(calm, [event(5000)])
    paths = [path for _, path, _ in server.asked]
    assert (len(paths), "/namespaces/calm/" in paths[-1]) == (26, True)


async def test_what_was_learned_of_an_object_goes_with_it() -> None:
    cluster = FakeCluster(
        model_deployment(),
        model_version(),
        fails=lambda verb, key: Refused("quota") if (verb, key.kind) == ("create", "Deployment") else None,
    )
    service: dict[str, Any] = {"name": "iris", "namespace": NAMESPACE}
    cluster.store_unseen({"apiVersion": "v1", "kind": "Service", "metadata": service, "spec": {}})
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, parts=parts)
    assert (len(parts.refusals), len(parts.observer.strangers)) == (1, 1)
    gone = cluster.objects.pop(DEPLOYMENT)
    cluster.intake.drop(DEPLOYMENT, gone["metadata"]["uid"], 10_000)
    assert await reconcile(DEPLOYMENT, parts) is None
    assert (len(parts.refusals), len(parts.observer.strangers)) == (0, 0)


async def test_a_refusal_in_ever_other_words_is_not_tried_at_once_again() -> None:
    attempts = iter(range(100))
    cluster = FakeCluster(
        model_deployment(),
        model_version(),
        fails=lambda verb, key: (
            Refused(f"exceeded quota, used: {next(attempts)}")
            if (verb, key.kind) == ("create", "Deployment")
            else None
        ),
    )
    parts = replace(make_parts(cluster))
    assert [await reconcile(DEPLOYMENT, parts) for _ in range(3)] == [0.0, 60.0, 60.0]
