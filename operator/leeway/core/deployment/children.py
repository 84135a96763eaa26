"""Plan the children of a rollout: Deployments of live and old revisions, Services and a PodDisruptionBudget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leeway.api.kinds import Key, Manifest
from leeway.core.applied import is_applied, stamped
from leeway.core.deployment.network import make_network_policies
from leeway.core.deployment.revision import Revision, Rollout
from leeway.core.deployment.services import make_disruption_budget, make_services
from leeway.core.deployment.workload import Workload, make_deployment, scaled
from leeway.core.deployment.world import World
from leeway.core.plan import Apply, Delete, Write


@dataclass(frozen=True, slots=True)
class Children:
    """The writes to children, by the phases of a plan."""

    traffic: tuple[Write, ...] = ()
    scale: tuple[Write, ...] = ()
    rest: tuple[Write, ...] = ()


def plan_children(seen: World, rollout: Rollout, answering: str) -> Children:
    """Return the writes that make the children what the rollout needs.

    `answering` is the hash of the revision that requests go to, empty while there is none.
    """
    if not answering:
        return Children()
    services = make_services(seen.manifest, rollout, answering)
    budget = stamped(make_disruption_budget(seen.manifest, answering))
    policies = map(stamped, make_network_policies(seen, rollout))
    revisions = [_live_deployment(seen, revision) for revision in rollout.live]
    return Children(
        traffic=_missing(seen, map(stamped, services)),
        scale=_missing(seen, (deployment for deployment in revisions if deployment is not None)),
        rest=(*_missing(seen, (budget, *policies)), *_retired(seen, rollout)),
    )


def answering_hash(seen: World, rollout: Rollout) -> str:
    """Return the hash of the revision that requests go to, or an empty text while there is none."""
    meant = rollout.answering
    if meant is None:
        return ""
    workload = seen.workload_of(meant)
    # A stable Deployment that is not shown (it lost our label, or was deleted) may have pods that answer: who knows
    # nothing of it moves no request.
    if workload.ready or (rollout.stable and workload.manifest is None):
        return meant.hash
    # A stable revision without a ready pod answers nobody: a canary that could, does. Before anything is stable, a
    # second version may be desired while the first one's pods answer already; requests stay with these.
    others = [seen.workload_of(rollout.canary)] if rollout.stable else list(seen.workloads.values())
    return next((workload.revision for workload in others if workload.ready), meant.hash)


def _missing(seen: World, desired: Iterable[Manifest]) -> tuple[Write, ...]:
    """Return the writes for children that differ from the desired; those of somebody else are left alone."""
    found = []
    for child in desired:
        observed = seen.children.get((child["kind"], child["metadata"]["name"]))
        if not is_applied(child, observed) and not seen.is_foreign(child):
            found.append(Apply(child, is_new=observed is None))
    return tuple(found)


def _live_deployment(seen: World, revision: Revision) -> Manifest | None:
    """Return the Deployment of a live revision, or None when nothing says what it would run."""
    version = seen.recipes.get(revision.hash)
    if version is not None:
        return stamped(make_deployment(seen.manifest, seen.spec, version, revision))
    # The spec was edited, or the version deleted, since this revision was started. It goes on as it was observed, at
    # the desired size: making it from the new spec would change pods that serve under an old hash.
    observed = seen.workload_of(revision).manifest
    return scaled(observed, seen.spec.replicas) if observed else None


def _retired(seen: World, rollout: Rollout) -> list[Write]:
    """Return the writes that scale old revisions to zero, and delete those beyond `revisionHistoryLimit`."""
    live = {revision.hash for revision in rollout.live}
    # While nothing is stable, an old revision with ready pods is what answers; it is retired after the promotion.
    old = [
        workload
        for workload in seen.workloads.values()
        if workload.revision not in live and not (rollout.stable is None and workload.ready)
    ]
    newest_first = sorted(old, key=lambda workload: workload.created, reverse=True)
    limit = seen.spec.revision_history_limit
    return [
        write
        for place, workload in enumerate(newest_first)
        if (write := _rest_or_go(workload, is_surplus=place >= limit)) is not None
    ]


def _rest_or_go(workload: Workload, *, is_surplus: bool) -> Write | None:
    manifest = workload.manifest
    assert manifest is not None
    if manifest["spec"].get("replicas") != 0:
        return Apply(scaled(manifest, 0))
    # Its Deployment is what says how many pods an old revision still has (decision 0009), so it goes after them.
    if not is_surplus or workload.pods:
        return None
    metadata = manifest["metadata"]
    return Delete(Key(manifest["kind"], metadata["namespace"], metadata["name"]), metadata["uid"])
