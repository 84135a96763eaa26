"""The trainer and the server read what the CRDs admit: same fields, same words, two packages that never meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from pydantic import BaseModel

from leeway.api import model_version, result, signature
from leeway.api.result import FileName
from leeway.api.training import data as training_data
from leeway.api.training import job as training_job
from leeway.api.training import steps as training_steps
from leeway.api.training.steps import MetricName
from leeway.core.pods.credentials import KEYS
from model_server.artifact.stores import credentials
from model_server.contract import manifest as server
from model_server.contract import outcome
from model_server.contract import signature as served
from model_server.train.fit.metrics import CLASSIFICATION, REGRESSION
from tests.contract.admission import admitted
from tests.contract.objects import model_version as a_model_version
from tests.contract.objects import smallest_training_job
from tests.contract.objects import training_job as a_training_job

PAIRS: dict[str, tuple[type[BaseModel], type[msgspec.Struct]]] = {
    "TrainingJobSpec": (training_job.TrainingJobSpec, server.TrainingJobSpec),
    "Data": (training_data.Data, server.RowSource),
    "Feature": (training_data.Feature, server.Feature),
    "Expectation": (training_data.Expectation, server.Expectation),
    "Split": (training_data.Split, server.Split),
    "Cleaning": (training_steps.Cleaning, server.Cleaning),
    "ClipOutliers": (training_steps.ClipOutliers, server.ClipOutliers),
    "Preprocessing": (training_steps.Preprocessing, server.Preprocessing),
    "NumericSteps": (training_steps.NumericSteps, server.NumericSteps),
    "CategoricalSteps": (training_steps.CategoricalSteps, server.CategoricalSteps),
    "Select": (training_steps.Select, server.Select),
    "Pca": (training_steps.Pca, server.Pca),
    "Estimator": (training_steps.Estimator, server.Estimator),
    "Evaluation": (training_steps.Evaluation, server.Evaluation),
    "Gate": (training_steps.Gate, server.Gate),
    "Output": (training_steps.Output, server.Output),
    "StoredFile": (model_version.StoredFile, server.StoredFile),
    "Input": (signature.Input, served.Column),
    "OutputColumn": (signature.OutputColumn, served.Output),
    "WrittenFile": (result.WrittenFile, outcome.WrittenFile),
    "GateResult": (result.GateResult, outcome.GateResult),
    "ExpectationResult": (result.ExpectationResult, outcome.ExpectationResult),
    "DatasetFacts": (result.DatasetFacts, outcome.Dataset),
}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=list(PAIRS))
def test_both_sides_know_the_same_fields(ours: type[BaseModel], theirs: type[msgspec.Struct]) -> None:
    names = {field.serialization_alias or field.alias for field in ours.model_fields.values()}
    assert names == {field.encode_name for field in msgspec.structs.fields(theirs)}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=list(PAIRS))
def test_both_sides_know_the_same_words(ours: type[BaseModel], theirs: type[msgspec.Struct]) -> None:
    words = {field.name: choices(field.type) for field in msgspec.structs.fields(theirs)}
    for name, field in ours.model_fields.items():
        assert words[name] in (choices(field.annotation), frozenset()), name


def choices(annotation: Any) -> frozenset[str]:
    """The words a field may hold, when they are counted out."""
    if get_origin(annotation) is Literal:
        return frozenset(get_args(annotation))
    inner = [choices(part) for part in get_args(annotation) if part is not type(None)]
    return inner[0] if len(inner) == 1 else frozenset()


def test_every_metric_a_gate_may_name_is_computed() -> None:
    assert set(get_args(MetricName)) == {*CLASSIFICATION, *REGRESSION}


def test_both_sides_know_the_same_keys_of_a_secret() -> None:
    assert set(KEYS) == {key for keys in credentials.KEYS.values() for key in keys}


@pytest.mark.parametrize("spec", [training_data.Data, model_version.ModelVersionSpec])
def test_the_description_lists_the_keys(spec: type[BaseModel]) -> None:
    said = spec.model_fields["credentials_secret_name"].description or ""
    assert [key for key in KEYS if key not in said] == []


def test_every_file_that_is_reported_may_be_in_a_version() -> None:
    files = (result.TrainingResult, model_version.ModelVersionSpec)
    named = {get_args(shape.model_fields["files"].annotation)[0] for shape in files}
    assert named == {FileName}


ADMITTED = {
    "a whole TrainingJob": (a_training_job(), server.read_training_job),
    "the smallest TrainingJob": (smallest_training_job(), server.read_training_job),
    "a whole ModelVersion": (a_model_version(), server.read_model_version),
}


@pytest.mark.parametrize(("given", "read"), ADMITTED.values(), ids=list(ADMITTED))
def test_what_is_admitted_is_read(given: dict[str, Any], read: Any, tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(admitted(given)))
    assert read(file).spec.model_name == given["spec"]["modelName"]
