"""The Lease: one leader, given back on leaving, taken over when silent, lost when it cannot be renewed."""

from __future__ import annotations

import asyncio

import pytest

from leeway.api.kinds import LEASE, Manifest
from leeway.shell.connection import NoAnswerError
from leeway.shell.lease import LEASE_SECONDS, Lease, LeaseLost, Seat, Time
from tests.core.runtime.fake_server import FakeServer, make_cluster
from tests.core.runtime.worlds import HandClock

PATH = LEASE.path("leeway-system", "leeway")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def candidate(server: FakeServer, clock: HandClock, name: str) -> Lease:
    cluster = make_cluster(server, clock)
    return Lease(cluster, Seat("leeway-system", "leeway", name), Time(clock, clock.now, clock.sleep))


def spec(server: FakeServer) -> Manifest:
    return dict(server.objects[PATH]["spec"])


async def test_the_first_candidate_makes_the_lease_and_leads(server: FakeServer, clock: HandClock) -> None:
    await candidate(server, clock, "a").acquire()
    assert spec(server) == {
        "holderIdentity": "a",
        "leaseDurationSeconds": LEASE_SECONDS,
        "acquireTime": "2026-11-21T12:00:00.000000Z",
        "renewTime": "2026-11-21T12:00:00.000000Z",
        "leaseTransitions": 0,
    }


async def test_a_lease_given_back_is_taken_at_the_next_look(server: FakeServer, clock: HandClock) -> None:
    first, second = candidate(server, clock, "a"), candidate(server, clock, "b")
    await first.acquire()
    await first.release()
    assert spec(server)["holderIdentity"] == ""
    await second.acquire()
    assert clock.slept == []
    assert (spec(server)["holderIdentity"], spec(server)["leaseTransitions"]) == ("b", 1)


async def test_a_silent_leader_is_followed_after_the_lease_duration(
    server: FakeServer, clock: HandClock
) -> None:
    await candidate(server, clock, "a").acquire()
    await candidate(server, clock, "b").acquire()
    assert sum(clock.slept) == LEASE_SECONDS
    assert spec(server)["holderIdentity"] == "b"


async def test_a_leader_that_renews_is_not_followed(server: FakeServer, clock: HandClock) -> None:
    leader, other = candidate(server, clock, "a"), candidate(server, clock, "b")
    await leader.acquire()
    for _ in range(10):
        assert not await other._take()
        clock.seconds += 10
        assert await leader._renew()
    assert spec(server)["holderIdentity"] == "a"
    assert spec(server)["acquireTime"] < spec(server)["renewTime"]


async def test_the_clock_of_the_leader_does_not_matter(server: FakeServer, clock: HandClock) -> None:
    await candidate(server, clock, "a").acquire()
    server.objects[PATH]["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"
    assert not await candidate(server, clock, "b")._take()


async def test_of_two_who_reach_for_it_at_once_one_leads(server: FakeServer, clock: HandClock) -> None:
    candidates = [candidate(server, clock, name) for name in "ab"]
    assert sorted(await asyncio.gather(*(each._take() for each in candidates))) == [False, True]


async def test_a_lease_without_a_spec_is_free(server: FakeServer, clock: HandClock) -> None:
    server.objects[PATH] = {
        "apiVersion": LEASE.api_version,
        "kind": LEASE.kind,
        "metadata": {"namespace": "leeway-system", "name": "leeway", "resourceVersion": "5"},
    }
    await candidate(server, clock, "a").acquire()
    assert spec(server)["holderIdentity"] == "a"


async def test_a_leader_cut_off_stops_before_another_may_lead(server: FakeServer, clock: HandClock) -> None:
    leader = candidate(server, clock, "a")
    await leader.acquire()
    server.is_down = True
    started = clock.seconds
    with pytest.raises(LeaseLost, match="not renewed"):
        await leader.keep()
    assert 10 <= clock.seconds - started < LEASE_SECONDS


async def test_a_leader_that_slept_too_long_stops_without_another_write(
    server: FakeServer, clock: HandClock
) -> None:
    leader = candidate(server, clock, "a")
    await leader.acquire()
    clock.seconds += 60  # stopped by a debugger, a snapshot, a starved node
    asked = len(server.asked)
    with pytest.raises(LeaseLost):
        await leader.keep()
    assert len(server.asked) == asked


async def test_a_leader_whose_lease_was_taken_stops_at_once(server: FakeServer, clock: HandClock) -> None:
    leader = candidate(server, clock, "a")
    await leader.acquire()
    thief = candidate(server, clock, "b")
    server.objects[PATH]["spec"]["holderIdentity"] = ""
    assert await thief._take()
    with pytest.raises(LeaseLost, match="held by b"):
        await leader.keep()
    await leader.release()
    assert spec(server)["holderIdentity"] == "b"


async def test_a_renewal_whose_answer_was_lost_is_no_loss(server: FakeServer, clock: HandClock) -> None:
    leader = candidate(server, clock, "a")
    await leader.acquire()
    server._store(PATH, server.objects[PATH], 200)  # stored, but the answer never arrived
    assert await leader._renew()
    await leader.release()
    assert spec(server)["holderIdentity"] == ""


async def test_who_never_led_gives_nothing_back(server: FakeServer, clock: HandClock) -> None:
    await candidate(server, clock, "a").acquire()
    await candidate(server, clock, "b").release()
    assert spec(server)["holderIdentity"] == "a"


async def test_a_server_that_is_away_is_waited_for(server: FakeServer, clock: HandClock) -> None:
    server.told.extend(NoAnswerError("connection refused") for _ in range(5))
    await candidate(server, clock, "a").acquire()
    assert len(clock.slept) == 5
    assert spec(server)["holderIdentity"] == "a"
