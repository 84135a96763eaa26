"""The ModelVersion that a successful TrainingJob creates: once, from its result."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import MODEL_VERSION, Manifest
from leeway.api.training.job import TrainingJob
from leeway.core.names import FIELD_MANAGER, LABEL_MANAGED_BY, LABEL_MODEL, LABEL_NAME
from leeway.core.pods.uris import join

# Left out of what we create: the API server refuses null for most fields, and an empty value says nothing.
UNSAID: tuple[Any, ...] = (None, "", {}, [])


def make_model_version(job: TrainingJob, manifest: Manifest, body: dict[str, Any], output: str) -> Manifest:
    """Return the ModelVersion of the same name."""
    metadata = manifest["metadata"]
    # Without an ownerReference: deleting or pruning a TrainingJob must not take away the version that serves
    # (decision 0001). `lineage` has the TrainingJob's name and uid instead.
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
    """Return whether the ModelVersion came from the TrainingJob of that uid."""
    # By uid: one that was deleted and created again under the same name is another run, with another model.
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
    """Return the verifier's `spec.pod`: the trainer's without its resources."""
    # The same placement and environment, since both meet the same registry, taints and proxy in one namespace. Not
    # the resources: loading a model takes far less than training it, and a GPU node may be scarce.
    return job.spec.pod.model_dump(mode="json", by_alias=True, exclude={"resources"}, exclude_defaults=True)


def _file(entry: dict[str, Any], output: str) -> dict[str, Any]:
    return {"uri": join(output, entry["path"]), **{name: entry[name] for name in entry if name != "path"}}


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in UNSAID}
