"""What every cluster has beside its components: a default StorageClass and CoreDNS."""

import datetime
import json
from collections.abc import Sequence
from typing import Any

from tests.cluster.native.commands import run
from tests.cluster.native.layout import DNS_ADDRESS, DOMAIN, NODE, Home
from tests.cluster.native.programs import get_path

DNS_LABELS = {"k8s-app": "kube-dns"}
DNS_PORTS = (("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP"))


def run_kubectl(home: Home, *arguments: str, given: str = "") -> str:
    """Return what kubectl printed; a failure is refused with what it said."""
    command = [str(get_path(home, "kubectl")), f"--kubeconfig={home.kubeconfig}", *arguments]
    return run(command, given)


def apply_addons(home: Home, dns_image: str, upstreams: Sequence[str]) -> None:
    """The cluster has its StorageClass and its DNS."""
    objects = [make_storage_class(), *make_dns(dns_image, upstreams)]
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    run_kubectl(home, "apply", "--server-side", "--force-conflicts", "--filename=-", given=given)


def mark_worker(home: Home) -> None:
    """The node carries the worker's role, which a kubelet may not give itself."""
    run_kubectl(home, "label", "node", NODE, "node-role.kubernetes.io/worker=", "--overwrite")


def is_node_ready(home: Home, since: float) -> bool:
    """Return whether the kubelet called its node Ready after that time, in seconds since the epoch."""
    nodes = json.loads(run_kubectl(home, "get", "nodes", "--output=json"))["items"]
    conditions = [condition for node in nodes for condition in node["status"].get("conditions", [])]
    return any(is_ready_condition(condition, since) for condition in conditions)


def is_ready_condition(condition: dict[str, Any], since: float) -> bool:
    """Return whether the condition says Ready and was renewed since; it is dated in whole seconds."""
    if (condition["type"], condition["status"]) != ("Ready", "True"):
        return False
    renewed = datetime.datetime.fromisoformat(condition["lastHeartbeatTime"])
    return renewed.timestamp() >= int(since)


def make_storage_class() -> dict[str, Any]:
    """Return the default class: a folder of this machine for each claim."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/host-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def make_dns(image: str, upstreams: Sequence[str]) -> list[dict[str, Any]]:
    """Return CoreDNS: its rights, its configuration, its Deployment and its Service."""
    return [
        make_dns_object("v1", "ServiceAccount"),
        *make_dns_rights(),
        make_dns_object("v1", "ConfigMap", data={"Corefile": make_corefile(upstreams)}),
        make_dns_deployment(image),
        make_dns_object(
            "v1",
            "Service",
            name="kube-dns",
            spec={
                "clusterIP": DNS_ADDRESS,
                "selector": DNS_LABELS,
                "ports": [
                    {"name": name, "port": port, "protocol": protocol} for name, port, protocol in DNS_PORTS
                ],
            },
        ),
    ]


def make_dns_object(api_version: str, kind: str, name: str = "coredns", **fields: Any) -> dict[str, Any]:
    """Return one of CoreDNS' objects."""
    metadata = {"name": name, "namespace": "kube-system", "labels": DNS_LABELS}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def make_dns_rights() -> list[dict[str, Any]]:
    """Return the right to watch what DNS answers for."""
    group = "rbac.authorization.k8s.io"
    name = {"name": "system:coredns"}
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    subject = {"kind": "ServiceAccount", "name": "coredns", "namespace": "kube-system"}
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": name, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": name,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", **name},
            "subjects": [subject],
        },
    ]


def make_corefile(upstreams: Sequence[str]) -> str:
    """Return CoreDNS' configuration; without a name server above it, it answers for the cluster only."""
    lines = [
        "errors",
        "health",
        "ready",
        f"kubernetes {DOMAIN} in-addr.arpa ip6.arpa {{\n    pods insecure\n    ttl 5\n  }}",
        "prometheus :9153",
        *([f"forward . {' '.join(upstreams)}"] if upstreams else []),
        "cache 5",
        "loadbalance",
    ]
    return ".:53 {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def make_dns_deployment(image: str) -> dict[str, Any]:
    """Return CoreDNS' Deployment, with no more rights than a port below 1024 needs."""
    container = {
        "name": "coredns",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"name": name, "containerPort": port, "protocol": protocol} for name, port, protocol in DNS_PORTS
        ],
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "initialDelaySeconds": 30},
        "resources": {"requests": {"cpu": "20m", "memory": "30Mi"}, "limits": {"memory": "170Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        },
    }
    pod = {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": DNS_LABELS},
        "template": {"metadata": {"labels": DNS_LABELS}, "spec": pod},
    }
    return make_dns_object("apps/v1", "Deployment", spec=spec)
