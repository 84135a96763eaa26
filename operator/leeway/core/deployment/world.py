"""Everything a decision about a ModelDeployment depends on: typed once, computed once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from leeway.api.deployment.guard import GuardStatus
from leeway.api.deployment.record import Rejection
from leeway.api.kinds import DEPLOYMENT, Manifest
from leeway.api.model_deployment import ModelDeploymentSpec, ModelDeploymentStatus
from leeway.api.reasons import Reason
from leeway.core.codec import read_status
from leeway.core.deployment.children.workload import Workload, read_workload
from leeway.core.deployment.clocks import keep_time
from leeway.core.deployment.desired import (
    Past,
    desired_revision,
    make_revisions,
    with_setting_of_today,
)
from leeway.core.deployment.publication import Publication
from leeway.core.deployment.recorded import read_rollout
from leeway.core.deployment.revision import NamedVersion, Revision, Rollout, Setting, read_version
from leeway.core.deployment.sizes import size_of
from leeway.core.names import LABEL_REVISION
from leeway.core.pods.network import Network
from leeway.core.pods.platform import Platform
from leeway.core.pods.refusal import make_refusal
from leeway.core.pods.template import is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, Trouble, find_trouble

FIELDS = Fields(
    resources="spec.pod.resources",
    env="spec.pod.env",
    node="spec.pod.nodeSelector and spec.pod.tolerations",
    claim="the ModelVersion's spec.files",
    image="the operator's server image setting",
)
# A node that restarts, or a store that is away for a moment, is no reason to give the pods of stable up.
DEAD_AFTER = timedelta(seconds=30)
# As quotas and the scheduler say it; a node selector that fits nowhere is no lack of room.
_NO_ROOM = re.compile("exceeded quota|Insufficient |Too many pods")


@dataclass(frozen=True, slots=True)
class DeploymentSeen:
    """What was observed of one ModelDeployment, as the API server has it."""

    manifest: Manifest
    spec: ModelDeploymentSpec
    versions: Mapping[str, Manifest]  # ModelVersions by name: those that spec and status name
    children: tuple[Manifest, ...]  # objects that have the names of our children, ours or not
    pods: tuple[Manifest, ...]
    platform: Platform
    now: datetime
    published: Publication | None = None  # the latest of this process's collector
    guard: GuardStatus | None = None  # likewise


@dataclass(frozen=True, slots=True)
class World:
    """A ModelDeployment with its versions, revisions and children, resolved."""

    manifest: Manifest
    spec: ModelDeploymentSpec
    status: ModelDeploymentStatus
    rollout: Rollout
    version: NamedVersion | None  # what the spec names
    desired: Revision | None  # None while the version is absent or cannot be read
    # The versions that live and desired revisions are made from, by the revision's hash. A live revision that the
    # spec no longer describes (its pod or runtime was edited) is not here: only its Deployment knows what it runs.
    recipes: Mapping[str, NamedVersion]
    workloads: Mapping[str, Workload]  # the apps/v1 Deployments of ours, by revision hash
    children: Mapping[tuple[str, str], Manifest]  # by kind and name
    network: Network | None  # how network policies are made; None for none
    conflict: Trouble | None  # a child's name is taken
    pods: tuple[Manifest, ...]
    now: datetime
    published: Publication | None = None
    guard: GuardStatus | None = None

    @property
    def name(self) -> str:
        """Return the ModelDeployment's name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Return the ModelDeployment's namespace."""
        return str(self.manifest["metadata"]["namespace"])

    def workload_of(self, revision: Revision | None) -> Workload:
        """Return the Deployment of a revision, or an empty Workload while there is none."""
        return self.workloads.get(revision.hash, Workload()) if revision else Workload()

    def is_available(self, revision: Revision | None) -> bool:
        """Return whether as many pods as it should have, and at least one, are available."""
        # At least one: with zero replicas every revision would count as available, and be promoted unproven.
        wanted = self.size_of(revision) if revision else 0
        return wanted > 0 and self.workload_of(revision).available >= wanted

    def size_of(self, revision: Revision) -> int:
        """Return how many pods a live revision should have."""
        return size_of(self.spec, self.rollout, revision, self.workload_of(self.rollout.canary).standing)

    @property
    def rejection(self) -> Rejection | None:
        """Return why the desired revision was rolled back; None where it was not, or is stable all the same."""
        desired, stable = self.desired, self.rollout.stable
        if desired is None or (stable is not None and stable.hash == desired.hash):
            return None
        return next((one for one in self.rollout.rejected if one.revision == desired.hash), None)

    def was_stable(self, revision: Revision) -> bool:
        """Return whether a revision was stable before, and its Deployment is kept."""
        is_former = any(tenure.revision == revision.hash for tenure in self.status.history)
        return is_former and revision.hash in self.workloads

    @property
    def is_stable_dead(self) -> bool:
        """Return whether stable has had no ready pod for so long that it makes room for a canary."""
        since = self.rollout.stable_unready_since
        return since is not None and self.now - since >= DEAD_AFTER

    def lacks_room(self, revision: Revision) -> bool:
        """Return whether no pod of the revision is ready, and a quota or the nodes have no place for one."""
        trouble = self.trouble_of(revision)
        return not self.workload_of(revision).ready and bool(trouble and _NO_ROOM.search(trouble.message))

    def trouble_of(self, revision: Revision) -> Trouble | None:
        """Return why the revision's pods cannot be created, or else the trouble of the newest pod that has any."""
        refusal = make_refusal(self.workload_of(revision).refusal)
        if refusal is not None:
            return refusal
        own = (
            pod for pod in self.pods if pod["metadata"].get("labels", {}).get(LABEL_REVISION) == revision.hash
        )
        return find_trouble(own, FIELDS)

    def is_foreign(self, child: Manifest) -> bool:
        """Return whether an object of somebody else has the child's name."""
        standing = self.children.get((child["kind"], child["metadata"]["name"]))
        return standing is not None and not is_owned_by(standing, self.manifest["metadata"]["uid"])


def resolve(seen: DeploymentSeen) -> World:
    """Return the world of what was observed: versions typed, revisions hashed, pods counted."""
    status = read_status(ModelDeploymentStatus, seen.manifest)
    versions = {name: read_version(manifest) for name, manifest in seen.versions.items()}
    workloads = _workloads(seen)
    rollout = keep_time(read_rollout(status), seen.spec, workloads, seen.now)
    past = Past(rollout, status.history, workloads, _setting_of_today(seen.platform), seen.now)
    version = versions.get(seen.spec.model_version_name)
    made = make_revisions(seen.spec, versions.values(), past)
    return World(
        manifest=seen.manifest,
        spec=seen.spec,
        status=status,
        rollout=with_setting_of_today(past),
        version=version,
        desired=desired_revision(seen.spec, version, made, past),
        # Every revision made is of a version that can be read, so its name is in `versions`.
        recipes={revision.hash: versions[revision.version] for revision in made},
        workloads=workloads,
        children={(child["kind"], child["metadata"]["name"]): child for child in seen.children},
        network=seen.platform.network,
        conflict=_conflict(seen),
        pods=seen.pods,
        now=seen.now,
        published=seen.published,
        guard=seen.guard,
    )


def _workloads(seen: DeploymentSeen) -> dict[str, Workload]:
    own = [child for child in seen.children if is_owned_by(child, seen.manifest["metadata"]["uid"])]
    read = [read_workload(seen.manifest, child) for child in own if child["kind"] == DEPLOYMENT.kind]
    return {workload.revision: workload for workload in read if workload.revision}


def _setting_of_today(platform: Platform) -> Setting:
    image = platform.server_image
    return Setting(image.name, image.pull_policy, platform.service_account, platform.fetch_allow)


def _conflict(seen: DeploymentSeen) -> Trouble | None:
    uid = seen.manifest["metadata"]["uid"]
    # By ownerReference, not by label: anybody may copy labels, and we never adopt what we did not create.
    foreign = next((child for child in seen.children if not is_owned_by(child, uid)), None)
    if foreign is None:
        return None
    child = f"{foreign['kind']} {foreign['metadata']['name']}"
    # Deleted and created again under the same name: the garbage collector is still taking the old children.
    if is_left_by_former(foreign, seen.manifest):
        return Trouble(Reason.PROGRESSING, f"waiting for {child} of the former ModelDeployment to go")
    return Trouble(
        Reason.NAME_CONFLICT,
        f"{child} exists and does not belong to this ModelDeployment;"
        " delete it, or create the ModelDeployment under another name",
    )
