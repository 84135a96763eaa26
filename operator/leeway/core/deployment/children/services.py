"""The Services of a ModelDeployment and the PodDisruptionBudget of its pods."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.core.deployment.children.workload import revision_labels
from leeway.core.deployment.revision import Rollout
from leeway.core.deployment.traffic import Traffic
from leeway.core.names import LABEL_DEPLOYMENT, canary_service, stable_service
from leeway.core.pods.template import owner_metadata


def make_services(manifest: Manifest, rollout: Rollout, traffic: Traffic) -> tuple[Manifest, ...]:
    """Return three Services: for all requests, for stable and for the canary; without a canary they select the same."""
    # Three from the start: clients and gateways that name one of them need not change when a canary comes (0009).
    name = manifest["metadata"]["name"]
    canary = rollout.canary.hash if rollout.canary else traffic.answering
    return (
        _service(manifest, name, _answering_labels(name, traffic)),
        _service(manifest, stable_service(name), revision_labels(name, traffic.answering)),
        _service(manifest, canary_service(name), revision_labels(name, canary)),
    )


def make_disruption_budget(manifest: Manifest, traffic: Traffic) -> Manifest:
    """Return the budget that lets drains take one pod at a time of those that requests go to."""
    # Of stable alone while a canary starts: its unready pods would use up the budget of those that answer.
    # maxUnavailable, not minAvailable: with one replica a minAvailable of 1 would block the drain of its node for ever.
    name = manifest["metadata"]["name"]
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owner_metadata(manifest, name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": revision_labels(name, traffic.answering)},
            # A pod that is not ready answers nothing; the default policy would let it block a drain.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def _answering_labels(name: str, traffic: Traffic) -> dict[str, str]:
    return {LABEL_DEPLOYMENT: name} if traffic.is_shared else revision_labels(name, traffic.answering)


def _service(manifest: Manifest, service: str, selector: dict[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owner_metadata(manifest, service),
        "spec": {
            "type": "ClusterIP",
            "selector": selector,
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
            ],
        },
    }
