"""Small worlds for tests: manifests as the API server would return them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from leeway.api.kinds import Manifest
from leeway.core.pods.platform import Platform, Store
from leeway.core.pods.template import Image

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NAMESPACE = "ml"
UID = "11111111-2222-3333-4444-555555555555"
DIGEST = "sha256:" + "ab" * 32

PLATFORM = Platform(
    trainer_image=Image("trainer:1", "IfNotPresent"),
    server_image=Image("server:1", "IfNotPresent"),
    store=Store("leeway-models", "10Gi", "", "ReadWriteOnce"),
)


def metadata(name: str, uid: str = UID, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": NAMESPACE, "uid": uid, "generation": 1, "resourceVersion": "1", **more}


def training_job(status: dict[str, Any] | None = None, **spec: Any) -> Manifest:
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": metadata("iris-1"),
        "spec": {
            "modelName": "iris",
            "data": {"uri": "configmap://flowers/iris.csv", "target": "species"},
            "estimator": {"class": "sklearn.linear_model.LogisticRegression"},
            **spec,
        },
        **({"status": status} if status else {}),
    }


def model_version(
    name: str = "iris-1", ready: bool | None = True, uid: str = "version-uid", **spec: Any
) -> Manifest:
    status = "Unknown" if ready is None else str(ready)
    conditions = [
        {
            "type": "Ready",
            "status": status,
            "reason": "Verified",
            "message": "said so",
            "lastTransitionTime": "2026-11-21T12:00:00Z",
        }
    ]
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": metadata(name, uid),
        "spec": {
            "modelName": "iris",
            "format": "skops",
            "files": {"model": {"uri": "pvc://leeway-models/iris/m.skops", "digest": DIGEST, "sizeBytes": 9}},
            "signature": {
                "inputs": [{"name": "x", "type": "numeric"}],
                "outputs": [{"name": "prediction", "type": "numeric"}],
            },
            **spec,
        },
        "status": {"observedGeneration": 1, "conditions": conditions},
    }


def model_deployment(status: dict[str, Any] | None = None, **spec: Any) -> Manifest:
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": metadata("iris"),
        "spec": {"modelName": "iris", "modelVersionName": "iris-1", "replicas": 2, **spec},
        **({"status": status} if status else {}),
    }


def with_status(manifest: Manifest, status: dict[str, Any]) -> Manifest:
    return {**manifest, "status": status}


def job_of(child: Manifest, ending: str | None = None, **status: Any) -> Manifest:
    """The Job as the Job controller would leave it: running, or ended as `Complete` or `Failed`."""
    ended = {"type": ending, "status": "True", "reason": status.pop("reason", ""), "message": ""}
    conditions = [ended | {"lastTransitionTime": status.pop("ended", "2026-11-21T11:59:31Z")}]
    return {
        **child,
        "status": {"startTime": "2026-11-21T11:59:00Z", "conditions": conditions if ending else [], **status},
    }


def pod(name: str = "pod-1", container: str = "trainer", **status: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "creationTimestamp": "2026-11-21T11:59:00Z"},
        "spec": {"containers": [{"name": container, "resources": {"limits": {"memory": "256Mi"}}}]},
        "status": status,
    }


def ended_pod(
    message: str,
    exit_code: int = 0,
    container: str = "trainer",
    reason: str = "Completed",
    at: str = "2026-11-21T11:59:30Z",
) -> Manifest:
    terminated = {
        "exitCode": exit_code,
        "reason": reason,
        "message": message,
        "finishedAt": at,
    }
    ended = pod(
        container=container,
        phase="Failed" if exit_code else "Succeeded",
        containerStatuses=[{"name": container, "state": {"terminated": terminated}}],
    )
    ended["metadata"]["creationTimestamp"] = at
    return ended


def waiting_pod(reason: str, message: str = "", container: str = "trainer") -> Manifest:
    waiting = {"reason": reason, "message": message}
    status = {"name": container, "image": "trainer:1", "state": {"waiting": waiting}}
    return pod(container=container, containerStatuses=[status])


def unscheduled_pod(message: str) -> Manifest:
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    return pod(conditions=[condition])


def success(**more: Any) -> str:
    return json.dumps(
        {
            "schemaVersion": "1",
            "outcome": "Succeeded",
            "reason": "Completed",
            "message": "trained on 80 rows",
            "files": {"model": {"path": "model.skops", "digest": DIGEST, "sizeBytes": 9}},
            "signature": {
                "inputs": [{"name": "x", "type": "numeric"}],
                "outputs": [{"name": "prediction", "type": "categorical", "classes": ["a", "b"]}],
            },
            "metrics": {"accuracy": "0.97"},
            "dataset": {"digest": DIGEST, "rows": 100, "trainRows": 80, "testRows": 20},
            **more,
        }
    )


def failure(reason: str, message: str) -> str:
    return json.dumps({"schemaVersion": "1", "outcome": "Failed", "reason": reason, "message": message})
