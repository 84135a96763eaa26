"""The ModelVersion that a successful TrainingJob leaves: made once, from the result, and owned by nobody."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import MODEL_VERSION, Manifest
from leeway.api.training_job import TrainingJob
from leeway.core.names import FIELD_MANAGER, LABEL_MANAGED_BY, LABEL_MODEL, LABEL_NAME
from leeway.core.pods.uris import join

UNSAID: tuple[Any, ...] = (None, "", {}, [])


def make_model_version(job: TrainingJob, manifest: Manifest, body: dict[str, Any], output: str) -> Manifest:
    """The ModelVersion of the same name; without an owner, since a record outlives the run that made it."""
    metadata = manifest["metadata"]
    spec = {
        "modelName": job.spec.model_name,
        "format": job.spec.output.format,
        "files": {name: _file(entry, output) for name, entry in body["files"].items()},
        "signature": body.get("signature"),
        "metrics": body.get("metrics", {}),
        "lineage": _lineage(job, manifest, body),
        "approval": {"policy": job.spec.approval_policy},
        "credentialsSecretName": job.spec.output.credentials_secret_name,
        "pod": _pod(job),
    }
    return {
        "apiVersion": MODEL_VERSION.api_version,
        "kind": MODEL_VERSION.kind,
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": {
                LABEL_NAME: "leeway",
                LABEL_MANAGED_BY: FIELD_MANAGER,
                LABEL_MODEL: job.spec.model_name,
            },
        },
        "spec": _said(spec),
    }


def is_record_of(version: Manifest, uid: str) -> bool:
    """True when the ModelVersion came from the TrainingJob of that UID."""
    return bool(version.get("spec", {}).get("lineage", {}).get("trainingJobUID") == uid)


def _lineage(job: TrainingJob, manifest: Manifest, body: dict[str, Any]) -> dict[str, Any]:
    dataset = body.get("dataset", {})
    lineage = {
        "trainingJobName": manifest["metadata"]["name"],
        "trainingJobUID": manifest["metadata"]["uid"],
        "dataUri": job.spec.data.uri,
        "dataDigest": dataset.get("digest"),
        "rows": dataset.get("rows"),
        "estimator": job.spec.estimator.class_,
        "params": dict(job.spec.estimator.params),
        "seed": body.get("seed"),
        "packages": body.get("packages", {}),
    }
    return _said(lineage)


def _pod(job: TrainingJob) -> dict[str, Any]:
    """Return what the verifier is given: what the trainer was, but for the resources, of which it needs far fewer.

    In one namespace both meet the same registry, the same taints and the same proxy.
    """
    return job.spec.pod.model_dump(mode="json", by_alias=True, exclude={"resources"}, exclude_defaults=True)


def _file(entry: dict[str, Any], output: str) -> dict[str, Any]:
    return {"uri": join(output, entry["path"]), **{name: entry[name] for name in entry if name != "path"}}


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in UNSAID}
