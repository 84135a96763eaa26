"""The manifests tests apply: the smallest data that trains, and jobs upon it."""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]

LINE = "x,y\n1,2\n2,4\n3,6\n"


def config_map(name: str = "line", key: str = "line.csv", text: str = LINE) -> Manifest:
    """Data in a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {key: text}}


def training_job(name: str = "line-1", **spec: Any) -> Manifest:
    """A linear regression on three rows."""
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": {
            "modelName": "line",
            "data": {"uri": "configmap://line/line.csv", "target": "y", "split": {"testPercent": 0}},
            "preprocessing": {"numeric": {"impute": "None", "scale": "None"}},
            "estimator": {"class": "sklearn.linear_model.LinearRegression"},
            **spec,
        },
    }


def model_deployment(name: str = "line", version: str = "line-1", **spec: Any) -> Manifest:
    """One replica that serves it."""
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name},
        "spec": {"modelName": "line", "modelVersionName": version, "replicas": 1, **spec},
    }
