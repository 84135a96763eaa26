"""Decide what a ModelDeployment needs next: which revision, which children, and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from leeway.api import reasons
from leeway.api.kinds import Manifest
from leeway.api.model_deployment import ModelDeployment
from leeway.core.applied import is_applied, stamped
from leeway.core.conditions import find_condition, is_true
from leeway.core.deployment.children import (
    find_revision,
    is_available,
    plan_retired,
    pull_policy_of,
    ready_replicas,
    retired,
    revision_of,
    scaled,
)
from leeway.core.deployment.rollout import Revision, Rollout, RolloutSeen, is_past_deadline, next_rollout
from leeway.core.deployment.services import make_disruption_budget, make_services
from leeway.core.deployment.status import Standing, make_status, read_rollout, rollout_events
from leeway.core.deployment.workload import make_deployment, make_revision
from leeway.core.plan import LOOK_AGAIN_SECONDS, Deletion, Plan
from leeway.core.pods.platform import Platform
from leeway.core.pods.template import Image, is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, Trouble, find_trouble

FIELDS = Fields(
    resources="spec.runtime.resources",
    env="spec.runtime.env or spec.runtime.envFrom",
    node="spec.runtime.nodeSelector and spec.runtime.tolerations",
    claim="the ModelVersion's spec.artifact.uri",
    image="the operator's server image setting",
)


@dataclass(frozen=True, slots=True)
class DeploymentSeen:
    """Everything that was observed of one ModelDeployment."""

    manifest: Manifest
    deployment: ModelDeployment
    version: Manifest | None  # what spec.version names
    stable_version: Manifest | None  # what stable was made from, where that is another one
    revisions: tuple[Manifest, ...]  # apps/v1 Deployments that it controls
    others: tuple[Manifest, ...]  # whatever else stands under the names of our children
    pods: tuple[Manifest, ...]
    platform: Platform
    now: datetime

    @property
    def replicas(self) -> int:
        """How many pods the live revision should have."""
        return self.deployment.spec.replicas

    @property
    def uid(self) -> str:
        """The ModelDeployment's UID."""
        return str(self.manifest["metadata"]["uid"])


@dataclass(frozen=True, slots=True)
class Children:
    """What to write and delete."""

    apply: tuple[Manifest, ...] = ()
    delete: tuple[Deletion, ...] = ()


def plan_deployment(seen: DeploymentSeen) -> Plan:
    """Return the rollout's next state as status, and the children that follow from it."""
    before = read_rollout(seen.manifest)
    obstacle = find_obstacle(seen)
    rollout = before if obstacle else next_rollout(_rollout_seen(seen, before))
    standing = _standing(seen, rollout, obstacle)
    status = make_status(seen.manifest, seen.deployment, before, standing, seen.now)
    taken = _name_conflict(seen) is not None
    children = Children() if taken else plan_children(seen, rollout)
    return Plan(
        status=status,
        apply=children.apply,
        delete=children.delete,
        events=rollout_events(seen.manifest.get("status") or {}, status, before, rollout),
        requeue_after=LOOK_AGAIN_SECONDS if taken else _until_deadline(seen, rollout),
    )


def find_obstacle(seen: DeploymentSeen) -> Trouble | None:
    """What keeps the wanted version from being rolled out; stable is not touched meanwhile."""
    return _name_conflict(seen) or _version_obstacle(seen)


def plan_children(seen: DeploymentSeen, rollout: Rollout) -> Children:
    """The children of a rollout state: live revisions, Services, budget; old revisions at zero."""
    wanted = [
        *_live_deployments(seen, rollout),
        *(stamped(service) for service in make_services(seen.manifest, rollout, _answering(seen, rollout))),
    ]
    if rollout.stable or rollout.canary:
        wanted.append(stamped(make_disruption_budget(seen.manifest)))
    resting, surplus = plan_retired(_replaceable(seen, rollout), seen.deployment.spec.revision_history_limit)
    return Children(
        apply=(*(child for child in wanted if not is_applied(child, _observed(seen, child))), *resting),
        delete=surplus,
    )


def desired_revision(seen: DeploymentSeen, version: Manifest, rollout: Rollout) -> Revision:
    """The revision the spec asks for.

    A live revision keeps the image it was started with: an upgrade of the operator restarts no model.
    """
    for live in (rollout.stable, rollout.canary):
        if live is not None and make_revision(seen.deployment, version, live.image).hash == live.hash:
            return live
    return make_revision(seen.deployment, version, seen.platform.server_image.name)


def _rollout_seen(seen: DeploymentSeen, rollout: Rollout) -> RolloutSeen:
    canary = rollout.canary
    return RolloutSeen(
        desired=desired_revision(seen, seen.version, rollout) if seen.version else None,
        rollout=rollout,
        paused=seen.deployment.spec.paused,
        canary_available=canary is not None
        and seen.replicas > 0
        and is_available(find_revision(seen.revisions, canary.hash), seen.replicas),
        now=seen.now,
    )


def _live_deployments(seen: DeploymentSeen, rollout: Rollout) -> list[Manifest]:
    live = [revision for revision in (rollout.stable, rollout.canary) if revision is not None]
    made = (_live_deployment(seen, revision) for revision in live)
    return [deployment for deployment in made if deployment is not None]


def _live_deployment(seen: DeploymentSeen, revision: Revision) -> Manifest | None:
    """Generated when a version and the present runtime describe it, else as it was observed."""
    observed = find_revision(seen.revisions, revision.hash)
    for version in (seen.version, seen.stable_version):
        if (
            version is not None
            and make_revision(seen.deployment, version, revision.image).hash == revision.hash
        ):
            policy = pull_policy_of(observed) or seen.platform.server_image.pull_policy
            image = Image(revision.image, policy)
            made = make_deployment(
                seen.deployment, seen.manifest, version, revision.hash, seen.replicas, image
            )
            return stamped(made)
    return scaled(observed, seen.replicas) if observed else None


def _answering(seen: DeploymentSeen, rollout: Rollout) -> str:
    """The revision that requests go to: stable; before there is one, whatever has a pod that is ready."""
    if rollout.stable is not None:
        return rollout.stable.hash
    first = rollout.canary.hash if rollout.canary else ""
    ready = [revision_of(d) for d in seen.revisions if ready_replicas(d)]
    return first if first in ready or not ready else ready[0]


def _replaceable(seen: DeploymentSeen, rollout: Rollout) -> tuple[Manifest, ...]:
    """Old revisions; without a stable one, none that answers: it goes when its successor is promoted."""
    old = retired(seen.revisions, rollout)
    return old if rollout.stable is not None else tuple(d for d in old if not ready_replicas(d))


def _observed(seen: DeploymentSeen, child: Manifest) -> Manifest | None:
    name = (child["kind"], child["metadata"]["name"])
    existing = (*seen.revisions, *seen.others)
    return next((o for o in existing if (o["kind"], o["metadata"]["name"]) == name), None)


def _name_conflict(seen: DeploymentSeen) -> Trouble | None:
    foreign = next((other for other in seen.others if not is_owned_by(other, seen.uid)), None)
    if foreign is None:
        return None
    child = f"{foreign['kind']} {foreign['metadata']['name']}"
    if is_left_by_former(foreign, seen.manifest):
        return Trouble(reasons.PROGRESSING, f"waiting for {child} of the former ModelDeployment to go")
    return Trouble(
        reasons.NAME_CONFLICT,
        f"{child} exists and does not belong to this ModelDeployment;"
        " delete it, or create the ModelDeployment under another name",
    )


def _version_obstacle(seen: DeploymentSeen) -> Trouble | None:
    spec = seen.deployment.spec
    if seen.version is None:
        return Trouble(
            reasons.VERSION_NOT_FOUND,
            f"ModelVersion {spec.version} does not exist in namespace {seen.manifest['metadata']['namespace']};"
            " it is rolled out as soon as it does (spec.version)",
        )
    model = seen.version["spec"].get("modelName")
    if model != spec.model_name:
        return Trouble(
            reasons.MODEL_MISMATCH,
            f"ModelVersion {spec.version} is of model {model}, not of {spec.model_name};"
            " correct spec.version or spec.modelName",
        )
    status = seen.version.get("status") or {}
    if is_true(status, "Ready"):
        return None
    said = find_condition(status, "Ready").get("message") or "it was not looked at yet"
    return Trouble(reasons.VERSION_NOT_READY, f"ModelVersion {spec.version} is not ready: {said}")


def _standing(seen: DeploymentSeen, rollout: Rollout, obstacle: Trouble | None) -> Standing:
    live = rollout.canary or rollout.stable
    serving = rollout.stable or rollout.canary
    deadline = timedelta(seconds=seen.deployment.spec.rollout.progress_deadline_seconds)
    trouble_pods = [
        pod for pod in seen.pods if live and pod["metadata"]["name"].startswith(_pod_prefix(seen, live))
    ]
    return Standing(
        rollout=rollout,
        obstacle=obstacle,
        is_wanted=_is_wanted(seen, rollout),
        is_doomed=obstacle is not None and is_true((seen.version or {}).get("status") or {}, "Stalled"),
        trouble=find_trouble(trouble_pods, FIELDS),
        replicas=seen.replicas,
        pods=sum(int((d.get("status") or {}).get("replicas") or 0) for d in seen.revisions),
        ready_replicas=ready_replicas(find_revision(seen.revisions, serving.hash)) if serving else 0,
        live_ready_replicas=ready_replicas(find_revision(seen.revisions, live.hash)) if live else 0,
        is_available=live is not None
        and is_available(find_revision(seen.revisions, live.hash), seen.replicas),
        is_late=is_past_deadline(rollout, deadline, seen.now),
    )


def _is_wanted(seen: DeploymentSeen, rollout: Rollout) -> bool:
    if seen.version is None or rollout.stable is None:
        return False
    return desired_revision(seen, seen.version, rollout).hash == rollout.stable.hash


def _pod_prefix(seen: DeploymentSeen, revision: Revision) -> str:
    return f"{seen.manifest['metadata']['name']}-{revision.hash}-"


def _until_deadline(seen: DeploymentSeen, rollout: Rollout) -> float | None:
    if rollout.canary_started_at is None:
        return None
    deadline = timedelta(seconds=seen.deployment.spec.rollout.progress_deadline_seconds)
    left = (rollout.canary_started_at + deadline - seen.now).total_seconds()
    return left + 1 if left > 0 else None
