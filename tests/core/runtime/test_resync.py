"""The comparison with the cluster: what the watches missed is found, on both sides, and only that."""

from __future__ import annotations

import pytest

from leeway.api.kinds import KINDS, Key
from leeway.shell.watch.cache import CHILD_KINDS, ChildCache
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from leeway.shell.watch.resync import RETRY_SECONDS, Resync
from tests.core.runtime.fake_server import FakeServer, make_cluster, status
from tests.core.runtime.worlds import HandClock, stored

TRAINING = Key("TrainingJob", "ml", "credit")
JOB = stored("Job", "credit-train", 11, owner=("TrainingJob", "credit", "uid-of-credit"))


class World:
    """An operator's memory beside a cluster."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.server = FakeServer()
        self.server.put(stored("TrainingJob", "credit", 10))
        self.server.put(JOB)
        self.added: list[Key] = []
        self.intake = Intake(ChildCache(), Owners())
        cluster = make_cluster(self.server, self.clock)
        self.resync = Resync(cluster, self.intake, None, self.added.append)

    async def compare(self) -> list[Key]:
        self.added.clear()
        await self.resync.run_once()
        return list(self.added)

    def vanish(self, key: Key) -> None:
        del self.server.objects[KINDS[key.kind].path(key.namespace, key.name)]


@pytest.fixture
def world() -> World:
    return World()


async def test_the_first_list_adds_everyone_and_fills_the_cache(world: World) -> None:
    assert set(await world.compare()) == {TRAINING}
    assert world.intake.cache.get(Key("Job", "ml", "credit-train")) is not None


async def test_where_nothing_changed_nobody_is_added(world: World) -> None:
    await world.compare()
    assert await world.compare() == []


async def test_a_missed_change_is_found(world: World) -> None:
    await world.compare()
    world.server.put({**JOB, "metadata": {**JOB["metadata"], "resourceVersion": "12"}})
    assert await world.compare() == [TRAINING]


async def test_a_missed_deletion_of_a_child_is_found(world: World) -> None:
    await world.compare()
    world.vanish(Key("Job", "ml", "credit-train"))
    assert await world.compare() == [TRAINING]
    assert world.intake.cache.get(Key("Job", "ml", "credit-train")) is None


async def test_a_missed_deletion_of_an_owner_is_found(world: World) -> None:
    await world.compare()
    world.vanish(TRAINING)
    assert await world.compare() == [TRAINING]
    assert await world.compare() == []


async def test_what_was_written_after_the_list_is_no_ghost(world: World) -> None:
    await world.compare()
    world.intake.accept(stored("Job", "younger", world.server.version + 5))
    assert await world.compare() == []
    assert world.intake.cache.get(Key("Job", "ml", "younger")) is not None


async def test_only_our_children_are_listed(world: World) -> None:
    await world.compare()
    children = {kind.plural for kind in CHILD_KINDS}
    for _, path, _ in world.server.asked:
        plural = path.partition("?")[0].rpartition("/")[2]
        assert ("labelSelector=app.kubernetes.io%2Fmanaged-by%3Dleeway" in path) == (plural in children)


async def test_a_cluster_without_our_kinds_is_waited_for(world: World) -> None:
    world.server.told.extend(status(404, "NotFound") for _ in range(3))
    await world.resync.run_until_complete(world.clock.sleep)
    assert world.clock.slept == [RETRY_SECONDS] * 3
    assert set(world.added) == {TRAINING}
