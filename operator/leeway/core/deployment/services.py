"""How clients reach a ModelDeployment, and what protects its pods: Services and a PodDisruptionBudget."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.core.deployment.rollout import Rollout
from leeway.core.deployment.workload import revision_labels
from leeway.core.names import LABEL_DEPLOYMENT, canary_service, stable_service
from leeway.core.pods.template import owner_metadata


def make_services(manifest: Manifest, rollout: Rollout, answering: str) -> tuple[Manifest, ...]:
    """Three Services: all traffic, stable alone, canary alone; without a canary all three answer alike."""
    if rollout.stable is None and rollout.canary is None:
        return ()
    name = manifest["metadata"]["name"]
    canary = rollout.canary.hash if rollout.canary else answering
    return (
        _service(manifest, name, answering),
        _service(manifest, stable_service(name), answering),
        _service(manifest, canary_service(name), canary),
    )


def make_disruption_budget(manifest: Manifest) -> Manifest:
    """Drains take one pod at a time; one, and not a share, so that a single replica can be drained at all."""
    name = manifest["metadata"]["name"]
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owner_metadata(manifest, name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": {LABEL_DEPLOYMENT: name}},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def _service(manifest: Manifest, service: str, revision: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owner_metadata(manifest, service),
        "spec": {
            "type": "ClusterIP",
            "selector": revision_labels(manifest["metadata"]["name"], revision),
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
            ],
        },
    }
