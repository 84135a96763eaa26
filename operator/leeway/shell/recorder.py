"""Kubernetes Events: repeated ones are counted on one object, floods are dropped, and failing hurts nobody."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leeway.api.kinds import EVENT, Manifest
from leeway.core.plan import Event
from leeway.shell.cluster import Cluster, ClusterError
from leeway.shell.lease import micro_time
from leeway.shell.rate import TokenBucket

SERIES_WINDOW = timedelta(minutes=10)
REMEMBERED_SERIES = 4096
NOTE_LENGTH = 1024
NAME_LENGTH = 253
CONTROLLER = "leeway.dev/operator"
ACTION = "Reconcile"

logger = logging.getLogger(__name__)

_About = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Series:
    """One Event object: when it began, when it was last told, and how often."""

    began: datetime
    last: datetime
    count: int


class Recorder:
    """Tells people what happened to an object, where `kubectl events` and `kubectl describe` show it."""

    def __init__(
        self, cluster: Cluster, bucket: TokenBucket, instance: str, now: Callable[[], datetime]
    ) -> None:
        self._cluster = cluster
        self._bucket = bucket
        self._instance = instance[:128]
        self._now = now
        self._series: OrderedDict[_About, Series] = OrderedDict()

    async def record(self, regarding: Manifest, event: Event) -> None:
        """The event is told about the object, or counted on if it was told within ten minutes. Never raises."""
        series = self._count((regarding["metadata"]["uid"], event.reason, event.note))
        if not self._bucket.try_take():
            return
        try:
            await self._cluster.record(self._make_event(regarding, event, series))
        except ClusterError as error:
            logger.warning("Recording an event failed: %s", error, extra={"reason": event.reason})

    def _count(self, about: _About) -> Series:
        now = self._now()
        before = self._series.pop(about, None)
        if before is None or now - before.last > SERIES_WINDOW:
            series = Series(now, now, 1)
        else:
            series = replace(before, last=now, count=before.count + 1)
        self._series[about] = series
        if len(self._series) > REMEMBERED_SERIES:
            self._series.popitem(last=False)
        return series

    def _make_event(self, regarding: Manifest, event: Event, series: Series) -> Manifest:
        metadata = regarding["metadata"]
        # As kubectl and others name them: the object, a dot, and the first moment in hexadecimal.
        suffix = f".{int(series.began.timestamp() * 1_000_000):x}"
        manifest: Manifest = {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {
                "namespace": metadata["namespace"],
                "name": metadata["name"][: NAME_LENGTH - len(suffix)] + suffix,
            },
            "eventTime": micro_time(series.began),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance,
            "action": ACTION,
            "type": event.type,
            "reason": event.reason,
            "note": event.note[:NOTE_LENGTH],
            "regarding": {
                "apiVersion": regarding["apiVersion"],
                "kind": regarding["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        }
        if series.count > 1:
            manifest["series"] = {"count": series.count, "lastObservedTime": micro_time(series.last)}
        return manifest
