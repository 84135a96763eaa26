"""Resync: list everything at an interval, and compare it with what the watches have shown."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from leeway.api.kinds import Key, Kind
from leeway.shell.cluster import Cluster, ClusterError
from leeway.shell.watch.cache import CHILD_KINDS, CHILD_SELECTOR, OWNER_KINDS
from leeway.shell.watch.freshness import uid_of
from leeway.shell.watch.intake import Intake

RETRY_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Resync:
    """Compares what exists with what is known, by uid and resourceVersion, and adds the keys that differ."""

    # kopf never reports a deletion that happened while its watch was down: after a reconnect it lists what is there.
    def __init__(
        self, cluster: Cluster, intake: Intake, namespace: str | None, add: Callable[[Key], None]
    ) -> None:
        self._cluster = cluster
        self._intake = intake
        self._namespace = namespace
        self._add = add

    async def run_once(self) -> None:
        """List and compare every kind once; raise ClusterError when a list fails."""
        # Children first: an owner that is reconciled at once then finds them.
        for kind in (*CHILD_KINDS, *OWNER_KINDS):
            await self._compare(kind)

    async def run_until_complete(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """List everything once, waiting for a cluster where CRDs or permissions are missing."""
        while True:
            try:
                return await self.run_once()
            except ClusterError as error:
                logger.warning("Waiting for the first list (CRDs installed? permissions granted?): %s", error)
                await sleep(RETRY_SECONDS)

    async def run_forever(
        self, seconds: float, sleep: Callable[[float], Awaitable[None]], random: Callable[[], float]
    ) -> None:
        """List and compare for ever, after 2/3 to 5/3 of the seconds each time."""
        while True:
            # Random, so that operators that started together do not list together.
            await sleep(seconds * (2 / 3 + random()))
            try:
                await self.run_once()
            except ClusterError as error:
                logger.warning("Comparing with the cluster failed: %s", error)

    async def _compare(self, kind: Kind) -> None:
        selector = CHILD_SELECTOR if kind in CHILD_KINDS else ""
        listing = await self._cluster.list_at(kind, self._namespace, selector)
        for manifest in listing.items:
            self._add_all(self._intake.accept(manifest))
        listed = {uid_of(manifest) for manifest in listing.items}
        for key, uid in self._intake.ghosts(kind.kind, listed, listing.resource_version):
            self._add_all(self._intake.drop(key, uid, listing.resource_version))

    def _add_all(self, keys: tuple[Key, ...]) -> None:
        for key in keys:
            self._add(key)
