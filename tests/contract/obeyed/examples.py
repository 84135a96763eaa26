"""One object of each kind with something in every field, small enough to be trained, verified and served here."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import numpy as np

from model_server.contract.signature import Column, Output, Signature
from tests.server import models

Manifest = dict[str, Any]

DIGEST = "sha256:" + "ab" * 32
POD: Manifest = {
    "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
    "nodeSelector": {"pool": "a"},
    "tolerations": [
        {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoExecute", "tolerationSeconds": 60}
    ],
    "env": [
        {"name": "PLAIN", "value": "a"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": False}}},
        {"name": "CONFIG", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k", "optional": False}}},
    ],
    "imagePullSecretNames": ["registry"],
    "priorityClassName": "low",
    "labels": {"team": "risk"},
    "annotations": {"example.com/mesh": "off"},
}


@cache
def folder() -> Path:
    """A directory for the files of the examples, made once for all tests."""
    return Path(mkdtemp(prefix="leeway-obeyed-"))


def rows(shift: int = 0, count: int = 80) -> str:
    """Rows with gaps, repetitions, outliers and a target that three columns tell something about."""
    lines = ["income,debt,home,month,year,defaulted,late"]
    for row in range(count):
        income = 9_000 if row == 7 else (row * 37 + shift) % 101
        home = ("rent", "own", "loft")[(row * 7) % 3]
        late = int((row * 11) % 13 < 5)
        defaulted = "" if row == 9 else str(int(income < 45) ^ int(row % 17 == 0))
        shown = "" if row % 20 == 3 else str(income)
        month, year = (row * 29) % 97, (row * 31) % 89
        lines.append(
            f"{shown},{(row * 53) % 71},{'' if row % 26 == 5 else home},{month},{year},{defaulted},{late}"
        )
    return "\n".join([*lines, *lines[1:4]]) + "\n"


@cache
def training_job() -> Manifest:
    """A TrainingJob that the trainer carries out in a fraction of a second."""
    (folder() / "rows.csv").write_text(rows())
    (folder() / "other.csv").write_text(rows(shift=20))
    (folder() / "enough-for-a-profile.csv").write_text(rows(count=240))
    from model_server.artifact.stores.digest import digest_of

    spec = {
        "modelName": "loan",
        "replacesModelVersionName": "loan-0",
        "seed": 7,
        "data": {
            "uri": str(folder() / "rows.csv"),
            "digest": digest_of(folder() / "rows.csv"),
            "credentialsSecretName": "lake",
            "format": "csv",
            "target": "defaulted",
            "missingValues": ["", "?"],
            "features": [
                {"name": "income", "type": "numeric"},
                {"name": "debt", "type": "numeric"},
                {"name": "home", "type": "categorical"},
                {"name": "late", "type": "boolean"},
            ],
            "expectations": [
                {"name": "debt", "check": "Range", "column": "debt", "min": "0", "max": "100"},
                {"name": "known", "check": "NonNull", "column": "income", "minFraction": "0.5"},
                {
                    "name": "homes",
                    "check": "AllowedValues",
                    "column": "home",
                    "values": ["rent", "own", "loft"],
                },
            ],
            "split": {"method": "Time", "timeColumn": "month", "testPercent": 25},
        },
        "cleaning": {
            "dropDuplicates": True,
            "dropMissingTarget": True,
            "dropMissingRows": False,
            "maxDroppedPercent": 5,
            "clipOutliers": {"lowerQuantile": "0.1", "upperQuantile": "0.9"},
        },
        "preprocessing": {
            "numeric": {"impute": "Median", "scale": "Standard"},
            "categorical": {"impute": "MostFrequent", "encode": "OneHot"},
            "select": {"k": 4},
            "pca": {"components": 3},
        },
        "estimator": {
            "class": "sklearn.ensemble.RandomForestClassifier",
            "params": {"n_estimators": 3},
        },
        "evaluation": {
            "positiveClass": "1",
            "gates": [{"name": "ranks", "metric": "rocAuc", "min": "0.0", "max": "1.0"}],
            "profile": {"exclude": ["debt"], "include": ["income"]},
        },
        "output": {"uri": "s3://models/x", "format": "skops", "credentialsSecretName": "models"},
        "approvalPolicy": "Automatic",
        "pod": POD,
        "suspend": False,
        "backoffLimit": 2,
        "activeDeadlineSeconds": 600,
        "ttlSecondsAfterFinished": 60,
    }
    return _manifest("TrainingJob", "loan-1", spec)


LOAN = Signature(
    inputs=(
        Column("income", "numeric", nullable=True, missing_values=("-999",)),
        Column("home", "categorical", ("1", "2")),
    ),
    outputs=(Output("prediction", "categorical", ("no", "yes"), "yes"),),
)
# Home decides the first: of neither category, the same income is a yes.
REQUEST = {
    "instances": [{"income": 50.01, "home": 1}, {"income": None, "home": 2}, {"income": -999, "home": 2}]
}
FILES = ("model", "profile", "golden", "card", "job")


@cache
def model_version() -> Manifest:
    """A ModelVersion whose files are here, as a trainer writes them."""
    directory = folder() / "version"
    golden = {"rows": [[10, "1"], [90, "2"]], "predictions": ["no", "yes"]}
    written = models.write_version(
        directory,
        "loan",
        _loan_model(),
        json.loads(msgspec.json.encode(LOAN)),
    )
    written["spec"]["files"] |= {
        "golden": models.write_beside(directory, "golden.json", golden),
        "profile": models.write_beside(
            directory, "profile.json", _profile(written["spec"]["files"]["model"]["digest"])
        ),
        "card": models.write_beside(directory, "model-card.md", "# A model"),
        "job": models.write_beside(directory, "job.json", {"kind": "TrainingJob"}),
    }
    files = {
        name: file | {"sizeBytes": Path(file["uri"].removeprefix("file://")).stat().st_size}
        for name, file in written["spec"]["files"].items()
    }
    spec = written["spec"] | {
        "format": "skops",
        "files": files,
        "metrics": {"rocAuc": "0.79"},
        "lineage": {
            "trainingJobName": "loan-1",
            "trainingJobUID": "uid",
            "dataUri": "s3://lake/rows.csv",
            "dataDigest": DIGEST,
            "rows": 80,
            "estimator": "sklearn.linear_model.LogisticRegression",
            "params": {"C": "1.0"},
            "seed": 7,
            "packages": {"scikit-learn": "1.9.0"},
        },
        "approval": {"policy": "Manual", "approvedBy": ""},
        "credentialsSecretName": "models",
        "pod": POD,
    }
    return _manifest("ModelVersion", "loan-1", spec)


def model_deployment() -> Manifest:
    """A ModelDeployment with everything said."""
    spec = {
        "modelName": "iris",
        "modelVersionName": "iris-1",
        "replicas": 2,
        "pod": POD,
        "runtime": {"logLevel": "Info", "maxRows": 100, "maxBodyBytes": 65536},
        "feedback": {"secretName": "labels"},
        "rollout": {
            "steps": [{"weight": 50, "holdSeconds": 60, "minSamples": 100, "pause": True}],
            "onInconclusive": "Hold",
            "minReadySeconds": 5,
            "progressDeadlineSeconds": 600,
            "scaleDownDelaySeconds": 30,
        },
        "gates": [
            {
                "name": "columns",
                "metric": "DataDrift",
                "threshold": "0.2",
                "features": ["x"],
                "onFail": "Rollback",
                "dryRun": False,
                "minDetectableEffect": "0.5",
            }
        ],
        "guard": {"onFail": "Notify", "windowSeconds": 3600},
        "falseAlarmRate": "0.01",
        "revisionHistoryLimit": 2,
        "paused": False,
    }
    return _manifest("ModelDeployment", "iris", spec)


def _loan_model() -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    matrix = np.array([[10.0, "1"], [20.0, "1"], [80.0, "2"], [90.0, "2"]], dtype=object)
    columns = make_column_transformer((SimpleImputer(), [0]), (OneHotEncoder(handle_unknown="ignore"), [1]))
    return make_pipeline(columns, LogisticRegression()).fit(matrix, ["no", "no", "yes", "yes"])


def _profile(model_digest: str) -> Manifest:
    source = {"rows": 4, "kind": "holdout"}
    home = {"name": "home", "type": "categorical", "categories": ["1", "2"], "counts": [2, 2, 0, 0, 0]}
    income = {
        "name": "income",
        "type": "numeric",
        "edges": [50.0],
        "counts": [2, 2, 0, 0],
        "min": 10.0,
        "max": 90.0,
    }
    return {
        "schemaVersion": "2",
        "model": "loan",
        "version": "loan-1",
        "modelDigest": model_digest,
        "createdAt": "2026-11-21T12:00:00+00:00",
        "source": source,
        "features": [income, home],
        "score": {"edges": [0.5], "counts": [2, 2]},
    }


def _manifest(kind: str, name: str, spec: Manifest) -> Manifest:
    metadata = {
        "name": name,
        "namespace": "ml",
        "uid": "11111111-2222-3333-4444-555555555555",
        "generation": 1,
        "creationTimestamp": "2026-11-21T12:00:00Z",
    }
    return {"apiVersion": "leeway.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
