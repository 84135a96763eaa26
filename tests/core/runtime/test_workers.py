"""The workers: what each end of a pass means for its key, and that no pass stops the others."""

from __future__ import annotations

import asyncio
import logging

import pytest
from prometheus_client.exposition import generate_latest

from leeway.api.kinds import Key
from leeway.shell.cluster import AlreadyExists, ClusterError, Conflict, Refused
from leeway.workers import work
from leeway.workqueue import WorkQueue
from tests.core.runtime.fake_server import make_telemetry
from tests.core.runtime.worlds import HandClock

KEY = Key("TrainingJob", "ml", "credit")

# What the pass does: (what is counted, after how many seconds it is wanted again, the level of the log)
ENDS: dict[str, tuple[float | Exception | None, str, float | None, int]] = {
    "all is as it should be": (None, "ok", None, 0),
    "a look is wanted later": (30.0, "ok", 30.0, 0),
    "somebody else wrote": (Conflict("changed"), "conflict", 0.1, 0),
    "a child is there already": (AlreadyExists("there"), "conflict", 0.1, 0),
    "the API server refuses": (Refused("no"), "error", 0.1, logging.WARNING),
    "the API server is away": (ClusterError("away"), "error", 0.1, logging.WARNING),
    "the pass hangs": (TimeoutError(), "timeout", 0.1, logging.WARNING),
    "our code is wrong": (KeyError("oops"), "crash", 0.1, logging.ERROR),
}


@pytest.mark.parametrize(("end", "counted", "again", "level"), ENDS.values(), ids=ENDS)
async def test_how_a_pass_ends(
    caplog: pytest.LogCaptureFixture,
    end: float | Exception | None,
    counted: str,
    again: float | None,
    level: int,
) -> None:
    clock = HandClock()
    queue, telemetry = make_queue(clock), make_telemetry(clock)

    async def reconcile(_: Key) -> float | None:
        queue.close()
        if isinstance(end, Exception):
            raise end
        return end

    queue.add(KEY)
    with caplog.at_level(logging.INFO):
        await work(queue, reconcile, telemetry)

    page = generate_latest(telemetry.registry).decode()
    assert f'leeway_operator_reconcile_total{{kind="TrainingJob",result="{counted}"}} 1.0' in page
    assert 'leeway_operator_reconcile_seconds_count{kind="TrainingJob"} 1.0' in page
    assert max((record.levelno for record in caplog.records), default=0) == level
    assert all(record.__dict__["key"] == "TrainingJob ml/credit" for record in caplog.records)
    assert queue._due.get(KEY) == (None if again is None else clock.seconds + again)
    assert queue.longest_work() == 0.0


async def test_a_success_forgets_earlier_failures() -> None:
    clock = HandClock()
    queue = make_queue(clock)
    for _ in range(5):
        queue.add_rate_limited(KEY)
    clock.seconds += 60

    async def reconcile(_: Key) -> float | None:
        queue.close()
        return None

    await work(queue, reconcile, make_telemetry(clock))
    queue.add_rate_limited(KEY)
    assert queue._due[KEY] == pytest.approx(clock.seconds + 0.1)


async def test_one_hanging_key_does_not_hold_up_the_others() -> None:
    clock = HandClock()
    queue, telemetry = make_queue(clock), make_telemetry(clock)
    hanging, seen = asyncio.Event(), asyncio.Event()

    async def reconcile(key: Key) -> float | None:
        if key == KEY:
            await hanging.wait()
        else:
            seen.set()
        return None

    queue.add(KEY)
    queue.add(Key("TrainingJob", "ml", "other"))
    workers = [asyncio.create_task(work(queue, reconcile, telemetry)) for _ in range(2)]
    await asyncio.wait_for(seen.wait(), 5)
    hanging.set()
    queue.close()
    await asyncio.gather(*workers)


def make_queue(clock: HandClock) -> WorkQueue:
    return WorkQueue(clock, lambda: 0.5, lambda _: False, lambda _: None)
