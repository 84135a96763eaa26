"""Objects as users write them, whole and right; tables change one thing."""

from __future__ import annotations

import copy
from typing import Any

Manifest = dict[str, Any]

DIGEST = "sha256:" + "0123456789abcdef" * 4


def training_job(name: str = "credit-2026-11", **changes: Any) -> Manifest:
    """A TrainingJob that uses most fields; `changes` go to paths of its spec, e.g. `data__target="x"`."""
    spec = {
        "modelName": "credit-default",
        "seed": 7,
        "data": {
            "uri": "configmap://loans/loans.csv",
            "digest": DIGEST,
            "credentialsSecretName": "lake",
            "format": "csv",
            "target": "defaulted",
            "features": [{"name": "income", "type": "numeric"}, {"name": "status", "type": "categorical"}],
            "expectations": [
                {"name": "enough-rows", "check": "RowCount", "min": "100"},
                {"name": "income-positive", "check": "Range", "column": "income", "min": "0", "max": "1e7"},
                {"name": "target-known", "check": "NonNull", "column": "defaulted", "minFraction": "0.99"},
                {
                    "name": "status-allowed",
                    "check": "AllowedValues",
                    "column": "status",
                    "values": ["a", "b"],
                },
                {"name": "id-unique", "check": "Unique", "column": "id"},
            ],
            "split": {"method": "Time", "timeColumn": "month", "testPercent": 25},
        },
        "cleaning": {"dropDuplicates": True, "clipOutliers": {}},
        "preprocessing": {"numeric": {"impute": "None", "scale": "None"}, "select": {"k": 10}},
        "estimator": {
            "class": "sklearn.ensemble.RandomForestClassifier",
            "params": {"n_estimators": 200, "max_features": "sqrt", "min_impurity_decrease": "0.001"},
        },
        "evaluation": {"gates": [{"name": "auc", "metric": "rocAuc", "min": "0.70", "max": "0.99"}]},
        "output": {"uri": "s3://models/team-a", "credentialsSecretName": "models"},
        "approvalPolicy": "Manual",
        "pod": _pod(),
        "ttlSecondsAfterFinished": 86400,
    }
    return _manifest("TrainingJob", name, spec, changes)


def _pod() -> Manifest:
    """A pod with something in every field."""
    return {
        "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"cpu": 2, "memory": "1Gi"}},
        "nodeSelector": {"pool": "training"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}],
        "env": [
            {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tracking", "key": "token"}}},
        ],
        "imagePullSecretNames": ["registry"],
        "priorityClassName": "batch-low",
        "labels": {"example.com/team": "risk"},
        "annotations": {"sidecar.istio.io/inject": "false"},
    }


def model_version(name: str = "credit-2026-11", **changes: Any) -> Manifest:
    """A ModelVersion that uses most fields."""
    folder = "pvc://leeway-models/credit-default/credit-2026-11-1a2b3c4d"
    spec = {
        "modelName": "credit-default",
        "format": "skops",
        "files": {
            "model": {"uri": f"{folder}/model.skops", "digest": DIGEST, "sizeBytes": 12345},
            "profile": {"uri": f"{folder}/profile.json", "digest": DIGEST},
            "golden": {"uri": f"{folder}/golden.json", "digest": DIGEST},
            "card": {"uri": f"{folder}/model-card.md", "digest": DIGEST},
        },
        "signature": {
            "inputs": [
                {"name": "income", "type": "numeric"},
                {"name": "status", "type": "categorical", "categories": ["a", "b"]},
            ],
            "outputs": [{"name": "prediction", "type": "categorical", "classes": ["0", "1"]}],
        },
        "metrics": {"rocAuc": "0.79"},
        "lineage": {
            "trainingJobName": "credit-2026-11",
            "trainingJobUID": "1a2b3c4d-0000-0000-0000-000000000000",
            "dataUri": "configmap://loans/loans.csv",
            "dataDigest": DIGEST,
            "rows": 5000,
            "estimator": "sklearn.ensemble.RandomForestClassifier",
            "params": {"n_estimators": 200},
            "seed": 7,
            "packages": {"scikit-learn": "1.9.1"},
        },
        "approval": {"policy": "Manual", "approvedBy": "Ada Lovelace"},
        "credentialsSecretName": "models",
        "pod": _pod(),
    }
    return _manifest("ModelVersion", name, spec, changes)


def model_deployment(name: str = "credit", **changes: Any) -> Manifest:
    """A ModelDeployment that uses most fields."""
    spec = {
        "modelName": "credit-default",
        "modelVersionName": "credit-2026-11",
        "replicas": 2,
        "pod": _pod(),
        "runtime": {"logLevel": "Warning", "maxRows": 100, "maxBodyBytes": 65536},
        "rollout": {"progressDeadlineSeconds": 300},
        "revisionHistoryLimit": 3,
    }
    return _manifest("ModelDeployment", name, spec, changes)


def smallest_training_job() -> Manifest:
    """A TrainingJob with only what must be said."""
    spec = {
        "modelName": "iris",
        "data": {"uri": "builtin://iris", "target": "species"},
        "estimator": {"class": "sklearn.linear_model.LogisticRegression"},
    }
    return _manifest("TrainingJob", "iris-1", spec, {})


def changed(manifest: Manifest, **changes: Any) -> Manifest:
    """The manifest with other values in its spec; None removes a field."""
    copied = copy.deepcopy(manifest)
    for path, value in changes.items():
        _set(copied["spec"], path.split("__"), value)
    return copied


def _manifest(kind: str, name: str, spec: Manifest, changes: dict[str, Any]) -> Manifest:
    manifest = {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "ml"},
        "spec": spec,
    }
    return changed(manifest, **changes)


def _set(place: Manifest, path: list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
