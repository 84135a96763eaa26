"""Every manifest the benchmark applies, and how it tells that one is done; the only file that knows the API."""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]

NODE = "leeway-bench"
MODEL = "bench"
TAINT = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
NODE_LABELS = {"type": "kwok"}
IMAGE = "example.invalid/leeway-server:bench"  # never pulled: a simulated node runs nothing
LONG_AGO = "2026-01-01T00:00:00Z"
DIGEST = "sha256:" + "ab" * 32
COLUMNS = 30  # as many as the breast-cancer data of the server's benchmarks

LEEWAY = "/apis/leeway.dev/v1alpha1/namespaces"
NODES = "/api/v1/nodes"
NAMESPACES = "/api/v1/namespaces"


def versions_path(namespace: str) -> str:
    """Return where ModelVersions are."""
    return f"{LEEWAY}/{namespace}/modelversions"


def deployments_path(namespace: str) -> str:
    """Return where ModelDeployments are."""
    return f"{LEEWAY}/{namespace}/modeldeployments"


def workloads_path(namespace: str) -> str:
    """Return where the plain Deployments of Kubernetes are."""
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def make_version(name: str) -> Manifest:
    """Return a ModelVersion with a signature as long as a real one."""
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": {"name": name},
        "spec": {
            "modelName": MODEL,
            "format": "skops",
            "files": {
                "model": {
                    "uri": f"s3://bench-models/{name}/model.skops",
                    "digest": DIGEST,
                    "sizeBytes": 4096,
                },
                "profile": {"uri": f"s3://bench-models/{name}/profile.json", "digest": DIGEST},
                "golden": {"uri": f"s3://bench-models/{name}/golden.json", "digest": DIGEST},
            },
            "signature": {
                "inputs": [{"name": f"column_{number}", "type": "numeric"} for number in range(COLUMNS)],
                "outputs": [{"name": "prediction", "type": "numeric"}],
            },
            "metrics": {"accuracy": "0.97"},
        },
    }


def make_verified_status() -> Manifest:
    """Return the status of a ModelVersion whose verifier was content, so that none has to run."""
    return {
        "observedGeneration": 1,
        "conditions": [_make_condition(type_) for type_ in ("Ready", "ArtifactVerified")],
    }


def make_deployment(name: str, version: str) -> Manifest:
    """Return a ModelDeployment of one pod that only the simulated node takes."""
    placement = {"nodeSelector": NODE_LABELS, "tolerations": [{"key": TAINT["key"], "operator": "Exists"}]}
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name},
        "spec": {"modelName": MODEL, "modelVersionName": version, "replicas": 1, "pod": placement},
    }


def is_ready(manifest: Manifest) -> bool:
    """Return whether a ModelDeployment, as it is now, is Available."""
    status = manifest.get("status") or {}
    is_seen = status.get("observedGeneration") == manifest["metadata"]["generation"]
    conditions = status.get("conditions") or []
    return is_seen and any(known["type"] == "Ready" and known["status"] == "True" for known in conditions)


def make_workload(name: str) -> Manifest:
    """Return a plain Deployment of one simulated pod: what the cluster does without any operator."""
    labels = {"bench": name}
    pod = {
        "nodeSelector": NODE_LABELS,
        "tolerations": [{"key": TAINT["key"], "operator": "Exists"}],
        "containers": [{"name": "server", "image": IMAGE}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def is_workload_available(manifest: Manifest) -> bool:
    """Return whether a plain Deployment has its pod."""
    return int((manifest.get("status") or {}).get("availableReplicas") or 0) >= 1


def make_poke(number: int) -> Manifest:
    """Return a merge patch that changes an object without changing what it asks for."""
    return {"metadata": {"annotations": {"bench.leeway.dev/poke": str(number)}}}


def make_namespace(name: str) -> Manifest:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def make_node() -> Manifest:
    """Return the node that KWOK keeps alive; real pods do not tolerate it."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NODE, "labels": NODE_LABELS | {"kubernetes.io/hostname": NODE}},
        "spec": {"taints": [TAINT]},
    }


def _make_condition(type_: str) -> Manifest:
    return {
        "type": type_,
        "status": "True",
        "reason": "Verified",
        "message": "the benchmark says so",
        "observedGeneration": 1,
        "lastTransitionTime": LONG_AGO,
    }
