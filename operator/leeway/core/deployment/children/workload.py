"""The apps/v1 Deployment of one revision: as it should be, and as it was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leeway.api.kinds import DEPLOYMENT, Manifest
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.revision import NamedVersion, Revision, Setting
from leeway.core.names import LABEL_DEPLOYMENT, LABEL_MODEL, LABEL_REVISION, revision_deployment, revision_in
from leeway.core.pods.credentials import CREDENTIALS_ROOT, FEEDBACK_ROOT, credentials_mount, feedback_mount
from leeway.core.pods.network import FETCH_ALLOW, fetch_variables
from leeway.core.pods.refusal import said_of_refusal
from leeway.core.pods.served import VERSION_FOLDER, file_uris
from leeway.core.pods.template import (
    MANIFEST_FILE,
    SCRATCH,
    manifest_volume,
    owner_metadata,
    pod_template,
)
from leeway.core.pods.uris import STORE_ROOT, store_mounts

CONTAINER = "server"
PORT = 8080
METRICS_PORT = 8081
DRAIN_SECONDS = 5
GRACE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Workload:
    """A revision's Deployment as it was observed; the empty one stands for none."""

    revision: str = ""
    manifest: Manifest | None = None
    pods: int = 0
    ready: int = 0
    available: int = 0  # ready for minReadySeconds; 0 while the counts are of an earlier size
    standing: int = 0  # the same, of whatever size
    created: str = ""
    refusal: str = ""  # of pods, by a quota or a policy


def refusal_of(manifest: Manifest) -> str:
    """Return why the cluster refuses to create pods of a Deployment; empty when it does not."""
    conditions = (manifest.get("status") or {}).get("conditions") or ()
    failed = (c for c in conditions if c.get("type") == "ReplicaFailure" and c.get("status") == "True")
    return next((said_of_refusal(str(condition.get("message", ""))) for condition in failed), "")


def read_workload(owner: Manifest, manifest: Manifest) -> Workload:
    """Return the size of a Deployment by its status, and by its name the revision, empty when it is none of ours."""
    metadata, status = manifest["metadata"], manifest.get("status") or {}
    # Until the Deployment controller has seen the latest spec, its counts are about the pods of an earlier one.
    # `ready` is taken all the same: those pods do answer. A promotion needs `available`.
    is_current = int(status.get("observedGeneration") or 0) >= int(metadata.get("generation") or 0)
    available = int(status.get("availableReplicas") or 0)
    return Workload(
        # Not by its label, which anybody may edit: what serves would be taken for a former revision, and scaled down.
        revision=revision_in(metadata["name"], owner["metadata"]["name"]),
        manifest=manifest,
        pods=int(status.get("replicas") or 0),
        ready=int(status.get("readyReplicas") or 0),
        available=available if is_current else 0,
        standing=available,
        created=str(metadata.get("creationTimestamp", "")),
        refusal=refusal_of(manifest),
    )


def make_deployment(
    owner: Manifest, spec: ModelDeploymentSpec, version: NamedVersion, revision: Revision, replicas: int
) -> Manifest:
    """Return the Deployment of a revision, of that many pods."""
    name = owner["metadata"]["name"]
    metadata = owner_metadata(owner, revision_deployment(name, revision.hash))
    assert version.record is not None
    # The version's model, not the spec's: a wrong spec.modelName is refused, and must not restart what serves.
    model = version.record.spec.model_name
    metadata["labels"] |= revision_labels(name, revision.hash) | {LABEL_MODEL: model}
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": metadata,
        "spec": {
            "replicas": replicas,
            # Each revision has a Deployment of its own, so that its former ReplicaSets are of no use.
            "revisionHistoryLimit": 0,
            **({"minReadySeconds": wait} if (wait := spec.rollout.min_ready_seconds) else {}),
            "progressDeadlineSeconds": spec.rollout.progress_deadline_seconds,
            # For pods that are replaced within a revision: never fewer than desired.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "selector": {"matchLabels": revision_labels(name, revision.hash)},
            "template": _template(spec, version, metadata["labels"], revision),
        },
    }


def read_setting(manifest: Manifest) -> Setting:
    """Return the setting that an observed Deployment of ours was made with; `_template` is the inverse."""
    pod = manifest["spec"]["template"]["spec"]
    container = pod["containers"][0]
    allowed = (entry.get("value", "") for entry in container.get("env", ()) if entry["name"] == FETCH_ALLOW)
    return Setting(
        image=str(container.get("image", "")),
        pull_policy=str(container.get("imagePullPolicy", "")),
        service_account=str(pod.get("serviceAccountName", "")),
        fetch_allow=next(allowed, ""),
    )


def scaled(owner: Manifest, deployment: Manifest, replicas: int) -> Manifest:
    """Return an observed Deployment at another size, with the labels and the owner of a child of ours."""
    # The whole spec, not just `replicas`: a server-side apply without the other fields would give them up.
    observed, spec = deployment["metadata"], deployment["spec"]
    metadata = owner_metadata(owner, observed["name"])
    metadata["labels"] = observed.get("labels", {}) | metadata["labels"] | spec["selector"]["matchLabels"]
    if observed.get("annotations"):
        metadata["annotations"] = observed["annotations"]
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": metadata,
        "spec": {**spec, "replicas": replicas},
    }


def revision_labels(name: str, revision: str) -> dict[str, str]:
    """Return the labels that select the pods of one revision."""
    return {LABEL_DEPLOYMENT: name, LABEL_REVISION: revision}


def _template(
    spec: ModelDeploymentSpec, version: NamedVersion, labels: Manifest, revision: Revision
) -> Manifest:
    assert version.record is not None
    secrets = credentials_mount("version", version.record.spec.credentials_secret_name)
    secrets += feedback_mount(spec.feedback.secret_name if spec.feedback else None)
    mounts = manifest_volume(VERSION_FOLDER) + store_mounts(file_uris(version.record)) + secrets + SCRATCH
    container = {
        "name": CONTAINER,
        "image": revision.setting.image,
        "imagePullPolicy": revision.setting.pull_policy,
        "args": [
            "serve",
            "--version",
            f"{VERSION_FOLDER}/{MANIFEST_FILE}",
            "--port",
            str(PORT),
            "--metrics-port",
            str(METRICS_PORT),
        ],
        "ports": [
            {"name": "http", "containerPort": PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "env": [*_env(spec, labels), *fetch_variables(revision.setting.fetch_allow)],
        **_probes(),
    }
    account = revision.setting.service_account
    template = pod_template(labels, version.served, container, mounts, spec.pod, account)
    template["spec"] |= {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        # A preference: a cluster of one node has to run all replicas, too.
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


def _env(spec: ModelDeploymentSpec, labels: Manifest) -> list[dict[str, Any]]:
    runtime = spec.runtime
    values = {
        "LEEWAY_STORE_ROOT": STORE_ROOT,
        "LEEWAY_CREDENTIALS_ROOT": CREDENTIALS_ROOT,
        "LEEWAY_DEPLOYMENT_NAME": labels[LABEL_DEPLOYMENT],
        "LEEWAY_LOG_LEVEL": str(runtime.log_level),
        "LEEWAY_MAX_ROWS": str(runtime.max_rows),
        "LEEWAY_MAX_BODY_BYTES": str(runtime.max_body_bytes),
        "LEEWAY_DRAIN_SECONDS": str(DRAIN_SECONDS),
        # OpenMP would start a thread for each core of the node, whatever the container's CPU limit is.
        "OMP_NUM_THREADS": "1",
        **({"LEEWAY_FEEDBACK_ROOT": FEEDBACK_ROOT} if spec.feedback else {}),
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def _probes() -> Manifest:
    def get(path: str) -> Manifest:
        return {"httpGet": {"path": path, "port": "metrics", "scheme": "HTTP"}, "timeoutSeconds": 2}

    return {
        # On the metrics port: a full queue of predictions must not look like a dead process (decision 0010).
        # The process listens before the model is loaded, which may take minutes; only readiness waits for it.
        "startupProbe": {**get("/healthz"), "periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": {**get("/readyz"), "periodSeconds": 2, "failureThreshold": 3},
        "livenessProbe": {**get("/healthz"), "periodSeconds": 10, "failureThreshold": 6},
    }
