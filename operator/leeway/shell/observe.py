"""Observe an object and all that a decision about it depends on; the only place that reads the clock for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from leeway.api.kinds import (
    JOB,
    KINDS,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    Key,
    Manifest,
    key_of,
    without_status,
)
from leeway.api.model_deployment import ModelDeployment
from leeway.api.model_version import ModelVersion, ModelVersionStatus
from leeway.api.training.job import TrainingJob, TrainingJobStatus
from leeway.core.codec import read_status
from leeway.core.deployment.world import DeploymentSeen, World, resolve
from leeway.core.names import (
    COMPONENTS,
    canary_service,
    job_policy,
    server_policy,
    stable_service,
    training_job_child,
    verification_job,
)
from leeway.core.pods.platform import Platform
from leeway.core.pods.template import is_owned_by
from leeway.core.training.job import output_uri
from leeway.core.training.state import TrainingSeen, has_end
from leeway.core.training.store import claim_of_user
from leeway.core.versions.state import VersionSeen, standing_verdict
from leeway.shell.cluster import Cluster
from leeway.shell.evidence.publications import Publications
from leeway.shell.watch.cache import ChildCache, Strangers
from leeway.shell.watch.owners import Owners
from leeway.shell.watch.runs import Run, observe_run, pods_of


def now() -> datetime:
    """Return the present time in whole seconds."""
    # As the API stores times: with fractions a status would differ from itself once it has been stored.
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads what the watches have shown, and asks the API server only for what they cannot show."""

    cluster: Cluster
    cache: ChildCache
    owners: Owners
    strangers: Strangers
    platform: Platform
    publications: Publications
    clock: Callable[[], datetime] = now

    async def observe_training(self, manifest: Manifest) -> TrainingSeen:
        """Return a TrainingJob with its Job, pods, the ModelVersion of its name and the namespace's store.

        Raise ValidationError for a spec that does not fit the schema.
        """
        namespace, name = _named(manifest)
        met = await self._met(manifest)
        child = self._find(Key(JOB.kind, namespace, training_job_child(name)), met)
        job = TrainingJob.model_validate(without_status(manifest))
        status = read_status(TrainingJobStatus, manifest)
        # Nothing is concluded from pods or claims any more once the end is recorded.
        is_over = has_end(status)
        moment = self.clock()
        run = Run() if is_over else await observe_run(manifest, child, self.cluster, self.cache, moment)
        return TrainingSeen(
            manifest=manifest,
            job=job,
            status=status,
            child=child,
            pods=run.pods,
            refusal=run.refusal,
            leftovers=run.leftovers,
            version=self.owners.find_version(namespace, name),
            claim=None if is_over or child else await self._claim(job, manifest, met),
            policy=self._policy(manifest, met),
            platform=self.platform,
            now=moment,
            replaced=self.owners.find_version(namespace, job.spec.replaces_model_version_name or ""),
        )

    async def observe_version(self, manifest: Manifest) -> VersionSeen:
        """Return a ModelVersion with its verification Job, pods, and the deployments that name or reject it.

        Raise ValidationError for a spec that does not fit the schema.
        """
        namespace, name = _named(manifest)
        met = await self._met(manifest)
        child = self._find(Key(JOB.kind, namespace, verification_job(name)), met)
        deployments = self.owners.deployments_naming(namespace, name)
        status = read_status(ModelVersionStatus, manifest)
        verdict = standing_verdict(status, manifest["metadata"]["generation"])
        moment = self.clock()
        run = Run() if verdict else await observe_run(manifest, child, self.cluster, self.cache, moment)
        return VersionSeen(
            manifest=manifest,
            version=ModelVersion.model_validate(without_status(manifest)),
            status=status,
            child=child,
            pods=run.pods,
            refusal=run.refusal,
            deployments=tuple(key.name for key in deployments),
            rejecting=self.owners.deployments_rejecting(namespace, name),
            policy=self._policy(manifest, met),
            platform=self.platform,
            now=moment,
        )

    async def observe_deployment(self, manifest: Manifest) -> World:
        """Return a ModelDeployment with its versions, children and pods, resolved.

        Raise ValidationError for a spec that does not fit the schema.
        """
        namespace, name = _named(manifest)
        spec = ModelDeployment.model_validate(without_status(manifest)).spec
        named = ((SERVICE, name), (SERVICE, stable_service(name)), (SERVICE, canary_service(name)),
                 (POD_DISRUPTION_BUDGET, name), (NETWORK_POLICY, server_policy(name)))  # fmt: skip
        # By name, too: an object of another owner may have the name of a child, and nothing but its name says so.
        shown = [self.cache.get(Key(kind.kind, namespace, child)) for kind, child in named]
        children = _once((*self.cache.children_of(manifest["metadata"]["uid"]), *shown))
        seen = DeploymentSeen(
            manifest=manifest,
            spec=spec,
            versions=self._versions(manifest, spec.model_version_name),
            children=_once((*children, *await self._met(manifest))),
            pods=pods_of(manifest, self.cache),
            platform=self.platform,
            now=self.clock(),
            published=self.publications.get(key_of(manifest), manifest["metadata"]["uid"]),
            guard=self.publications.guard_of(key_of(manifest), manifest["metadata"]["uid"]),
        )
        return resolve(seen)

    def _versions(self, manifest: Manifest, desired: str) -> dict[str, Manifest]:
        """Return the ModelVersions, by name, that the spec and the recorded rollout name and that exist."""
        namespace, status = manifest["metadata"]["namespace"], manifest.get("status") or {}
        # Of the live revisions, too: their Deployments are kept as they should be while another version is desired.
        live = [
            (status.get(place) or {}).get("modelVersionName", "") for place in ("stable", "canary", "former")
        ]
        # And of those that may come back.
        before = [tenure.get("modelVersionName", "") for tenure in status.get("history") or ()]
        named = dict.fromkeys((desired, *live, *before))
        found = {name: self.owners.find_version(namespace, name) for name in named if name}
        return {name: version for name, version in found.items() if version is not None}

    async def _claim(self, job: TrainingJob, manifest: Manifest, met: Iterable[Manifest]) -> Manifest | None:
        """Return the claim that the run will write to: the installation's, or one that its spec names."""
        namespace = manifest["metadata"]["namespace"]
        named = claim_of_user(output_uri(job, manifest, self.platform), self.platform)
        # A claim of the user's has no label of ours by which a watch would show it.
        if named:
            return await self.cluster.get(PERSISTENT_VOLUME_CLAIM, namespace, named)
        return self._find(Key(PERSISTENT_VOLUME_CLAIM.kind, namespace, self.platform.store.claim), met)

    def _policy(self, owner: Manifest, met: Iterable[Manifest]) -> Manifest | None:
        """Return the policy of the namespace's trainers or verifiers, whichever this object has."""
        name = job_policy(COMPONENTS[owner["kind"]])
        return self._find(Key(NETWORK_POLICY.kind, owner["metadata"]["namespace"], name), met)

    def _find(self, key: Key, met: Iterable[Manifest]) -> Manifest | None:
        """Return the child as the watch has shown it, or another object that is known to have its name."""
        return self.cache.get(key) or next((stranger for stranger in met if key_of(stranger) == key), None)

    async def _met(self, owner: Manifest) -> list[Manifest]:
        """Return the objects that have the names of the owner's children, read now since no watch shows them."""
        uid, of = owner["metadata"]["uid"], key_of(owner)
        found = []
        for key in self.strangers.of(of):
            met = self.cache.get(key) or await self.cluster.get(KINDS[key.kind], key.namespace, key.name)
            if met is None or (is_owned_by(met, uid) and self.cache.get(key) is not None):
                self.strangers.forget(of, key)
            if met is not None:
                found.append(met)
        return found


def _once(children: Iterable[Manifest | None]) -> tuple[Manifest, ...]:
    return tuple({key_of(child): child for child in children if child is not None}.values())


def _named(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
