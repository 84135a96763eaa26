"""Leader election by one coordination.k8s.io Lease, renewed while the process lives and released when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from leeway.api.kinds import LEASE, Manifest
from leeway.shell.cluster import Cluster, ClusterError, Conflict

# Our own elector, since the client library's never releases the Lease, so that every ordinary restart would leave
# nobody in charge for a whole lease duration, and keeps its record in wall-clock times.

# The defaults of client-go. A leader that cannot renew stops 5 s before a standby may take over, so that the two never
# act at the same time, even if their clocks run at slightly different speeds.
LEASE_SECONDS = 15
RENEW_DEADLINE_SECONDS = 10.0
RENEW_EVERY_SECONDS = 2.0
# Twice as often as renewals, so that a released Lease is taken within a second.
LOOK_EVERY_SECONDS = 1.0
TRY_SECONDS = 5.0

logger = logging.getLogger(__name__)


class LeaseLost(Exception):  # noqa: N818  an event, not a fault
    """The process is no longer the leader and has to stop at once."""


@dataclass(frozen=True, slots=True)
class Seat:
    """The Lease to hold, and the identity to hold it with."""

    namespace: str
    name: str
    identity: str


@dataclass(frozen=True, slots=True)
class Time:
    """Monotonic seconds for deadlines, the wall clock for people who read the Lease, and waiting."""

    clock: Callable[[], float]
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]


class Lease:
    """One candidate for the leadership."""

    def __init__(self, cluster: Cluster, seat: Seat, time: Time) -> None:
        self._cluster = cluster
        self._seat = seat
        self._time = time
        self._held: Manifest | None = None
        self._renewed = 0.0
        self._last_look: tuple[str, float] = ("", 0.0)
        self._trouble = ""

    async def acquire(self) -> None:
        """Wait until this process holds the Lease."""
        while not await self._try(self._take, TRY_SECONDS):
            await self._time.sleep(LOOK_EVERY_SECONDS)
        logger.info("Leading as %s", self._seat.identity)

    async def keep(self) -> None:
        """Renew the Lease for ever; raise LeaseLost when another holds it or it was not renewed in time."""
        while True:
            await self._time.sleep(RENEW_EVERY_SECONDS)
            left = RENEW_DEADLINE_SECONDS - self._unrenewed()
            if left > 0 and await self._try(self._renew, min(left, TRY_SECONDS)):
                continue
            if self._unrenewed() >= RENEW_DEADLINE_SECONDS:
                raise LeaseLost(f"the Lease was not renewed for {self._unrenewed():.0f} s")

    async def release(self) -> None:
        """Release the Lease if this process holds it, so that the next candidate need not wait."""
        if self._held is None:
            return
        with contextlib.suppress(LeaseLost):
            if await self._try(self._give_back, TRY_SECONDS):
                logger.info("Releasing the Lease: this process no longer leads")
        self._held = None

    def _unrenewed(self) -> float:
        return self._time.clock() - self._renewed

    async def _try(self, step: Callable[[], Awaitable[bool]], seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                done = await step()
        except TimeoutError:
            self._tell(f"no answer in {seconds:.0f} s")
        except ClusterError as error:
            self._tell(str(error))
        else:
            self._tell("")
            return done
        return False

    def _tell(self, trouble: str) -> None:
        """Log a trouble once, however often it comes back in a row."""
        if trouble and trouble != self._trouble:
            logger.warning("Taking or renewing the Lease failed: %s", trouble)
        self._trouble = trouble

    async def _take(self) -> bool:
        seen = await self._cluster.get(LEASE, self._seat.namespace, self._seat.name)
        if seen is None:
            return await self._create()
        spec = seen.get("spec") or {}
        if spec.get("holderIdentity") not in (None, "", self._seat.identity) and not self._has_expired(seen):
            return False
        taken = self._spec({}) | {"leaseTransitions": int(spec.get("leaseTransitions") or 0) + 1}
        try:
            return await self._write(seen, taken)
        except Conflict:
            return False  # somebody else was faster

    async def _renew(self) -> bool:
        return await self._rewrite({})

    async def _give_back(self) -> bool:
        return await self._rewrite({"holderIdentity": "", "leaseDurationSeconds": 1})

    async def _rewrite(self, change: Manifest) -> bool:
        """Write the held Lease with a change; raise LeaseLost when another holds it."""
        assert self._held is not None
        try:
            return await self._write(self._held, self._spec(self._held["spec"]) | change)
        except Conflict:
            # Perhaps our own doing: a write that was stored and whose answer was lost. Then it is still ours.
            seen = await self._cluster.get(LEASE, self._seat.namespace, self._seat.name)
            holder = ((seen or {}).get("spec") or {}).get("holderIdentity")
            if seen is None or holder != self._seat.identity:
                self._held = None
                raise LeaseLost(f"the Lease is held by {holder or 'nobody'}") from None
            return await self._write(seen, self._spec(seen["spec"]) | change)

    async def _create(self) -> bool:
        metadata = {"namespace": self._seat.namespace, "name": self._seat.name}
        lease = {"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": metadata}
        started = self._time.clock()
        try:
            self._held = await self._cluster.create(lease | {"spec": self._spec({})})
        except Conflict:
            return False
        self._renewed = started
        return True

    async def _write(self, seen: Manifest, spec: Manifest) -> bool:
        # Counted from before the request: the server may have stored it then, never earlier.
        started = self._time.clock()
        self._held = await self._cluster.replace(seen | {"spec": spec})
        self._renewed = started
        return True

    def _has_expired(self, seen: Manifest) -> bool:
        # When it did not change for its duration on our own clock. Its renewTime is the wall clock of another machine.
        version, now = seen["metadata"]["resourceVersion"], self._time.clock()
        if self._last_look[0] != version:
            self._last_look = (version, now)
        duration = (seen.get("spec") or {}).get("leaseDurationSeconds") or LEASE_SECONDS
        return now - self._last_look[1] >= float(duration)

    def _spec(self, before: Manifest) -> Manifest:
        now = micro_time(self._time.now())
        mine: Manifest = {
            "holderIdentity": self._seat.identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": now,
        }
        return {"acquireTime": now, "leaseTransitions": 0} | before | mine


def micro_time(moment: datetime) -> str:
    """Return a moment in UTC as Kubernetes writes it with microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
