"""What one revision of a ModelDeployment runs, and the hash by which it is known."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import Manifest, without_status
from leeway.api.model_deployment import ModelDeployment
from leeway.api.model_version import ModelVersion
from leeway.core.deployment.rollout import Revision
from leeway.core.names import (
    LABEL_DEPLOYMENT,
    LABEL_MODEL,
    LABEL_REVISION,
    REVISION_LENGTH,
    digest_of,
    revision_deployment,
)
from leeway.core.pods.served import VERSION_FOLDER, artifact_uris, served_manifest
from leeway.core.pods.template import (
    MANIFEST_FILE,
    SCRATCH,
    Image,
    manifest_volume,
    owner_metadata,
    placement_of,
    pod_template,
)
from leeway.core.pods.uris import STORE_ROOT, store_mounts

CONTAINER = "server"
PORT = 8080
DRAIN_SECONDS = 5
GRACE_SECONDS = 30
# Raised only when the shape of the pod changes on purpose: a new shape is a new revision, and rolls out as one.
SHAPE = "1"


def make_revision(deployment: ModelDeployment, version: Manifest, image: str) -> Revision:
    """The revision of this spec, version and image: the hash of what would run."""
    inputs = {
        "shape": SHAPE,
        "image": image,
        "version": served_manifest(version),
        # Defaults stay out, so that a release that adds a field changes no revision.
        "runtime": deployment.spec.runtime.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "name": version["metadata"]["name"],
    }
    return Revision(
        hash=digest_of(inputs, REVISION_LENGTH),
        version=version["metadata"]["name"],
        artifact_sha256=version["spec"]["artifact"]["sha256"],
        image=image,
    )


def make_deployment(
    deployment: ModelDeployment,
    manifest: Manifest,
    version: Manifest,
    revision: str,
    replicas: int,
    image: Image,
) -> Manifest:
    """The apps/v1 Deployment of one revision: never fewer pods than wanted while its own pods are replaced."""
    name = manifest["metadata"]["name"]
    metadata = owner_metadata(manifest, revision_deployment(name, revision))
    metadata["labels"] |= revision_labels(name, revision) | {LABEL_MODEL: deployment.spec.model_name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": deployment.spec.rollout.progress_deadline_seconds,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "selector": {"matchLabels": revision_labels(name, revision)},
            "template": _template(deployment, version, metadata["labels"], image),
        },
    }


def revision_labels(name: str, revision: str) -> dict[str, str]:
    """The labels that select the pods of one revision."""
    return {LABEL_DEPLOYMENT: name, LABEL_REVISION: revision}


def _template(deployment: ModelDeployment, version: Manifest, labels: Manifest, image: Image) -> Manifest:
    spec = ModelVersion.model_validate(without_status(version))
    mounts = manifest_volume(VERSION_FOLDER) + store_mounts(artifact_uris(spec)) + SCRATCH
    container = {
        "name": CONTAINER,
        "image": image.name,
        "imagePullPolicy": image.pull_policy,
        "args": ["serve", "--version", f"{VERSION_FOLDER}/{MANIFEST_FILE}", "--port", str(PORT)],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "env": _env(deployment, labels),
        **_probes(),
    }
    template = pod_template(
        labels, served_manifest(version), container, mounts, placement_of(deployment.spec.runtime)
    )
    template["spec"] |= {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {
                    "matchLabels": {name: labels[name] for name in (LABEL_DEPLOYMENT, LABEL_REVISION)}
                },
            }
        ],
    }
    return template


def _env(deployment: ModelDeployment, labels: Manifest) -> list[dict[str, Any]]:
    runtime = deployment.spec.runtime
    values = {
        "LEEWAY_STORE_ROOT": STORE_ROOT,
        "LEEWAY_DEPLOYMENT_NAME": labels[LABEL_DEPLOYMENT],
        "LEEWAY_LOG_LEVEL": str(runtime.log_level),
        "LEEWAY_MAX_ROWS": str(runtime.max_rows),
        "LEEWAY_MAX_BODY_BYTES": str(runtime.max_body_bytes),
        "LEEWAY_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "OMP_NUM_THREADS": "1",
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def _probes() -> Manifest:
    def get(path: str) -> Manifest:
        return {"httpGet": {"path": path, "port": "http", "scheme": "HTTP"}, "timeoutSeconds": 2}

    return {
        # A model may take minutes to fetch; until it is loaded, only readiness says so.
        "startupProbe": {**get("/healthz"), "periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": {**get("/readyz"), "periodSeconds": 2, "failureThreshold": 3},
        "livenessProbe": {**get("/healthz"), "periodSeconds": 10, "failureThreshold": 6},
    }
