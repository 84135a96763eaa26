"""Read what a decision may look at; the only place that asks the time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from leeway.api.kinds import (
    DEPLOYMENT,
    JOB,
    MODEL_DEPLOYMENT,
    MODEL_VERSION,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    Key,
    Kind,
    Manifest,
    without_status,
)
from leeway.api.model_deployment import ModelDeployment
from leeway.api.model_version import ModelVersion
from leeway.api.training_job import TrainingJob
from leeway.core.deployment.planner import DeploymentSeen
from leeway.core.names import (
    LABEL_OWNER_KIND,
    LABEL_OWNER_NAME,
    canary_service,
    stable_service,
    training_job_child,
    verification_job,
)
from leeway.core.pods.jobs import ending_of
from leeway.core.pods.platform import Platform
from leeway.core.pods.template import is_owned_by
from leeway.core.pods.trouble import is_over
from leeway.core.training.state import TrainingSeen
from leeway.core.versions.planner import VersionSeen
from leeway.shell.cache import ChildCache
from leeway.shell.cluster import Cluster


def now() -> datetime:
    """The present moment, in whole seconds as the API stores it."""
    return datetime.now(UTC).replace(microsecond=0)


async def observe_training(
    manifest: Manifest, cluster: Cluster, cache: ChildCache, platform: Platform
) -> TrainingSeen:
    """A TrainingJob with its Job, pods, the ModelVersion of its name and the namespace's store."""
    namespace, name = _named(manifest)
    child = await _find(JOB, namespace, training_job_child(name), cluster, cache)
    pods = await _pods_of_job(child, manifest, cluster, cache)
    return TrainingSeen(
        manifest=manifest,
        job=TrainingJob.model_validate(without_status(manifest)),
        child=child,
        pods=pods,
        leftovers=tuple(pod for pod in _pods(manifest, cache) if pod not in pods and not is_over(pod)),
        version=await cluster.get(MODEL_VERSION, namespace, name),
        claim=cache.get(Key(PERSISTENT_VOLUME_CLAIM.kind, namespace, platform.store.claim)),
        platform=platform,
        now=now(),
    )


async def observe_version(
    manifest: Manifest, cluster: Cluster, cache: ChildCache, platform: Platform
) -> VersionSeen:
    """A ModelVersion with its verification Job, pods, and who names it."""
    namespace, name = _named(manifest)
    child = await _find(JOB, namespace, verification_job(name), cluster, cache)
    deployments = await cluster.list_(MODEL_DEPLOYMENT, namespace, f"spec.version={name}")
    return VersionSeen(
        manifest=manifest,
        version=ModelVersion.model_validate(without_status(manifest)),
        child=child,
        pods=await _pods_of_job(child, manifest, cluster, cache),
        deployments=tuple(sorted(deployment["metadata"]["name"] for deployment in deployments)),
        platform=platform,
        now=now(),
    )


async def observe_deployment(
    manifest: Manifest, cluster: Cluster, cache: ChildCache, platform: Platform
) -> DeploymentSeen:
    """A ModelDeployment with its versions, revisions, Services, budget and pods."""
    namespace, name = _named(manifest)
    deployment = ModelDeployment.model_validate(without_status(manifest))
    stable = ((manifest.get("status") or {}).get("stable") or {}).get("version", "")
    others = (
        (SERVICE, name),
        (SERVICE, stable_service(name)),
        (SERVICE, canary_service(name)),
        (POD_DISRUPTION_BUDGET, name),
    )
    found = [await _find(kind, namespace, child, cluster, cache) for kind, child in others]
    is_other = bool(stable) and stable != deployment.spec.version
    return DeploymentSeen(
        manifest=manifest,
        deployment=deployment,
        version=await cluster.get(MODEL_VERSION, namespace, deployment.spec.version),
        stable_version=await cluster.get(MODEL_VERSION, namespace, stable) if is_other else None,
        revisions=_of_kind(cache.children_of(manifest["metadata"]["uid"]), DEPLOYMENT),
        others=tuple(child for child in found if child is not None),
        pods=_pods(manifest, cache),
        platform=platform,
        now=now(),
    )


async def _find(
    kind: Kind, namespace: str, name: str, cluster: Cluster, cache: ChildCache
) -> Manifest | None:
    """The child as the watch has shown it; what the watch does not show may be a stranger's, so ask."""
    return cache.get(Key(kind.kind, namespace, name)) or await cluster.get(kind, namespace, name)


async def _pods_of_job(
    job: Manifest | None, manifest: Manifest, cluster: Cluster, cache: ChildCache
) -> tuple[Manifest, ...]:
    """The Job's own pods, by its uid.

    Jobs and pods come by two watches: a Job that is over before its pod is seen to be is asked for.
    """
    if job is None:
        return ()
    uid = job["metadata"]["uid"]
    pods = tuple(pod for pod in _pods(manifest, cache) if is_owned_by(pod, uid))
    if ending_of(job) is None or any(is_over(pod) for pod in pods):
        return pods
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    listing = await cluster.list_at(POD, namespace, f"batch.kubernetes.io/job-name={name}")
    return tuple(pod for pod in listing.items if is_owned_by(pod, uid))


def _pods(manifest: Manifest, cache: ChildCache) -> tuple[Manifest, ...]:
    namespace, name = _named(manifest)
    return cache.pods_of(namespace, {LABEL_OWNER_KIND: manifest["kind"], LABEL_OWNER_NAME: name})


def _of_kind(children: Iterable[Manifest], kind: Kind) -> tuple[Manifest, ...]:
    return tuple(child for child in children if child["kind"] == kind.kind)


def _named(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
