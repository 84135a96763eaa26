"""Emit Kubernetes Events: each is named by its record, emitted once, and a failure stops nothing."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from leeway.api.kinds import EVENT, Manifest, key_of
from leeway.core.plan import Event
from leeway.shell.cluster import Cluster, ClusterError, Refused
from leeway.shell.lease import micro_time
from leeway.shell.rate import Paces, TokenBucket

# A former process may have died before it emitted the Events of its last records; this covers the time until another
# one leads. Without a limit each start would emit an Event for every decision that any status still has.
RECENT = timedelta(minutes=10)
REMEMBERED = 16384
NOTE_LENGTH = 1024
NAME_LENGTH = 253
CONTROLLER = "leeway.dev/operator"
ACTION = "Reconcile"

logger = logging.getLogger(__name__)


class Recorder:
    """Emits Events about objects, which `kubectl events` and `kubectl describe` show."""

    # An Event's name is computed from the record it is about. A process that starts emits recent ones again: where they
    # exist nothing changes, and where the former process died before it could, none is lost.
    # Each namespace has its pace, so that one in which everything changes all the time leaves room for the others'.
    def __init__(
        self,
        cluster: Cluster,
        bucket: TokenBucket,
        paces: Paces,
        instance: str,
        now: Callable[[], datetime],
    ) -> None:
        self._cluster = cluster
        self._bucket = bucket
        self._paces = paces
        self._instance = instance[:128]
        self._now = now
        self._told: OrderedDict[str, None] = OrderedDict()

    async def tell(self, regarding: Manifest, events: Iterable[Event]) -> None:
        """Emit the Events that are recent and were not emitted by this process; never raise."""
        for event in events:
            if event.id in self._told:
                continue
            if self._now() - event.time > RECENT or await self._store(regarding, event):
                self._remember(event.id)

    async def _store(self, regarding: Manifest, event: Event) -> bool:
        """Create the Event; return whether it needs no other attempt."""
        # Never waited for: a reconcile must not stand still for an Event. The next one of the object tries again.
        namespace = regarding["metadata"]["namespace"]
        if self._paces.wait(namespace) or not self._bucket.try_take():
            return False
        self._paces.take(namespace)
        try:
            await self._cluster.record(self._make_event(regarding, event))
        except ClusterError as error:
            logger.warning(
                "Recording an event failed: %s",
                error,
                extra={"reason": event.reason, "key": str(key_of(regarding))},
            )
            # What was refused once is refused again, for example in a namespace that is going.
            return isinstance(error, Refused)
        return True

    def _remember(self, id_: str) -> None:
        self._told[id_] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

    def _make_event(self, regarding: Manifest, event: Event) -> Manifest:
        metadata, suffix = regarding["metadata"], f".{event.id}"
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {
                "namespace": metadata["namespace"],
                "name": metadata["name"][: NAME_LENGTH - len(suffix)] + suffix,
            },
            "eventTime": micro_time(event.time),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance,
            "action": ACTION,
            "type": str(event.tone),
            "reason": str(event.reason),
            "note": event.note[:NOTE_LENGTH],
            "regarding": {
                "apiVersion": regarding["apiVersion"],
                "kind": regarding["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        }
