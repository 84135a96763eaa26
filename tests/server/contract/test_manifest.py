"""Manifests are read from YAML and JSON, and a wrong one is answered with its field."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from model_server.contract.manifest import InvalidManifest, read_training_job
from tests.server.train.making import make_job

GOOD: dict[str, Any] = msgspec.to_builtins(make_job())
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: points}\n---\n"


def spec(**changes: Any) -> str:
    return json.dumps({**GOOD, "spec": {**GOOD["spec"], **changes}})


def data(**changes: Any) -> str:
    return spec(data={**GOOD["spec"]["data"], **changes})


BAD = {
    "nothing": ("", "found: nothing"),
    "no YAML": ("a: [", "job.yaml: not YAML"),
    "no JSON": ('{"a": ', "job.yaml"),
    "another kind": ("kind: ConfigMap", "0 objects of kind TrainingJob, not one (found: ConfigMap)"),
    "two jobs": ("kind: TrainingJob\n---\nkind: TrainingJob", "2 objects"),
    "another version": (json.dumps({**GOOD, "apiVersion": "leeway.dev/v9"}), "apiVersion: "),
    "a target that YAML takes for a truth": (
        "apiVersion: leeway.dev/v1alpha1\nkind: TrainingJob\nmetadata: {name: a}\n"
        "spec: {modelName: a, estimator: {class: x}, data: {uri: x, target: yes}}",
        "spec.data.target: expected `str`, got `bool`; put it into quotes",
    ),
    "no target": (spec(data={"uri": "x"}), "spec.data: object missing required field `target`"),
    "a field nobody knows": (
        spec(evalution={}),
        "spec: object contains unknown field `evalution`; use evaluation",
    ),
    "a number as text": (data(split={"testPercent": "20"}), "spec.data.split.testPercent: expected `int`"),
    "too much held out": (
        data(split={"testPercent": 95}),
        "spec.data.split.testPercent: expected `int` <= 90",
    ),
    "a decimal that is none": (
        data(expectations=[{"name": "rows", "check": "RowCount", "min": "many"}]),
        "spec.data.expectations[0].min: expected `str` matching",
    ),
    "a check nobody knows": (
        data(expectations=[{"name": "rows", "check": "Rows"}]),
        "spec.data.expectations[0].check: invalid enum value 'Rows'; "
        "use RowCount or Range or NonNull or AllowedValues or Unique",
    ),
    "a name that is no label": (spec(modelName="Credit_Default"), "spec.modelName: "),
    "a digest that is none": (data(digest="abc"), "spec.data.digest: "),
    "a seed in its former place": (
        data(split={"seed": 1}),
        "spec.data.split: object contains unknown field `seed`; use method, testPercent, timeColumn, groupColumn",
    ),
    "an artifact form that runs code": (
        spec(output={"format": "joblib"}),
        "spec.output.format: invalid enum value 'joblib'; use skops",
    ),
    "a method of many": (
        data(split={"method": "Randomly"}),
        "spec.data.split.method: invalid enum value 'Randomly'; use Random or Stratified or Time or Group",
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_bad_manifests(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    with pytest.raises(InvalidManifest) as told:
        read_training_job(path)
    assert words in str(told.value)


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest, match=r"job\.yaml: No such file"):
        read_training_job(tmp_path / "job.yaml")


GOOD_TEXTS = {
    "JSON": json.dumps(GOOD),
    "among other objects": CONFIG_MAP + "\n".join([json.dumps(GOOD)]),
    "with fields that are null": spec(pod=None, ttlSecondsAfterFinished=None, evaluation=None),
    "with fields of the pod": spec(
        pod={"resources": {"limits": {"memory": "1Gi"}}, "env": [{"name": "A", "value": "b"}]}
    ),
}


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_good_manifests(text: str, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    assert read_training_job(path).spec.estimator.class_ == "sklearn.linear_model.LinearRegression"


def test_an_image_without_yaml_says_so(tmp_path: Path) -> None:
    path = tmp_path / "version.yaml"
    path.write_text("kind: ModelVersion")
    program = (
        "import sys; sys.modules['yaml'] = None; from pathlib import Path; "
        "from model_server.contract.manifest import read_model_version; read_model_version(Path(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert "InvalidManifest: version.yaml: is no JSON, and this image reads no YAML" in run.stderr
