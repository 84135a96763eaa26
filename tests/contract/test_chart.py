"""The chart's files agree with each other and with the code; no Helm is needed to see it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from charts.schema.__main__ import CHART, list_stale
from charts.schema.render import list_entries, make_schema, put_between
from charts.schema.values import ChartValues
from leeway.settings import Settings

ROOT = Path(__file__).parents[2]
VALUES_FILES = sorted(CHART.glob("ci/*.yaml"))
SCHEMA = yaml.safe_load(make_schema())
# Whole parts that templates hand on as they are.
PARTS = {"resources", "image", "serverImage", "trainerImage"}
UNUSED = {"global"}


def list_problems(values: dict[str, Any]) -> list[str]:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(merge(defaults, values))]


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        merged[key] = merge(below[key], value) if both else value
    return merged


def list_objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, list):
        for item in schema:
            yield from list_objects(item)
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for item in schema.values():
            yield from list_objects(item)


def read_templates() -> str:
    return "\n".join(path.read_text() for path in sorted((CHART / "templates").rglob("*")) if path.is_file())


def test_generated_files_are_what_the_model_makes() -> None:
    assert list_stale() == []


def test_versions_are_the_project_s() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (version, version)


def test_the_chart_asks_for_the_kubernetes_that_the_crds_need() -> None:
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"] == ">=1.32.0-0"


def test_the_kinds_on_the_chart_s_page_are_the_crds() -> None:
    annotations = yaml.safe_load((CHART / "Chart.yaml").read_text())["annotations"]
    named = {crd["name"] for crd in yaml.safe_load(annotations["artifacthub.io/crds"])}
    assert named == {f"{path.stem}.leeway.dev" for path in (ROOT / "crds").glob("*.yaml")}


def test_every_value_says_what_it_means() -> None:
    silent = [entry.path for entry in list_entries(ChartValues()) if not entry.description.endswith(".")]
    assert silent == []


def test_no_part_of_the_schema_accepts_unknown_keys() -> None:
    open_parts = [part for part in list_objects(SCHEMA) if part.get("additionalProperties") is not False]
    assert open_parts == []


def test_templates_read_every_value_and_no_other() -> None:
    read = set(re.findall(r"\.Values\.([A-Za-z.]+)", read_templates()))
    known = {".".join(entry.path) for entry in list_entries(ChartValues())}
    leaves = {".".join(entry.path) for entry in list_entries(ChartValues()) if not entry.is_part}
    within = {leaf for leaf in leaves if leaf.split(".")[0] in PARTS}
    assert read - known == set()
    assert leaves - read - within == UNUSED


def test_the_deployment_sets_only_settings_that_the_operator_has() -> None:
    template = (CHART / "templates" / "deployment.yaml").read_text()
    named = set(re.findall(r"LEEWAY_[A-Z_]+", template)) - {"LEEWAY_PORT"}
    assert named <= {f"LEEWAY_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_of_the_operator_can_be_reached_from_the_values() -> None:
    template = (CHART / "templates" / "deployment.yaml").read_text()
    missing = [name for name in Settings.model_fields if f"LEEWAY_{name.upper()}\n" not in template]
    assert missing == []


@pytest.mark.parametrize("path", VALUES_FILES, ids=lambda path: path.stem)
def test_the_values_for_testing_are_valid(path: Path) -> None:
    assert list_problems(yaml.safe_load(path.read_text()) or {}) == []


WRONG = {
    "a misspelt key": {"replica": 2},
    "a misspelt key in a part": {"image": {"tagg": "1"}},
    "an unknown scope": {"scope": "Everything"},
    "too many replicas": {"replicas": 50},
    "a tag where a digest belongs": {"image": {"digest": "v1"}},
    "a size without a unit of Kubernetes": {"store": {"size": "10 GB"}},
    "an access mode that does not exist": {"store": {"accessMode": "ReadWriteSometimes"}},
    "a number as a string": {"workers": "8"},
    "a port that is none": {"networkPolicy": {"apiServerPorts": [0]}},
    "a secret without a name": {"imagePullSecrets": [{}]},
    "a uri where a host belongs": {"fetch": {"allow": ["http://minio"]}},
    "a name where a network belongs": {"pods": {"networkPolicy": {"blocked": ["metadata"]}}},
    "a switch that is a word": {"crds": {"enabled": "yes"}},
    "an empty repository": {"serverImage": {"repository": ""}},
}


@pytest.mark.parametrize("values", WRONG.values(), ids=WRONG)
def test_the_schema_refuses(values: dict[str, Any]) -> None:
    assert list_problems(values) != []


def test_values_of_an_umbrella_chart_do_not_disturb() -> None:
    assert list_problems({"global": {"anything": {"at": "all"}}}) == []


def test_text_between_markers_is_replaced() -> None:
    assert put_between("a\n<b>\nx\n<e>\nz\n", "<b>", "<e>", "y\n") == "a\n<b>\ny\n<e>\nz\n"


def test_a_missing_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="<e>"):
        put_between("a\n<b>\nx\n", "<b>", "<e>", "y\n")
