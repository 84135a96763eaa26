"""The apps/v1 Deployments of all revisions: which run, which rest at zero, which are deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from leeway.api.kinds import DEPLOYMENT, Key, Manifest
from leeway.core.deployment.rollout import Rollout
from leeway.core.names import LABEL_REVISION
from leeway.core.plan import Deletion

_KEPT_METADATA = ("name", "namespace", "labels", "annotations", "ownerReferences")


def revision_of(deployment: Manifest) -> str:
    """The revision that a Deployment runs."""
    return str(deployment["metadata"].get("labels", {}).get(LABEL_REVISION, ""))


def find_revision(deployments: Iterable[Manifest], revision: str) -> Manifest | None:
    """The Deployment of that revision."""
    return next((d for d in deployments if revision_of(d) == revision), None)


def is_available(deployment: Manifest | None, replicas: int) -> bool:
    """True when the controller has seen the present spec and enough pods are available."""
    if deployment is None:
        return False
    status: dict[str, Any] = deployment.get("status") or {}
    seen = int(status.get("observedGeneration") or 0) >= int(deployment["metadata"].get("generation") or 0)
    return seen and int(status.get("availableReplicas") or 0) >= replicas


def ready_replicas(deployment: Manifest | None) -> int:
    """How many pods of it are ready."""
    return int(((deployment or {}).get("status") or {}).get("readyReplicas") or 0)


def pull_policy_of(deployment: Manifest | None) -> str:
    """When the revision's image is pulled; kept, since a changed setting must not restart what runs."""
    if deployment is None:
        return ""
    return str(deployment["spec"]["template"]["spec"]["containers"][0].get("imagePullPolicy", ""))


def scaled(deployment: Manifest, replicas: int) -> Manifest:
    """The Deployment as it was observed, at another size: for a revision that the spec no longer describes."""
    metadata = deployment["metadata"]
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": {name: metadata[name] for name in _KEPT_METADATA if name in metadata},
        "spec": {**deployment["spec"], "replicas": replicas},
    }


def retired(deployments: Iterable[Manifest], rollout: Rollout) -> tuple[Manifest, ...]:
    """Deployments of revisions that are neither stable nor canary, the newest first."""
    live = {revision.hash for revision in (rollout.stable, rollout.canary) if revision is not None}
    old = [deployment for deployment in deployments if revision_of(deployment) not in live]
    return tuple(sorted(old, key=lambda d: str(d["metadata"].get("creationTimestamp", "")), reverse=True))


def plan_retired(
    deployments: Iterable[Manifest], limit: int
) -> tuple[tuple[Manifest, ...], tuple[Deletion, ...]]:
    """Scale old revisions to zero, and delete those beyond the limit once no pod of theirs is left."""
    kept = tuple(deployments)
    rest = [scaled(deployment, 0) for deployment in kept if deployment["spec"].get("replicas") != 0]
    surplus = [d for d in kept[limit:] if not (d.get("status") or {}).get("replicas")]
    return tuple(rest), tuple(_deletion(d) for d in surplus if d["spec"].get("replicas") == 0)


def _deletion(deployment: Manifest) -> Deletion:
    metadata = deployment["metadata"]
    return Deletion(Key(DEPLOYMENT.kind, metadata["namespace"], metadata["name"]), metadata["uid"])
