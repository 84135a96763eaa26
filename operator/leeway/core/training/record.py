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
        "artifact": _file(body["artifact"], output),
        "signature": _signature(body["signature"], output),
        "profile": _file(body.get("profile"), output),
        "golden": _file(body.get("golden"), output),
        "metrics": body.get("metrics", {}),
        "lineage": _lineage(job, manifest, body),
        **_credentials(job),
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
        "trainingJob": manifest["metadata"]["name"],
        "trainingJobUID": manifest["metadata"]["uid"],
        "dataUri": job.spec.data.uri,
        "dataSha256": dataset.get("sha256"),
        "rows": dataset.get("rows"),
        "estimator": job.spec.estimator.class_,
        "params": dict(job.spec.estimator.params),
        "seed": body.get("seed"),
        "packages": body.get("packages", {}),
    }
    return _said(lineage)


def _credentials(job: TrainingJob) -> dict[str, Any]:
    """What let the trainer write to an object store lets the verifier and the server read from it."""
    fields = job.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    stores_remotely = bool(job.spec.output and job.spec.output.uri and "pvc://" not in job.spec.output.uri)
    return {name: fields.get(name) for name in ("env", "envFrom") if stores_remotely}


def _file(entry: dict[str, Any] | None, output: str) -> dict[str, Any] | None:
    if not entry:
        return None
    return {"uri": join(output, entry["path"]), **{name: entry[name] for name in entry if name != "path"}}


def _signature(entry: dict[str, Any], output: str) -> dict[str, Any] | None:
    return _file(entry, output) if "path" in entry else entry


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in UNSAID}
