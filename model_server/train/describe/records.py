"""What stands beside a model: signature, golden rows, and the ModelVersion for a laptop."""

import importlib.metadata
import platform
from typing import Any, Literal

import msgspec
import numpy as np

from model_server.artifact.stores.uris import shown
from model_server.contract.manifest import API_VERSION, MISSING_VALUES, TrainingJob
from model_server.contract.outcome import Outcome
from model_server.contract.signature import Column, Output, Signature
from model_server.train.fit.evaluation import Trained
from model_server.train.fit.pipeline import takes_missing
from model_server.train.profile.make import known_categories
from model_server.train.rows.columns import json_cell

GOLDEN_ROWS = 20
# Relative and absolute. Labels are compared as they are, so that for classifiers it is that of probabilities.
TOLERANCE_OF_NUMBERS, TOLERANCE_OF_PROBABILITIES = "1e-6", "1e-9"
PACKAGES = ("scikit-learn", "numpy", "scipy", "skops", "pandas")


def make_signature(job: TrainingJob, trained: Trained) -> Signature:
    """Return the input columns with the categories known to the model, and the output with its classes."""
    prepared, words = trained.prepared, job.spec.data.missing_values
    inputs = tuple(
        Column(
            name=feature.name,
            type=feature.type,
            categories=known_categories(prepared.train[:, place]) if feature.type == "categorical" else (),
            nullable=takes_missing(trained.pipeline, feature.type, job.spec.preprocessing),
            missing_values=None if words == MISSING_VALUES else words,
        )
        for place, feature in enumerate(prepared.features)
    )
    classes = tuple(str(one) for one in trained.answers.classes.tolist())
    kind: Literal["categorical", "numeric"] = "categorical" if classes else "numeric"
    return Signature(inputs, (Output("prediction", kind, classes, trained.positive_class or None),))


def golden_places(rows: int) -> list[int]:
    """Return at most twenty row numbers, evenly spread."""
    return sorted({int(place) for place in np.linspace(0, rows - 1, min(rows, GOLDEN_ROWS))})


def make_golden(signature: Signature, trained: Trained) -> bytes:
    """Return rows as a client sends them, with the answers every loaded copy must repeat."""
    answers, matrix = trained.answers, trained.prepared.judged
    places = golden_places(len(matrix))
    rows = [
        [json_cell(column.type, value) for column, value in zip(signature.inputs, row, strict=True)]
        for row in matrix[places]
    ]
    golden = {"rows": rows, "predictions": answers.predicted[places].tolist()}
    if answers.probabilities is None:
        golden["tolerance"] = TOLERANCE_OF_NUMBERS
    else:
        golden["probabilities"] = answers.probabilities[places].tolist()
        golden["tolerance"] = TOLERANCE_OF_PROBABILITIES
    return msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n"


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that shape a model, of those that are installed."""
    versions = {"python": platform.python_version()}
    installed = {one.metadata["Name"].lower(): one.version for one in importlib.metadata.distributions()}
    return versions | {name: installed[name] for name in PACKAGES if name in installed}


def make_version(job: TrainingJob, outcome: Outcome, root: str) -> dict[str, Any]:
    """Return the ModelVersion manifest of a successful outcome whose files lie under the uri `root`."""
    spec: dict[str, Any] = {
        "modelName": job.spec.model_name,
        "format": job.spec.output.format,
        "files": {
            name: {
                "uri": f"{root.rstrip('/')}/{file.path}",
                "digest": file.digest,
                "sizeBytes": file.size_bytes,
            }
            for name, file in outcome.files.items()
        },
        "signature": outcome.signature,
        "metrics": outcome.metrics,
        "lineage": make_lineage(job, outcome),
        "approval": {"policy": job.spec.approval_policy},
    }
    if job.spec.output.credentials_secret_name:
        spec["credentialsSecretName"] = job.spec.output.credentials_secret_name
    metadata = {"name": job.metadata.name}
    if job.metadata.namespace:
        metadata["namespace"] = job.metadata.namespace
    return {"apiVersion": API_VERSION, "kind": "ModelVersion", "metadata": metadata, "spec": spec}


def make_lineage(job: TrainingJob, outcome: Outcome) -> dict[str, Any]:
    """Return where the model comes from."""
    assert outcome.dataset
    return {
        "trainingJobName": job.metadata.name,
        "trainingJobUID": job.metadata.uid,
        "dataUri": shown(job.spec.data.uri),
        "dataDigest": outcome.dataset.digest,
        "rows": outcome.dataset.rows,
        "estimator": job.spec.estimator.class_,
        "params": job.spec.estimator.params,
        "seed": job.spec.seed,
        "packages": outcome.packages,
    }
