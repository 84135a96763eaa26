"""A TrainingJob that names the version it is to replace: what is waited for, and what the trainer's pod is given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leeway.api.kinds import Manifest
from leeway.core.names import ANNOTATION_REPLACED
from leeway.core.training.questions import plan_training
from tests.core import plans
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.passes import TRAINING, conditions, passes
from tests.core.plans import condition
from tests.core.test_training import child_of, seen
from tests.core.worlds import DIGEST, model_version, training_job

JOB = training_job(replacesModelVersionName="iris-0")


def container_and_pod(replaced: Manifest | None, job: Manifest = JOB) -> tuple[Manifest, Manifest]:
    """The trainer's container and its pod's template, of the plan."""
    [made] = [m for m in plans.created(plan_training(seen(job, replaced=replaced))) if m["kind"] == "Job"]
    template = made["spec"]["template"]
    return template["spec"]["containers"][0], template


WAITING: dict[str, tuple[Manifest | None, str, str]] = {
    "a version that does not exist is waited for": (
        None,
        "VersionNotFound",
        'ModelVersion "iris-0" (spec.replacesModelVersionName) does not exist in this namespace',
    ),
    "a version of another model is named": (
        model_version("iris-0", modelName="wine"),
        "ModelMismatch",
        "is a version of wine, not of iris",
    ),
}


@pytest.mark.parametrize(("replaced", "reason", "words"), WAITING.values(), ids=WAITING)
def test_a_wrong_name_is_told_before_the_run(replaced: Manifest | None, reason: str, words: str) -> None:
    plan = plan_training(seen(JOB, replaced=replaced))
    assert plans.created(plan) == []
    assert plan.look_again
    found = condition(plan.status, "Succeeded")
    assert (found["status"], found["reason"]) == ("Unknown", reason)
    assert words in found["message"]


def test_a_run_that_was_started_goes_on_though_the_version_has_gone() -> None:
    plan = plan_training(seen(JOB, child=child_of(JOB), replaced=None))
    assert condition(plan.status, "Succeeded")["reason"] == "Training"


def test_the_trainer_is_given_the_version_with_its_volumes_and_credentials() -> None:
    files = {"model": {"uri": "pvc://archive/iris/m.skops", "digest": DIGEST}}
    version = model_version("iris-0", files=files, credentialsSecretName="models")
    container, template = container_and_pod(version)
    assert container["args"][-2:] == ["--replaces", "/leeway/replaced/manifest.json"]
    told = json.loads(template["metadata"]["annotations"][ANNOTATION_REPLACED])
    assert told["metadata"]["name"] == "iris-0"
    assert told["spec"]["files"] == files
    paths = {mount["mountPath"]: mount.get("readOnly") for mount in container["volumeMounts"]}
    assert paths["/leeway/replaced"] is True
    assert paths["/leeway/store/archive"] is True
    assert paths["/leeway/credentials/version"] is True


def test_a_claim_that_the_run_writes_to_is_mounted_once() -> None:
    container, template = container_and_pod(model_version("iris-0"))
    paths = [mount["mountPath"] for mount in container["volumeMounts"]]
    names = [volume["name"] for volume in template["spec"]["volumes"]]
    assert len(set(paths)) == len(paths)
    assert len(set(names)) == len(names)
    assert "/leeway/store/leeway-models" in paths


LONG = {
    "inputs": [
        {"name": f"x{n}", "type": "categorical", "categories": [f"{one:0200}" for one in range(100)]}
        for n in range(10)
    ],
    "outputs": [{"name": "prediction", "type": "numeric"}],
}
WITHOUT: dict[str, Manifest] = {
    "not verified yet": model_version("iris-0", ready=None),
    "refused": model_version("iris-0", ready=False),
    "too long for an annotation": model_version("iris-0", signature=LONG),
    "of a spec that is not understood": model_version("iris-0", files="none"),
}


@pytest.mark.parametrize("version", WITHOUT.values(), ids=WITHOUT)
def test_the_run_begins_without_a_version_that_cannot_be_asked(version: Manifest) -> None:
    container, template = container_and_pod(version)
    assert "--replaces" not in container["args"]
    assert ANNOTATION_REPLACED not in template["metadata"]["annotations"]


def test_nothing_is_given_to_a_run_that_replaces_nothing() -> None:
    container, _ = container_and_pod(None, training_job())
    assert "--replaces" not in container["args"]


async def test_the_version_is_observed_by_its_name() -> None:
    cluster = FakeCluster(training_job(replacesModelVersionName="iris-0"))
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "VersionNotFound"
    cluster.store(model_version("iris-0"))
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "Starting"


def test_two_specs_that_replace_other_versions_are_two_runs() -> None:
    other: Any = training_job(replacesModelVersionName="iris-9")
    other["metadata"]["generation"] = 2
    plan = plan_training(seen(other, child=child_of(JOB), replaced=model_version("iris-9")))
    assert len(plans.deleted(plan)) == 1
