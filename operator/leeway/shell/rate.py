"""Rates, each with a burst after a pause: one for all, and one for each key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable


class TokenBucket:
    """Lets `rate` takers a second pass, and up to `burst` at once after a pause."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._tokens = burst
        self._at = clock()

    async def take(self) -> None:
        """Spend one token, after waiting for it in order of arrival."""
        self._refill()
        # Below zero is the queue: each taker books its token at once, and sleeps until that one is due.
        self._tokens -= 1
        if self._tokens < 0:
            await self._sleep(-self._tokens / self._rate)

    def try_take(self) -> bool:
        """Spend one token if there is one now."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Paces:
    """Lets each key take `rate` a second, and up to `burst` at once after a pause."""

    # For each key one time, at which its bucket is full again; a key whose time has passed is as good as unknown.
    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._interval = 1.0 / rate
        self._slack = (burst - 1) / rate
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._swept_to = 0

    def __len__(self) -> int:
        """Return the number of keys that are remembered."""
        return len(self._full_at)

    def wait(self, key: Hashable) -> float:
        """Return the seconds until the key may take again; 0 when it may now."""
        return max(0.0, self._full_at.get(key, 0.0) - self._slack - self._clock())

    def take(self, key: Hashable) -> None:
        """Count one for the key."""
        now = self._clock()
        self._full_at[key] = max(self._full_at.get(key, now), now) + self._interval
        # Keys come from users and may be gone for good, so that those of the past are dropped now and then.
        if len(self._full_at) > 2 * self._swept_to + 64:
            self._full_at = {known: at for known, at in self._full_at.items() if at > now}
            self._swept_to = len(self._full_at)
