"""Plan the children of a rollout: Deployments of live and old revisions, Services and a PodDisruptionBudget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leeway.api.kinds import Key, Manifest
from leeway.core.applied import is_applied, stamped
from leeway.core.deployment.children.network import make_network_policies
from leeway.core.deployment.children.services import make_disruption_budget, make_services
from leeway.core.deployment.children.workload import Workload, make_deployment, scaled
from leeway.core.deployment.revision import Revision, Rollout
from leeway.core.deployment.sizes import size_of
from leeway.core.deployment.traffic import Traffic
from leeway.core.deployment.world import World
from leeway.core.plan import Apply, Delete, Write


@dataclass(frozen=True, slots=True)
class Children:
    """The writes to children, by the phases of a plan."""

    traffic: tuple[Write, ...] = ()
    scale: tuple[Write, ...] = ()
    rest: tuple[Write, ...] = ()


def plan_children(seen: World, rollout: Rollout, traffic: Traffic) -> Children:
    """Return the writes that make the children what the rollout needs."""
    if not traffic.answering:
        return Children()
    services = make_services(seen.manifest, rollout, traffic)
    budget = stamped(make_disruption_budget(seen.manifest, traffic))
    policies = map(stamped, make_network_policies(seen, rollout))
    live = _missing(seen, _live_deployments(seen, rollout))
    smaller = tuple(write for write in live if _is_smaller(seen, write))
    return Children(
        traffic=_missing(seen, map(stamped, services)),
        scale=tuple(write for write in live if write not in smaller),
        rest=(*smaller, *_missing(seen, (budget, *policies)), *_retired(seen, rollout)),
    )


def _missing(seen: World, desired: Iterable[Manifest]) -> tuple[Apply, ...]:
    """Return the writes for children that differ from the desired; those of somebody else are left alone."""
    found = []
    for child in desired:
        observed = seen.children.get((child["kind"], child["metadata"]["name"]))
        if not is_applied(child, observed) and not seen.is_foreign(child):
            found.append(Apply(child, is_new=observed is None))
    return tuple(found)


def _live_deployments(seen: World, rollout: Rollout) -> Iterable[Manifest]:
    """Yield the Deployments of the live revisions, but for one of which nothing says what it would run."""
    for revision in rollout.live:
        version, replicas = seen.recipes.get(revision.hash), _size(seen, rollout, revision)
        observed = seen.workload_of(revision).manifest
        if version is not None:
            yield stamped(make_deployment(seen.manifest, seen.spec, version, revision, replicas))
        # The spec was edited, or the version deleted, since this revision was started. It goes on as it was observed:
        # making it from the new spec would change pods that serve under an old hash.
        elif observed is not None:
            yield scaled(seen.manifest, observed, replicas)


def _size(seen: World, rollout: Rollout, revision: Revision) -> int:
    """Return how many pods a live revision has."""
    standing = seen.workload_of(rollout.canary).standing
    desired, canary = size_of(seen.spec, rollout, revision, standing), rollout.canary
    if canary is None or revision != rollout.stable or not seen.is_stable_dead or seen.spec.paused:
        return desired
    # Pods that answer nobody may hold the quota or the node that the canary needs. One stays, to come back by itself
    # when its cause has passed; it goes when the canary has no room even so.
    is_alone = seen.workload_of(revision).pods <= 1
    return min(desired, 0 if is_alone and seen.lacks_room(canary) else 1)


def _is_smaller(seen: World, write: Apply) -> bool:
    observed = seen.children.get((write.manifest["kind"], write.manifest["metadata"]["name"]))
    return observed is not None and write.manifest["spec"]["replicas"] < observed["spec"].get("replicas", 1)


def _retired(seen: World, rollout: Rollout) -> list[Write]:
    """Return the writes that scale old revisions to zero, and delete those beyond `revisionHistoryLimit`."""
    live = {revision.hash for revision in (*rollout.live, *_kept(rollout))}
    # While nothing is stable, an old revision with ready pods is what answers; it is retired after the promotion.
    old = [
        workload
        for workload in seen.workloads.values()
        if workload.revision not in live and not (rollout.stable is None and workload.ready)
    ]
    # What never was stable comes last, so that it takes no place from what people may go back to.
    was_stable = {tenure.revision: place for place, tenure in enumerate(seen.status.history)}
    best_first = sorted(
        old,
        key=lambda workload: (was_stable.get(workload.revision, -1), workload.created),
        reverse=True,
    )
    limit = seen.spec.revision_history_limit
    return [
        write
        for place, workload in enumerate(best_first)
        if (write := _rest_or_go(seen.manifest, workload, is_surplus=place >= limit)) is not None
    ]


def _kept(rollout: Rollout) -> tuple[Revision, ...]:
    """Return the former revision, whose Deployment is left as it is until its time is up."""
    return (rollout.former.revision,) if rollout.former else ()


def _rest_or_go(owner: Manifest, workload: Workload, *, is_surplus: bool) -> Write | None:
    manifest = workload.manifest
    assert manifest is not None
    if manifest["spec"].get("replicas") != 0:
        return Apply(scaled(owner, manifest, 0))
    # Its Deployment is what says how many pods an old revision still has (decision 0009), so it goes after them.
    if not is_surplus or workload.pods:
        return None
    metadata = manifest["metadata"]
    return Delete(Key(manifest["kind"], metadata["namespace"], metadata["name"]), metadata["uid"])
