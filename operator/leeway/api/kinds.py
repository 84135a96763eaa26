"""The Kubernetes kinds that Leeway reads and writes, and the keys of their objects."""

from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]

GROUP = "leeway.dev"
VERSION = "v1alpha1"


@dataclass(frozen=True, slots=True)
class Kind:
    """A namespaced kind of the Kubernetes API."""

    api_version: str
    kind: str
    plural: str

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """Return the URL path of one object, or of the collection when `name` is empty.

        Without a namespace it is the collection of all namespaces.
        """
        # The core group has no name: /api/v1, where every other one has /apis/GROUP/VERSION.
        root = "apis" if "/" in self.api_version else "api"
        scope = f"namespaces/{namespace}" if namespace else ""
        parts = (root, self.api_version, scope, self.plural, name, subresource)
        return "/" + "/".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The name of one object; `kind` is `Kind.kind`."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


TRAINING_JOB = Kind(f"{GROUP}/{VERSION}", "TrainingJob", "trainingjobs")
MODEL_VERSION = Kind(f"{GROUP}/{VERSION}", "ModelVersion", "modelversions")
MODEL_DEPLOYMENT = Kind(f"{GROUP}/{VERSION}", "ModelDeployment", "modeldeployments")
JOB = Kind("batch/v1", "Job", "jobs")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
SERVICE = Kind("v1", "Service", "services")
POD_DISRUPTION_BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
PERSISTENT_VOLUME_CLAIM = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
NETWORK_POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
POD = Kind("v1", "Pod", "pods")
REPLICA_SET = Kind("apps/v1", "ReplicaSet", "replicasets")
EVENT = Kind("events.k8s.io/v1", "Event", "events")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")

KINDS: dict[str, Kind] = {
    kind.kind: kind
    for kind in (
        TRAINING_JOB,
        MODEL_VERSION,
        MODEL_DEPLOYMENT,
        JOB,
        DEPLOYMENT,
        SERVICE,
        POD_DISRUPTION_BUDGET,
        NETWORK_POLICY,
        PERSISTENT_VOLUME_CLAIM,
        POD,
        REPLICA_SET,
        EVENT,
        LEASE,
    )
}


def key_of(manifest: Manifest) -> Key:
    """Return the key of a namespaced object."""
    metadata = manifest["metadata"]
    return Key(manifest["kind"], metadata["namespace"], metadata["name"])


def without_status(manifest: Manifest) -> Manifest:
    """Return the manifest with an empty status, for a model to check the spec alone."""
    # A status that cannot be read (of another release, or edited by hand) must not make a good spec invalid.
    return {**manifest, "status": {}}
