"""Small real models, written to disk as a trainer writes them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from model_server.artifact.stores.digest import digest_of
from model_server.contract.signature import Column, Output, Signature
from model_server.train.describe.reproducible import archive_of
from tests.server.matrices import matrix_from_table

LOAN = Signature(
    inputs=(
        Column("income", "numeric", nullable=True),
        Column("age", "numeric"),
        Column("home", "categorical", ("own", "rent"), nullable=True),
        Column("employed", "boolean"),
    ),
    outputs=(Output("prediction", "categorical", ("no", "yes")),),
)
LOANS: dict[str, list[Any]] = {
    "income": [10.0, 20.0, None, 80.0, 90.0, 70.0, 15.0, 85.0],
    "age": [20, 30, 25, 50, 45, 60, 22, 41],
    "home": ["rent", "rent", None, "own", "own", "own", "rent", "own"],
    "employed": [False, True, False, True, True, True, False, True],
}
DEFAULTED = ["yes", "yes", "yes", "no", "no", "no", "yes", "no"]

POINT = Signature(
    inputs=(Column("x0", "numeric"), Column("x1", "numeric")),
    outputs=(Output("prediction", "categorical", ("0", "1")),),
)
LINE = Signature(inputs=(Column("x", "numeric"),))


def make_loan_model() -> Any:
    """Return a pipeline over all three kinds of columns that imputes income and home."""
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categorical = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    columns = make_column_transformer((numeric, [0, 1, 3]), (categorical, [2]))
    return make_pipeline(columns, LogisticRegression()).fit(matrix_from_table(LOAN, LOANS), DEFAULTED)


def make_point_model() -> Any:
    """Return a classifier of two numeric columns whose classes are integers."""
    rows = np.array([[0.0, 0.0], [0.2, 0.1], [1.0, 1.0], [0.9, 0.8]])
    return LogisticRegression().fit(rows, [0, 0, 1, 1])


def make_vector_model() -> Any:
    """Return a classifier without probabilities."""
    rows = np.array([[0.0, 0.0], [0.2, 0.1], [1.0, 1.0], [0.9, 0.8]])
    return LinearSVC().fit(rows, [0, 0, 1, 1])


def make_line_model() -> Any:
    """Return the least-squares line through (1, 2), (2, 4), (3, 6)."""
    return LinearRegression().fit([[1.0], [2.0], [3.0]], [2.0, 4.0, 6.0])


def write_version(
    directory: Path,
    name: str,
    model: Any,
    signature: dict[str, Any],
    files: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Write model and manifest into the directory and return the manifest."""
    directory.mkdir(parents=True, exist_ok=True)
    artifact = directory / "model.skops"
    artifact.write_bytes(archive_of(model))
    manifest = {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": {"name": f"{name}-1"},
        "spec": {
            "modelName": name,
            "files": {"model": {"uri": f"file://{artifact}", "digest": digest_of(artifact)}} | (files or {}),
            "signature": signature,
        }
        | spec,
    }
    write_manifest(directory, manifest)
    return manifest


def write_manifest(directory: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest where `--model DIR` looks for it."""
    (directory / "modelversion.json").write_text(json.dumps(manifest))


def write_beside(directory: Path, name: str, document: Any) -> dict[str, str]:
    """Write a JSON file beside the model and return its uri and digest."""
    path = directory / name
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return {"uri": f"file://{path}", "digest": digest_of(path)}
