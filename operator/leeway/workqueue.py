"""The queue of keys to reconcile: each once, never two at a time, with delays and backoff, rollouts first.

Namespaces take turns, and no key is taken more often than its pace allows.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from enum import IntEnum

from leeway.api.kinds import Key
from leeway.shell.rate import Paces
from leeway.turns import Turns

# A rollout takes a handful of passes; an object that is edited in a loop, or fought over, takes one a second.
PASSES_PER_SECOND = 1.0
PASSES_AT_ONCE = 20
BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_MOST_SECONDS = 60.0
# Then one ordinary key, so that busy rollouts never starve the rest.
URGENT_IN_A_ROW = 8


class Lane(IntEnum):
    """Which keys are taken first."""

    URGENT = 0
    ORDINARY = 1


class WorkQueue:
    """A queue of keys in which adding a key twice is adding it once.

    `clock` returns monotonic seconds, `random` a number in [0, 1), `is_urgent` whether a key goes first. `waited` is
    called with the seconds that a key was ready before it was taken.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        random: Callable[[], float],
        is_urgent: Callable[[Key], bool],
        waited: Callable[[float], None],
    ) -> None:
        self._clock = clock
        self._random = random
        self._is_urgent = is_urgent
        self._waited = waited
        self._ready = {Lane.URGENT: Turns(), Lane.ORDINARY: Turns()}
        self._paces = Paces(PASSES_PER_SECOND, PASSES_AT_ONCE, clock)
        self._due: dict[Key, float] = {}
        # A heap from which nothing is removed early: an alarm counts only while `_due` still has its time.
        self._alarms: list[tuple[float, Key]] = []
        self._working: dict[Key, float] = {}
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._urgent_run = 0
        self._changed = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        """Return the number of keys that could be taken now."""
        return sum(len(lane) for lane in self._ready.values())

    def add(self, key: Key) -> None:
        """Make the key ready; one that is being reconciled becomes ready again when that is done."""
        self._due.pop(key, None)
        # What it is being reconciled from may lack this news. Two at a time would race for the same status.
        if key in self._working:
            self._again.add(key)
            return
        if wait := self._paces.wait(key):
            self.add_after(key, wait)
            return
        now = self._clock()
        urgent, ordinary = self._ready[Lane.URGENT], self._ready[Lane.ORDINARY]
        if self._is_urgent(key):
            since = ordinary.remove(key)
            urgent.add(key, now if since is None else since)
        elif key not in urgent:
            ordinary.add(key, now)
        self._changed.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Make the key ready after the seconds; of several delays the earliest counts."""
        due = self._clock() + max(seconds, 0.0)
        if self._is_ready(key) or self._due.get(key, due) < due:
            return
        self._due[key] = due
        heapq.heappush(self._alarms, (due, key))
        self._drop_stale_alarms()
        self._changed.set()

    def add_rate_limited(self, key: Key) -> None:
        """Make the key ready after 0.1 s, doubled by each failure in a row up to a minute."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        # Within 20 % of it, so that keys that failed together (the API server was away) do not come back together.
        delay = min(BACKOFF_FIRST_SECONDS * 2 ** min(failures, 16), BACKOFF_MOST_SECONDS)
        self.add_after(key, delay * (0.8 + 0.4 * self._random()))

    def forget(self, key: Key) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def pop(self) -> Key | None:
        """Take the next key that is ready now, or return None."""
        self._ring()
        lane = self._next_lane()
        if lane is None:
            return None
        key, since = self._ready[lane].pop()
        now = self._clock()
        self._waited(now - since)
        self._paces.take(key)
        self._urgent_run = self._urgent_run + 1 if lane is Lane.URGENT else 0
        self._working[key] = now
        return key

    async def get(self) -> Key | None:
        """Take the next key, waiting for it; None once the queue is closed."""
        while not self._closed:
            # Cleared before looking: what is added after the look sets it again, and the wait ends at once.
            self._changed.clear()
            key = self.pop()
            if key is not None:
                return key
            await self._wait_for_change()
        return None

    def done(self, key: Key) -> None:
        """Allow the key to be taken again."""
        self._working.pop(key, None)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """Stop handing out keys; everyone who waits gets None."""
        self._closed = True
        self._changed.set()

    def longest_work(self) -> float:
        """Return for how many seconds the slowest key has been worked on."""
        now = self._clock()
        return max((now - since for since in self._working.values()), default=0.0)

    def _is_ready(self, key: Key) -> bool:
        return key in self._again or any(key in lane for lane in self._ready.values())

    def _ring(self) -> None:
        now = self._clock()
        while self._alarms and self._alarms[0][0] <= now:
            due, key = heapq.heappop(self._alarms)
            if self._due.get(key) == due:
                self.add(key)

    def _drop_stale_alarms(self) -> None:
        # A key that is added often leaves one overtaken alarm behind each time.
        if len(self._alarms) > 2 * len(self._due) + 64:
            self._alarms = [(due, key) for key, due in self._due.items()]
            heapq.heapify(self._alarms)

    def _next_lane(self) -> Lane | None:
        urgent, ordinary = self._ready[Lane.URGENT], self._ready[Lane.ORDINARY]
        if ordinary and (not urgent or self._urgent_run >= URGENT_IN_A_ROW):
            return Lane.ORDINARY
        return Lane.URGENT if urgent else None

    async def _wait_for_change(self) -> None:
        seconds = self._alarms[0][0] - self._clock() if self._alarms else None
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
