"""One term as leader: list everything, watch, reconcile, resync; and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from leeway.shell.lease import Lease
from leeway.shell.telemetry import Telemetry
from leeway.shell.watch.resync import Resync
from leeway.workers import PASS_SECONDS, Reconcile, work
from leeway.workqueue import WorkQueue

# With the release of the Lease and the end of the watches it has to fit into the pod's terminationGracePeriodSeconds
# (20 s in the chart).
DRAIN_SECONDS = 10.0
WATCHERS_END_SECONDS = 3.0
# More than two watches of `handlers.WATCH_SECONDS`: one that the API server ended late is no reason for a restart.
SILENCE_SECONDS = 300.0
# A reconcile is cancelled after PASS_SECONDS. One that takes four times as long does not react to that.
STUCK_SECONDS = 4 * PASS_SECONDS

logger = logging.getLogger(__name__)

Task = asyncio.Task[Any]


@dataclass(frozen=True, slots=True)
class Crew:
    """Everything that runs while this process leads."""

    lease: Lease
    resync: Resync
    resync_seconds: float
    watch: Callable[[], Coroutine[Any, Any, None]]
    collect: Callable[[], Coroutine[Any, Any, None]]
    queue: WorkQueue
    reconcile: Reconcile
    workers: int
    telemetry: Telemetry


@dataclass(slots=True)
class Leadership:
    """Waits for the Lease, leads and ends in order; reports its health at any time."""

    crew: Crew
    _leads: bool = False
    _has_synced: bool = False
    _tasks: list[Task] = field(default_factory=list)

    async def serve(self, stop: asyncio.Event) -> int:
        """Run until `stop`; return the exit code: 0, or 1 when something ended that must not."""
        stopping = asyncio.create_task(stop.wait(), name="stop")
        acquiring = asyncio.create_task(self.crew.lease.acquire(), name="candidate")
        await asyncio.wait((stopping, acquiring), return_when=asyncio.FIRST_COMPLETED)
        if not acquiring.done():
            await _cancelled((acquiring,), WATCHERS_END_SECONDS)
            return 0
        acquiring.result()
        self._leads = True
        self.crew.telemetry.lead(True)
        return await self._lead(stopping)

    def not_live(self) -> list[str]:
        """Return why this process should be restarted; empty when it should not."""
        # Only what a restart can fix. An API server that is down for us is down for the next process, too.
        ages = self.crew.telemetry.activity.ages()
        silent = [
            f"no sign of the {kind} watch for {age:.0f} s"
            for kind, age in ages.items()
            if age > SILENCE_SECONDS
        ]
        work_seconds = self.crew.queue.longest_work()
        stuck = [f"a reconcile has taken {work_seconds:.0f} s"] if work_seconds > STUCK_SECONDS else []
        return silent + stuck

    def not_ready(self) -> list[str]:
        """Return why this process is not ready; a standby is."""
        # A standby that was not ready would hold up a rolling update of the operator for ever: the new pod could not
        # become ready before the old one, which leads, is stopped.
        return ["the first list is not complete"] if self._leads and not self._has_synced else []

    async def _lead(self, stopping: Task) -> int:
        keeping = self._spawn("lease", self.crew.lease.keep())
        syncing = self._spawn("first list", self.crew.resync.run_until_complete(asyncio.sleep))
        # No reconcile before the first list is complete: a child that is not known yet would look absent.
        ended = await _first_of((stopping, keeping, syncing))
        workers: list[Task] = []
        if ended is syncing and _failure_of(syncing) is None:
            self._has_synced = True
            # What was listed stays: a collection need not walk through it again and again.
            gc.freeze()
            workers = self._start_work()
            ended = await _first_of((stopping, *self._tasks))
        return await self._leave(ended, ended is stopping, workers)

    def _start_work(self) -> list[Task]:
        crew = self.crew
        crew.telemetry.activity.begin()
        self._tasks = [task for task in self._tasks if not task.done()]
        self._spawn("watch", crew.watch())
        self._spawn("collector", crew.collect())
        comparing = crew.resync.run_forever(crew.resync_seconds, asyncio.sleep, random.random)
        self._spawn("resync", comparing)
        return [
            self._spawn(f"worker {number}", work(crew.queue, crew.reconcile, crew.telemetry))
            for number in range(crew.workers)
        ]

    async def _leave(self, ended: Task, asked: bool, workers: list[Task]) -> int:
        """Finish the keys in flight, give the Lease back, then end the watches; return the exit code."""
        # The Lease is renewed until the last key is done: nobody else may start while we still write. If it is lost
        # meanwhile, what is in flight is cancelled at once.
        self.crew.queue.close()
        keeping = [task for task in self._tasks if task.get_name() == "lease"]
        drained = asyncio.gather(*workers, return_exceptions=True)
        await asyncio.wait((drained, *keeping), timeout=DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        await _cancelled((*workers, *keeping), WATCHERS_END_SECONDS)
        await self.crew.lease.release()
        self.crew.telemetry.lead(False)
        await _cancelled(self._tasks, WATCHERS_END_SECONDS)
        if not asked:
            logger.critical("Stopping: the %s ended", ended.get_name(), exc_info=_failure_of(ended))
        return 0 if asked else 1

    def _spawn(self, name: str, coroutine: Coroutine[Any, Any, None]) -> Task:
        task = asyncio.create_task(coroutine, name=name)
        self._tasks.append(task)
        return task


async def _first_of(tasks: Iterable[Task]) -> Task:
    done, _ = await asyncio.wait(tuple(tasks), return_when=asyncio.FIRST_COMPLETED)
    return min(done, key=lambda task: task.get_name() != "lease")  # the loss of the Lease outranks all else


async def _cancelled(tasks: Iterable[Task], seconds: float) -> None:
    pending = [task for task in tasks if not task.done()]
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.wait(pending, timeout=seconds)


def _failure_of(task: Task) -> BaseException | None:
    return None if task.cancelled() else task.exception()
