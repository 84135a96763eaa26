"""Observe the run of a Job: its pods, and why the cluster creates none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leeway.api.kinds import EVENT, POD, Manifest
from leeway.core.names import LABEL_OWNER_KIND, LABEL_OWNER_NAME
from leeway.core.pods.jobs import ending_of, is_explained
from leeway.core.pods.refusal import FAILED_CREATE, lacks_pod_for_long, newest_refusal
from leeway.core.pods.template import is_owned_by
from leeway.core.pods.trouble import is_over
from leeway.shell.cluster import Cluster, Refused
from leeway.shell.watch.cache import ChildCache


@dataclass(frozen=True, slots=True)
class Run:
    """The pods of a Job, those of an earlier one that are not over yet, and why the cluster creates none."""

    pods: tuple[Manifest, ...] = ()
    leftovers: tuple[Manifest, ...] = ()
    refusal: str = ""


async def observe_run(
    owner: Manifest, job: Manifest | None, cluster: Cluster, cache: ChildCache, now: datetime
) -> Run:
    """Return the run of the owner's Job, by the Job's uid; raise ClusterError when a list fails."""
    shown = pods_of(owner, cache)
    own = tuple(pod for pod in shown if job is not None and is_owned_by(pod, job["metadata"]["uid"]))
    leftovers = tuple(pod for pod in shown if pod not in own and not is_over(pod))
    if job is None:
        return Run(leftovers=leftovers)
    ending = ending_of(job)
    # Jobs and pods come by two watches, in no common order. What a Job's end is concluded from is listed, unless the
    # pod that explains it is among those shown: its result would count as lost, or an earlier attempt's as its own.
    if ending is not None and not is_explained(ending, own):
        own = await _list_pods(job, cluster)
    refusal = await _find_refusal(job, own, cluster) if lacks_pod_for_long(job, own, now) else ""
    return Run(own, leftovers, refusal)


def pods_of(owner: Manifest, cache: ChildCache) -> tuple[Manifest, ...]:
    """Return the pods that are labelled as those of an object of ours, as the watch has shown them."""
    labels = {LABEL_OWNER_KIND: owner["kind"], LABEL_OWNER_NAME: owner["metadata"]["name"]}
    return cache.pods_of(owner["metadata"]["namespace"], labels)


async def _list_pods(job: Manifest, cluster: Cluster) -> tuple[Manifest, ...]:
    metadata = job["metadata"]
    selector = f"batch.kubernetes.io/job-name={metadata['name']}"
    listing = await cluster.list_at(POD, metadata["namespace"], selector)
    return tuple(pod for pod in listing.items if is_owned_by(pod, metadata["uid"]))


async def _find_refusal(job: Manifest, pods: tuple[Manifest, ...], cluster: Cluster) -> str:
    """Return why the Job controller could not create a pod; empty when its Events do not say, or may not be read."""
    metadata = job["metadata"]
    fields = f"regarding.uid={metadata['uid']},reason={FAILED_CREATE}"
    try:
        listing = await cluster.list_at(EVENT, metadata["namespace"], field_selector=fields)
    except Refused:
        # An installation may withhold the right (decision 0013); the condition then says where to look.
        return ""
    return newest_refusal(listing.items, pods)
