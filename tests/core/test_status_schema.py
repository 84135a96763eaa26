"""Every status we plan is stored whole: a field the CRD does not know would be pruned, and written for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from leeway.core.deployment.planner import plan_deployment
from leeway.core.training.questions import plan_training
from leeway.core.versions.planner import plan_version
from tests.core import test_deployment, test_training, test_versions

CRDS = Path(__file__).parents[2] / "crds"


def status_schema(plural: str) -> dict[str, Any]:
    crd = yaml.safe_load((CRDS / f"{plural}.yaml").read_text())
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    return schema


def unknown(value: Any, schema: dict[str, Any], path: str = "status") -> list[str]:
    """Fields of the value that the schema does not have."""
    if isinstance(value, list):
        return [name for item in value for name in unknown(item, schema["items"], f"{path}[]")]
    if not isinstance(value, dict):
        return []
    free, known = schema.get("additionalProperties"), schema.get("properties", {})
    if free:
        return [name for item in value.values() for name in unknown(item, free, f"{path}.*")]
    strange = [f"{path}.{name}" for name in value if name not in known]
    return strange + [
        name for key in value if key in known for name in unknown(value[key], known[key], f"{path}.{key}")
    ]


STATUSES = {
    **{
        f"tj: {name}": ("trainingjobs", plan_training(case[0]).status)
        for name, case in test_training.CASES.items()
    },
    **{
        f"mv: {name}": ("modelversions", plan_version(case[0]).status)
        for name, case in test_versions.CASES.items()
    },
    **{
        f"md: {name}": ("modeldeployments", plan_deployment(case[0]).status)
        for name, case in test_deployment.CASES.items()
    },
}


@pytest.mark.parametrize(("plural", "status"), STATUSES.values(), ids=STATUSES)
def test_the_schema_knows_every_field(plural: str, status: dict[str, Any]) -> None:
    assert unknown(status, status_schema(plural)) == []
