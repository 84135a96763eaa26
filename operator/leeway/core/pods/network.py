"""The network of the pods: what they may fetch from, and the policies of trainers and verifiers in a namespace."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from leeway.api.kinds import NETWORK_POLICY, Manifest
from leeway.core.applied import is_applied, stamped
from leeway.core.names import FIELD_MANAGER, LABEL_COMPONENT, LABEL_MANAGED_BY, LABEL_NAME, job_policy
from leeway.core.plan import Apply
from leeway.core.pods.uris import parse_uri

FETCH_ALLOW = "LEEWAY_FETCH_ALLOW"
_DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
_MOUNTED = frozenset({"pvc", "configmap", "builtin"})


@dataclass(frozen=True, slots=True)
class Network:
    """What the installation decides about the network policies of pods."""

    blocked: tuple[str, ...]  # networks that no pod may send to
    operator_namespace: str
    metrics_namespaces: tuple[str, ...] = ()  # that may read the metrics port, beside the operator's


def fetch_variables(allowed: str) -> list[Manifest]:
    """Return the variable by which a pod learns what private hosts and networks it may fetch from."""
    return [{"name": FETCH_ALLOW, "value": allowed}] if allowed else []


def make_egress(network: Network, uris: tuple[str, ...]) -> list[Manifest]:
    """Return the egress rules of a pod that reads and writes these: nothing at all where volumes hold them."""
    if all(parse_uri(uri).scheme in _MOUNTED for uri in uris):
        return []
    # Beside the blocks the pods of the cluster, which some networks do not count to any block.
    return [_DNS, {"to": [*_blocks(network), {"namespaceSelector": {}}]}]


def plan_job_policy(
    namespace: str, component: str, network: Network | None, observed: Manifest | None
) -> tuple[Apply, ...]:
    """Return the write that gives a namespace the policy of its trainers or verifiers, where it differs.

    What stands under its name and is not ours is left alone.
    """
    if network is None or (observed is not None and not _is_ours(observed)):
        return ()
    policy = stamped(make_job_policy(namespace, component, network))
    return () if is_applied(policy, observed) else (Apply(policy, is_new=observed is None),)


def make_job_policy(namespace: str, component: str, network: Network) -> Manifest:
    """Return the policy of all trainers or all verifiers of a namespace: nobody may reach them.

    One for them all and without an owner, like the store: a policy for each Job would outlive its pod by months.
    """
    labels = {LABEL_NAME: "leeway", LABEL_COMPONENT: component, LABEL_MANAGED_BY: FIELD_MANAGER}
    return {
        "apiVersion": NETWORK_POLICY.api_version,
        "kind": NETWORK_POLICY.kind,
        "metadata": {"name": job_policy(component), "namespace": namespace, "labels": labels},
        "spec": {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": make_egress(network, ("https://any/",)),
        },
    }


def _blocks(network: Network) -> list[Manifest]:
    blocked = [ipaddress.ip_network(block) for block in network.blocked]
    found = []
    for everything in ("0.0.0.0/0", "::/0"):
        version = ipaddress.ip_network(everything).version
        excepted = [str(block) for block in blocked if block.version == version]
        found.append({"ipBlock": {"cidr": everything, **({"except": excepted} if excepted else {})}})
    return found


def _is_ours(policy: Manifest) -> bool:
    labels: dict[str, str] = policy["metadata"].get("labels") or {}
    return labels.get(LABEL_MANAGED_BY) == FIELD_MANAGER
