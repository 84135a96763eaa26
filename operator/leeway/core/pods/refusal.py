"""Why the cluster refuses to create pods: what controllers of Deployments and Jobs say about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from leeway.api.kinds import Manifest
from leeway.api.reasons import Reason
from leeway.core.conditions import parse_time
from leeway.core.pods.jobs import ending_of
from leeway.core.pods.trouble import Trouble, is_over

# A Job has no condition for it, only Events (decision 0013). Ordinary Jobs have a pod within a second or two.
NO_POD_SECONDS = 30.0
FAILED_CREATE = "FailedCreate"
# The name of the pod is another one with each attempt, and a status would be written for each.
_NAMED = re.compile(r'^(Error creating: )?pods "[^"]*" is forbidden: ')
_TIMES = ("deprecatedLastTimestamp", "eventTime")


def said_of_refusal(message: str) -> str:
    """Return what a controller says about pods it could not create, without the pod's name."""
    return _NAMED.sub("", message)


def make_refusal(message: str) -> Trouble | None:
    """Return the trouble of pods that cannot be created for this reason; None for an empty one."""
    return Trouble(Reason.PODS_REFUSED, f"the cluster refuses to create pods: {message}") if message else None


def lacks_pod(job: Manifest | None, pods: Iterable[Manifest]) -> bool:
    """Return whether a Job that is not over has no pod that is under way."""
    return job is not None and ending_of(job) is None and all(is_over(pod) for pod in pods)


def lacks_pod_for_long(job: Manifest | None, pods: Iterable[Manifest], now: datetime) -> bool:
    """Return whether a Job lacks a pod, and was created so long ago that it should have one."""
    created = (job or {}).get("metadata", {}).get("creationTimestamp")
    if not created or not lacks_pod(job, pods):
        return False
    return now - parse_time(created) >= timedelta(seconds=NO_POD_SECONDS)


def newest_refusal(events: Iterable[Manifest], pods: Iterable[Manifest]) -> str:
    """Return what the newest of a Job's FailedCreate Events says, unless a pod was created after it."""
    newest = max(events, key=_time_of, default=None)
    created = max((str(pod["metadata"].get("creationTimestamp", "")) for pod in pods), default="")
    if newest is None or _time_of(newest) < created:
        return ""
    return said_of_refusal(str(newest.get("note", "")))


def _time_of(event: Manifest) -> str:
    """Return when an Event happened last; times of one length and zone compare as texts."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), *(event.get(name) for name in _TIMES))
    return str(next((time for time in times if time), event["metadata"].get("creationTimestamp", "")))
