"""A term as leader: what starts it, what ends it, and in which order it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from leeway.api.kinds import LEASE, Key
from leeway.leadership import SILENCE_SECONDS, STUCK_SECONDS, Crew, Leadership
from leeway.shell.lease import Lease, Seat, Time
from leeway.shell.watch.cache import ChildCache
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from leeway.shell.watch.resync import Resync
from leeway.workqueue import WorkQueue
from tests.core.runtime.fake_server import FakeServer, make_cluster, make_telemetry
from tests.core.runtime.worlds import HandClock, stored

KEY = Key("TrainingJob", "ml", "credit")
LEASE_PATH = LEASE.path("leeway-system", "leeway")
PATIENCE_SECONDS = 10


@dataclass
class Ship:
    """A leadership on a fake cluster with one TrainingJob, whose passes and watch are steered by hand."""

    server: FakeServer = field(default_factory=FakeServer)
    clock: HandClock = field(default_factory=HandClock)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    finish: asyncio.Event = field(default_factory=asyncio.Event)
    sink: asyncio.Event = field(default_factory=asyncio.Event)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.put(stored("TrainingJob", "credit", 10))
        cluster = make_cluster(self.server, self.clock)
        intake = Intake(ChildCache(), Owners())
        queue = WorkQueue(self.clock, lambda: 0.5, lambda _: False, lambda _: None)
        time = Time(asyncio.get_running_loop().time, self.clock.now, asyncio.sleep)
        self.telemetry = make_telemetry(self.clock)
        self.queue = queue
        self.leadership = Leadership(
            Crew(
                lease=Lease(cluster, Seat("leeway-system", "leeway", "me"), time),
                resync=Resync(cluster, intake, None, queue.add),
                resync_seconds=180,
                watch=self.watch,
                collect=self.collect,
                queue=queue,
                reconcile=self.reconcile,
                workers=2,
                telemetry=self.telemetry,
            )
        )

    async def watch(self) -> None:
        await self.sink.wait()
        raise ConnectionError("kopf gave up")

    async def collect(self) -> None:
        await asyncio.Event().wait()

    async def reconcile(self, key: Key) -> float | None:
        self.started.set()
        await self.finish.wait()
        self.log.append(f"finished while {self.holder() or 'nobody'} led")
        return None

    def holder(self) -> str:
        return str(self.server.objects[LEASE_PATH]["spec"]["holderIdentity"])


async def test_asked_to_stop_it_finishes_its_work_then_gives_the_lease_back() -> None:
    ship = Ship()
    serving = asyncio.create_task(ship.leadership.serve(ship.stop))
    await ship.started.wait()
    ship.stop.set()
    ship.finish.set()
    assert await asyncio.wait_for(serving, PATIENCE_SECONDS) == 0
    assert ship.log == ["finished while me led"]
    assert ship.holder() == ""


async def test_when_the_watch_ends_by_itself_the_process_fails_in_good_order() -> None:
    ship = Ship()
    ship.finish.set()
    serving = asyncio.create_task(ship.leadership.serve(ship.stop))
    await ship.started.wait()
    ship.sink.set()
    assert await asyncio.wait_for(serving, PATIENCE_SECONDS) == 1
    assert ship.holder() == ""


async def test_when_the_lease_is_lost_work_is_dropped_at_once() -> None:
    ship = Ship()
    serving = asyncio.create_task(ship.leadership.serve(ship.stop))
    await ship.started.wait()
    spec = {**ship.server.objects[LEASE_PATH]["spec"], "holderIdentity": "thief"}
    ship.server._store(LEASE_PATH, {**ship.server.objects[LEASE_PATH], "spec": spec}, 200)
    assert await asyncio.wait_for(serving, PATIENCE_SECONDS) == 1
    assert ship.log == []
    assert ship.holder() == "thief"


async def test_a_candidate_that_is_stopped_leaves_without_a_word() -> None:
    ship = Ship()
    ship.server.is_down = True
    serving = asyncio.create_task(ship.leadership.serve(ship.stop))
    await asyncio.sleep(0)
    assert ship.leadership.not_ready() == []
    ship.stop.set()
    assert await asyncio.wait_for(serving, PATIENCE_SECONDS) == 0


async def test_a_leader_is_ready_once_it_has_seen_everything() -> None:
    ship = Ship()
    ship.leadership._leads = True
    assert ship.leadership.not_ready() == ["the first list is not complete"]
    ship.leadership._has_synced = True
    assert ship.leadership.not_ready() == []


SILENCES = {
    "just heard of": (0.0, []),
    "quiet for a while": (SILENCE_SECONDS, []),
    "silent": (SILENCE_SECONDS + 1, ["no sign of the Job watch for 301 s"]),
}


@pytest.mark.parametrize(("age", "problems"), SILENCES.values(), ids=SILENCES)
async def test_a_silent_watch_is_not_live(age: float, problems: list[str]) -> None:
    ship = Ship()
    ship.telemetry.activity.begin()
    ship.clock.seconds += age
    assert ship.leadership.not_live() == problems


async def test_before_anything_is_watched_silence_is_fine() -> None:
    ship = Ship()
    ship.clock.seconds += 10 * SILENCE_SECONDS
    assert ship.leadership.not_live() == []


async def test_a_sign_of_life_counts_for_its_kind_only() -> None:
    ship = Ship()
    ship.telemetry.activity.begin()
    ship.clock.seconds += SILENCE_SECONDS + 1
    ship.telemetry.activity.note("Secret")
    assert len(ship.leadership.not_live()) == 1
    ship.telemetry.activity.note("Job")
    assert ship.leadership.not_live() == []


async def test_a_stuck_pass_is_not_live() -> None:
    ship = Ship()
    ship.queue.add(KEY)
    ship.queue.pop()
    ship.clock.seconds += STUCK_SECONDS + 1
    assert ship.leadership.not_live() == ["a reconcile has taken 121 s"]


async def test_a_first_list_that_breaks_down_ends_the_term() -> None:
    ship = Ship()
    ship.server.put(
        {"kind": "Job", "metadata": {"namespace": "ml", "name": "broken", "resourceVersion": "11"}}
    )
    serving = asyncio.create_task(ship.leadership.serve(ship.stop))
    assert await asyncio.wait_for(serving, PATIENCE_SECONDS) == 1
    assert not ship.started.is_set()
    assert ship.holder() == ""
