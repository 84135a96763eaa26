"""What a TrainingJob hands on to the ModelVersion it makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leeway.api.training.job import TrainingJob
from leeway.core.headline import headline
from leeway.core.training.record import make_model_version
from tests.core.worlds import DIGEST, success, training_job

FOLDER = "s3://models/x/iris/iris-1-11111111"
SIGNATURE_FILE = {"signature": {"path": "signature.json", "digest": DIGEST, "sizeBytes": 2}}


def spec_of(spec: dict[str, Any], **result: Any) -> dict[str, Any]:
    """The spec of the version that a run of this spec leaves."""
    manifest, body = training_job(**spec), json.loads(success(**result))
    made: dict[str, Any] = make_model_version(TrainingJob.model_validate(manifest), manifest, body, FOLDER)
    found: dict[str, Any] = made["spec"]
    return found


POD = {
    "resources": {"limits": {"memory": "64Gi"}},
    "imagePullSecretNames": ["registry"],
    "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
}
HANDED_ON: dict[str, tuple[dict[str, Any], str, Any]] = {
    "an approval policy": ({"approvalPolicy": "Manual"}, "approval", {"policy": "Manual"}),
    "no approval": ({}, "approval", {"policy": "Automatic"}),
    "the credentials of the output": (
        {"output": {"uri": "s3://models/x", "credentialsSecretName": "models"}},
        "credentialsSecretName",
        "models",
    ),
    "no credentials of the data": (
        {"data": {"uri": "s3://a/b.csv", "target": "y", "credentialsSecretName": "lake"}},
        "credentialsSecretName",
        None,
    ),
    "the pod without its resources": (
        {"pod": POD},
        "pod",
        {name: POD[name] for name in ("imagePullSecretNames", "env")},
    ),
    "no pod": ({}, "pod", None),
    "the format": ({}, "format", "skops"),
    "the files by their uris": (
        {},
        "files",
        {"model": {"uri": f"{FOLDER}/model.skops", "digest": DIGEST, "sizeBytes": 9}},
    ),
}


@pytest.mark.parametrize(("spec", "field", "want"), HANDED_ON.values(), ids=list(HANDED_ON))
def test_a_version_is_handed(spec: dict[str, Any], field: str, want: Any) -> None:
    assert spec_of(spec).get(field) == want


def test_the_lineage_says_how_to_make_it_again() -> None:
    estimator = {"class": "sklearn.linear_model.Ridge", "params": {"alpha": "0.5", "max_iter": 100}}
    lineage = spec_of({"estimator": estimator}, seed=7)["lineage"]
    assert lineage["params"] == {"alpha": "0.5", "max_iter": 100}
    assert (lineage["trainingJobName"], lineage["dataDigest"], lineage["seed"]) == ("iris-1", DIGEST, 7)


def test_a_long_signature_is_handed_on_as_a_file() -> None:
    files = json.loads(success())["files"] | SIGNATURE_FILE
    spec = spec_of({}, files=files, signature=None)
    assert "signature" not in spec
    assert spec["files"]["signature"]["uri"] == f"{FOLDER}/signature.json"


def test_every_file_is_handed_on() -> None:
    written = {
        name: {"path": f"{name}.json", "digest": DIGEST, "sizeBytes": 2}
        for name in ("profile", "golden", "card", "job")
    }
    files = spec_of({}, files=json.loads(success())["files"] | written)["files"]
    assert {name: files[name]["uri"] for name in written} == {
        name: f"{FOLDER}/{name}.json" for name in written
    }


HEADLINES: dict[str, tuple[dict[str, str], str]] = {
    "the first of the list": ({"accuracy": "0.9", "f1": "0.8", "rocAuc": "0.7"}, "rocAuc=0.7"),
    "of a regression": ({"mae": "3", "rmse": "4", "r2": "0.5"}, "r2=0.5"),
    "another one where none of the list is": ({"mape": "3"}, "mape=3"),
    "nothing without metrics": ({}, ""),
    "as much of a long name as the status holds": ({"m" * 150: "3"}, "m" * 128),
}


@pytest.mark.parametrize(("metrics", "want"), HEADLINES.values(), ids=list(HEADLINES))
def test_the_headline_is(metrics: dict[str, str], want: str) -> None:
    assert headline(metrics) == want
