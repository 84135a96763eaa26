"""Manifests with a policy."""

from __future__ import annotations

from typing import Any

import yaml


def deployment(**spec: Any) -> str:
    """A ModelDeployment in YAML; a field that is None is left out."""
    whole = {
        "modelName": "loan",
        "modelVersionName": "loan-2",
        "gates": [{"name": "errors", "metric": "ErrorRate"}],
        "falseAlarmRate": "0.05",
        "replicas": 5,
        "rollout": {"steps": [{"weight": 20, "pause": True}]},
        **spec,
    }
    return yaml.safe_dump(
        {
            "apiVersion": "leeway.dev/v1alpha1",
            "kind": "ModelDeployment",
            "metadata": {"name": "loan"},
            "spec": {field: value for field, value in whole.items() if value is not None},
        }
    )
