"""Reading objects: typed values at the edge, and nothing that an older or newer release wrote is fatal."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from leeway.api.model_deployment import ModelDeployment, ModelDeploymentStatus
from leeway.api.model_version import ModelVersion
from leeway.api.training.job import TrainingJob
from tests.contract.objects import model_deployment, model_version, smallest_training_job, training_job

OBJECTS: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "a TrainingJob": (TrainingJob, training_job()),
    "the smallest TrainingJob": (TrainingJob, smallest_training_job()),
    "a ModelVersion": (ModelVersion, model_version()),
    "a ModelDeployment": (ModelDeployment, model_deployment()),
}


@pytest.mark.parametrize(("model", "manifest"), OBJECTS.values(), ids=list(OBJECTS))
def test_what_is_read_is_written_back(model: type[TrainingJob], manifest: dict[str, Any]) -> None:
    written = model.model_validate(manifest).manifest()
    assert model.model_validate(written) == model.model_validate(manifest)
    assert is_within(manifest["spec"], written["spec"])


def is_within(part: Any, whole: Any) -> bool:
    """Whether everything the part says stands in the whole."""
    if isinstance(part, dict):
        return all(name in whole and is_within(value, whole[name]) for name, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(is_within, part, whole))
    return bool(part == whole)


@pytest.mark.parametrize(("model", "manifest"), OBJECTS.values(), ids=list(OBJECTS))
def test_fields_of_another_release_are_passed_over(model: type[BaseModel], manifest: dict[str, Any]) -> None:
    newer = manifest | {"spec": manifest["spec"] | {"unheardOf": {"deep": [1]}}, "status": {"unheardOf": "x"}}
    assert model.model_validate(newer) == model.model_validate(manifest)


def test_an_object_without_status_has_an_empty_one() -> None:
    assert ModelDeployment.model_validate(model_deployment()).status == ModelDeploymentStatus()


def test_a_mistake_is_named_by_its_field() -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingJob.model_validate(training_job(data__split={"testPercent": 99}))
    assert [error["loc"] for error in caught.value.errors()] == [("spec", "data", "split", "testPercent")]


def test_times_are_written_in_whole_seconds_of_utc() -> None:
    status = ModelDeploymentStatus.model_validate(
        {"canary": {"modelVersionName": "v2", "startTime": "2026-11-21T10:00:00.5+02:00"}}
    )
    assert status.manifest()["canary"]["startTime"] == "2026-11-21T08:00:00Z"


def test_the_class_of_an_estimator_keeps_its_name_in_yaml() -> None:
    job = TrainingJob.model_validate(smallest_training_job())
    assert job.spec.estimator.class_ == "sklearn.linear_model.LogisticRegression"
    assert job.manifest()["spec"]["estimator"]["class"] == job.spec.estimator.class_


def test_an_object_that_was_read_does_not_change() -> None:
    job = TrainingJob.model_validate(smallest_training_job())
    with pytest.raises(ValidationError, match="frozen"):
        job.spec.suspend = True
