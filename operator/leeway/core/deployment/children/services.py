"""The Services of a ModelDeployment and the PodDisruptionBudget of its pods."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.core.deployment.children.workload import revision_labels
from leeway.core.deployment.revision import Rollout
from leeway.core.names import canary_service, stable_service
from leeway.core.pods.template import owner_metadata


def make_services(manifest: Manifest, rollout: Rollout, answering: str) -> tuple[Manifest, ...]:
    """Return three Services: for all requests, for stable and for the canary.

    `answering` is the hash of the revision that requests go to; without a canary all three select it.
    """
    # Three from the start, though the main one and the stable one select the same pods today: clients and gateways
    # that name them need not change when a canary gets a share of the requests (decision 0009).
    name = manifest["metadata"]["name"]
    canary = rollout.canary.hash if rollout.canary else answering
    return (
        _service(manifest, name, answering),
        _service(manifest, stable_service(name), answering),
        _service(manifest, canary_service(name), canary),
    )


def make_disruption_budget(manifest: Manifest, answering: str) -> Manifest:
    """Return the budget that lets drains take one pod at a time of the revision that requests go to."""
    # Of that one alone: counted together, the unready pods of a canary would use up the budget of stable's.
    # maxUnavailable, not minAvailable: with one replica a minAvailable of 1 would block the drain of its node for ever.
    name = manifest["metadata"]["name"]
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owner_metadata(manifest, name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": revision_labels(name, answering)},
            # A pod that is not ready answers nothing; the default policy would let it block a drain.
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
