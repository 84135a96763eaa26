"""A token bucket: a rate, and a burst after a pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


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
