"""Who may reach the pods of a ModelDeployment, and what these may reach."""

from __future__ import annotations

from leeway.api.kinds import NETWORK_POLICY, Manifest
from leeway.core.deployment.children.workload import METRICS_PORT, PORT
from leeway.core.deployment.revision import Rollout
from leeway.core.deployment.world import World
from leeway.core.names import LABEL_DEPLOYMENT, server_policy
from leeway.core.pods.network import Network, make_egress
from leeway.core.pods.served import file_uris
from leeway.core.pods.template import owner_metadata

_NAMESPACE_NAME = "kubernetes.io/metadata.name"
_UNKNOWN = "https://unknown/"  # where the files of a version are that cannot be read any more


def make_network_policies(seen: World, rollout: Rollout) -> tuple[Manifest, ...]:
    """Return the one policy of a deployment's pods, or none where the installation wants none."""
    return (make_network_policy(seen, rollout, seen.network),) if seen.network else ()


def make_network_policy(seen: World, rollout: Rollout, network: Network) -> Manifest:
    """Return the policy: requests from anybody, metrics for those who watch, and fetching where files are stored."""
    watching = sorted({network.operator_namespace, *network.metrics_namespaces})
    peers = [{"namespaceSelector": {"matchLabels": {_NAMESPACE_NAME: name}}} for name in watching]
    return {
        "apiVersion": NETWORK_POLICY.api_version,
        "kind": NETWORK_POLICY.kind,
        "metadata": owner_metadata(seen.manifest, server_policy(seen.name)),
        "spec": {
            "podSelector": {"matchLabels": {LABEL_DEPLOYMENT: seen.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                # From anybody: gateways may stand outside of the cluster's own networks.
                {"ports": [{"port": PORT, "protocol": "TCP"}]},
                {"ports": [{"port": METRICS_PORT, "protocol": "TCP"}], "from": peers},
            ],
            "egress": make_egress(network, _stored(seen, rollout)),
        },
    }


def _stored(seen: World, rollout: Rollout) -> tuple[str, ...]:
    """Return where the files of the revisions with pods are."""
    former = (rollout.former.revision,) if rollout.former else ()
    versions = [seen.recipes.get(revision.hash) for revision in (*rollout.live, *former)]
    records = [version.record if version else None for version in versions]
    return tuple(uri for record in records for uri in (file_uris(record) if record else (_UNKNOWN,)))
