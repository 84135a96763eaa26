"""The keys that want a look: each once, never twice at a time, backed off, delayed, rollouts first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from enum import IntEnum

from leeway.api.kinds import Key

BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_MOST_SECONDS = 60.0
URGENT_IN_A_ROW = 8  # then one ordinary key, so that busy rollouts never starve the rest


class Lane(IntEnum):
    """Which keys are worked on first."""

    URGENT = 0
    ORDINARY = 1


class WorkQueue:
    """A queue of keys in which adding a key twice is adding it once.

    `clock` answers monotonic seconds, `random` a number in [0, 1), `is_urgent` whether a key goes first,
    and `waited` is told how many seconds a key was ready before it was taken.
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
        self._ready: dict[Lane, dict[Key, float]] = {Lane.URGENT: {}, Lane.ORDINARY: {}}
        self._due: dict[Key, float] = {}
        self._alarms: list[tuple[float, Key]] = []
        self._working: dict[Key, float] = {}
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._urgent_run = 0
        self._changed = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        """The number of keys that could be taken now."""
        return sum(len(lane) for lane in self._ready.values())

    def add(self, key: Key) -> None:
        """The key is taken soon; when it is worked on at this moment, it is taken again afterwards."""
        self._due.pop(key, None)
        if key in self._working:
            self._again.add(key)
            return
        now = self._clock()
        urgent, ordinary = self._ready[Lane.URGENT], self._ready[Lane.ORDINARY]
        if self._is_urgent(key):
            urgent.setdefault(key, ordinary.pop(key, now))
        elif key not in urgent:
            ordinary.setdefault(key, now)
        self._changed.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """The key is taken when the seconds have passed; of several such wishes the earliest counts."""
        due = self._clock() + max(seconds, 0.0)
        if self._is_ready(key) or self._due.get(key, due) < due:
            return
        self._due[key] = due
        heapq.heappush(self._alarms, (due, key))
        self._drop_stale_alarms()
        self._changed.set()

    def add_rate_limited(self, key: Key) -> None:
        """The key is taken after 0.1 s, doubled by each failure in a row up to a minute, within 20 % of it."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(BACKOFF_FIRST_SECONDS * 2 ** min(failures, 16), BACKOFF_MOST_SECONDS)
        self.add_after(key, delay * (0.8 + 0.4 * self._random()))

    def forget(self, key: Key) -> None:
        """The key has no failures behind it."""
        self._failures.pop(key, None)

    def pop(self) -> Key | None:
        """Take the next key that is ready now, or answer None."""
        self._ring()
        lane = self._next_lane()
        if lane is None:
            return None
        key = next(iter(self._ready[lane]))
        now = self._clock()
        self._waited(now - self._ready[lane].pop(key))
        self._urgent_run = self._urgent_run + 1 if lane is Lane.URGENT else 0
        self._working[key] = now
        return key

    async def get(self) -> Key | None:
        """Take the next key, waiting for it; None once the queue is closed."""
        while not self._closed:
            self._changed.clear()
            key = self.pop()
            if key is not None:
                return key
            await self._wait_for_change()
        return None

    def done(self, key: Key) -> None:
        """The key may be taken again."""
        self._working.pop(key, None)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """No key is taken any more; everyone who waits gets None."""
        self._closed = True
        self._changed.set()

    def longest_work(self) -> float:
        """How many seconds the slowest key has been worked on."""
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
        # A key that is looked at often leaves one overtaken alarm behind each time.
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
