"""Every field of every spec does something: changed alone, it changes a pod, a plan, a result, a verdict or an answer.

A field that the CRDs have and that nobody obeys fails here by its name: give it a behaviour, or name it among the
exceptions with the reason.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.admission import Schema, fields_of, schema_of
from tests.contract.obeyed import examples, witnesses
from tests.contract.obeyed.examples import FILES, Manifest

Witness = Callable[[Manifest], Any]
EXAMPLES: dict[str, Callable[[], Manifest]] = {
    "TrainingJob": examples.training_job,
    "ModelVersion": examples.model_version,
    "ModelDeployment": examples.model_deployment,
}

# Whom to ask, by the longest prefix of the field's path.
WITNESSES: dict[str, Witness] = {
    "TrainingJob.spec": witnesses.trained,
    "TrainingJob.spec.modelName": witnesses.trainer_job,
    "TrainingJob.spec.replacesModelVersionName": witnesses.training_plan,
    "TrainingJob.spec.data.credentialsSecretName": witnesses.trainer_job,
    "TrainingJob.spec.output": witnesses.trainer_job,
    "TrainingJob.spec.approvalPolicy": witnesses.version_made,
    "TrainingJob.spec.pod": witnesses.trainer_job,
    "TrainingJob.spec.suspend": witnesses.training_plan,
    "TrainingJob.spec.backoffLimit": witnesses.trainer_job,
    "TrainingJob.spec.activeDeadlineSeconds": witnesses.trainer_job,
    "TrainingJob.spec.ttlSecondsAfterFinished": witnesses.finished_plan,
    "ModelVersion.spec": witnesses.answers,
    "ModelVersion.spec.files": witnesses.verdict,
    "ModelVersion.spec.signature": witnesses.answers,
    "ModelVersion.spec.metrics": witnesses.version_plan,
    "ModelVersion.spec.lineage.trainingJobUID": witnesses.record_kept,
    "ModelVersion.spec.lineage.packages": witnesses.verdict,
    "ModelVersion.spec.approval": witnesses.version_plan,
    "ModelVersion.spec.credentialsSecretName": witnesses.verifier_job,
    "ModelVersion.spec.pod": witnesses.verifier_job,
    "ModelDeployment.spec": witnesses.deployment_plan,
    "ModelDeployment.spec.rollout.steps": witnesses.canary_told,
    "ModelDeployment.spec.rollout.onInconclusive": witnesses.canary_told,
    "ModelDeployment.spec.rollout.scaleDownDelaySeconds": witnesses.promotion,
    "ModelDeployment.spec.guard": witnesses.guard_told,
    "ModelDeployment.spec.gates": witnesses.verdicts,
    "ModelDeployment.spec.falseAlarmRate": witnesses.verdicts,
    "ModelDeployment.spec.revisionHistoryLimit": witnesses.history_plan,
}

# What a field is changed to where the next word, the next number or a longer text would not tell anything.
CHANGED: dict[str, Any] = {
    "TrainingJob.spec.seed": 8,
    "TrainingJob.spec.data.uri": str(examples.folder() / "other.csv"),
    "TrainingJob.spec.data.digest": examples.DIGEST,
    "TrainingJob.spec.data.target": "late",
    "TrainingJob.spec.data.features[].name": "year",
    "TrainingJob.spec.data.features[].type": "categorical",
    "TrainingJob.spec.data.expectations[].check": "Unique",
    "TrainingJob.spec.data.expectations[].column": "year",
    "TrainingJob.spec.data.expectations[].min": "50",
    "TrainingJob.spec.data.expectations[].max": "50",
    "TrainingJob.spec.data.expectations[].minFraction": "1",
    "TrainingJob.spec.data.split.method": "Random",
    "TrainingJob.spec.data.split.timeColumn": "year",
    "TrainingJob.spec.data.split.groupColumn": "year",
    "TrainingJob.spec.data.exclude[]": "debt",
    "TrainingJob.spec.cleaning.maxDroppedPercent": 50,
    "TrainingJob.spec.cleaning.clipOutliers.lowerQuantile": "0.3",
    "TrainingJob.spec.cleaning.clipOutliers.upperQuantile": "0.7",
    "TrainingJob.spec.estimator.class": "sklearn.ensemble.ExtraTreesClassifier",
    "TrainingJob.spec.evaluation.positiveClass": "0",
    "TrainingJob.spec.evaluation.gates[].min": "0.9999",
    "TrainingJob.spec.evaluation.gates[].max": "0.0001",
    "TrainingJob.spec.evaluation.profile.exclude[]": "late",
    "TrainingJob.spec.evaluation.profile.include[]": "month",
    "TrainingJob.spec.output.uri": "s3://models/y",
    "ModelVersion.spec.files.*.uri": "file:///nowhere",
    "ModelVersion.spec.files.*.digest": examples.DIGEST,
    "ModelVersion.spec.signature.inputs[].categories[]": "1.0",
    "ModelVersion.spec.signature.inputs[].missingValues[]": "-998",
    "ModelVersion.spec.signature.outputs[].positiveClass": "no",
    "ModelVersion.spec.metrics.*": "0.80",
    "ModelVersion.spec.lineage.packages.*": "1.2.0",
    "ModelVersion.spec.approval.approvedBy": "Ada",
}

# Rows enough for a profile, of which folds may be made.
PROFILED: dict[str, Any] = {
    "data.uri": str(examples.folder() / "enough-for-a-profile.csv"),
    "data.digest": None,
    "data.split": {"method": "Random", "testPercent": 25},
}

# What a field is beside while it is changed: where another field decides whether it means anything.
BESIDE: dict[str, dict[str, Any]] = {
    "TrainingJob.spec.seed": {"data.split": {"method": "Random", "testPercent": 25}},
    "TrainingJob.spec.data.exclude[]": {"data.features": [], "data.exclude": ["year"]},
    "TrainingJob.spec.data.split.groupColumn": {
        "data.split": {"method": "Group", "groupColumn": "month", "testPercent": 25}
    },
    "TrainingJob.spec.evaluation.profile.exclude[]": PROFILED,
    # The group that splits the rows is left out, unless it is included.
    "TrainingJob.spec.evaluation.profile.include[]": PROFILED
    | {
        "data.features": [{"name": "income", "type": "numeric"}, {"name": "month", "type": "numeric"}],
        "data.split": {"method": "Group", "groupColumn": "month", "testPercent": 25},
        "evaluation.profile": {"include": ["income"]},
        "preprocessing.select": None,
        "preprocessing.pca": None,
    },
    "ModelDeployment.spec.rollout.steps[].minSamples": {"rollout.steps": [{"weight": 50, "minSamples": 100}]},
    "ModelDeployment.spec.rollout.steps[].pause": {"rollout.steps": [{"weight": 50, "pause": True}]},
    "ModelDeployment.spec.rollout.onInconclusive": {"rollout.steps": [{"weight": 50}]},
    "TrainingJob.spec.cleaning.dropDuplicates": {"data.digest": None},
    "TrainingJob.spec.cleaning.maxDroppedPercent": {"cleaning.dropMissingRows": True},
}

EXCEPTIONS: dict[str, str] = {
    "TrainingJob.spec.output.format": "one form as yet; the field keeps a place for the next one",
    "ModelVersion.spec.format": "one form as yet; the field keeps a place for the next one",
    "ModelVersion.spec.signature.outputs[].name": "for people; answers use their protocol's names",
    **{
        f"ModelVersion.spec.lineage.{field}": "a record of where the model comes from, for people and audits"
        for field in (
            "trainingJobName", "dataUri", "dataDigest", "rows", "estimator", "params.*", "seed",
        )
    },
}  # fmt: skip


def leaves() -> Iterator[tuple[str, Schema]]:
    """Every field of every spec that holds a value, with its path and schema."""
    for kind in EXAMPLES:
        for path, field in fields_of(schema_of(kind)):
            if (
                path.startswith(".spec")
                and not {"properties", "items", "additionalProperties"} & field.keys()
            ):
                yield kind + path, field


LEAVES = dict(leaves())
OBEYED = [path for path in LEAVES if path not in EXCEPTIONS]


@pytest.mark.parametrize("path", OBEYED)
def test_a_field_is_obeyed(path: str) -> None:
    assert is_obeyed(path), f"nothing changed with {path}: {witness_of(path).__name__} is blind to it"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("member", ["uri", "digest", "sizeBytes"])
def test_every_file_of_a_version_is_looked_at(name: str, member: str) -> None:
    version = examples.model_version()
    place = ["spec", "files", name, member]
    other = with_value(
        version, place, other_value(f"ModelVersion.spec.files.*.{member}", value_at(version, place))
    )
    assert witnesses.verdict(version) == "Verified"
    assert f"spec.files.{name}." in witnesses.verdict(other)[1]


def test_a_signature_in_a_file_is_looked_at() -> None:
    version = examples.model_version()
    signature = {"uri": "file:///nowhere/signature.json", "digest": examples.DIGEST}
    lost = with_value(version, ["spec", "files", "signature"], signature)
    del lost["spec"]["signature"]
    assert "spec.files.signature." in witnesses.verdict(lost)[1]


def test_a_field_that_nobody_obeys_is_found() -> None:
    assert not is_obeyed("ModelVersion.spec.lineage.rows")


@pytest.mark.parametrize("path", EXCEPTIONS)
def test_an_exception_is_of_a_field_that_exists_and_says_why(path: str) -> None:
    assert path in LEAVES
    assert len(EXCEPTIONS[path]) > 20


@pytest.mark.parametrize("table", [WITNESSES, CHANGED, BESIDE], ids=["WITNESSES", "CHANGED", "BESIDE"])
def test_no_row_speaks_of_a_field_that_is_gone(table: dict[str, Any]) -> None:
    assert [row for row in table if not any(path.startswith(row) for path in LEAVES)] == []


def is_obeyed(path: str) -> bool:
    """Whether the field, changed alone, changes what its witness sees."""
    example = EXAMPLES[path.partition(".")[0]]()
    for beside, value in BESIDE.get(path, {}).items():
        example = with_value(example, ["spec", *beside.split(".")], value)
    place = find(example, path)
    assert place, f"the complete example lacks {path}"
    changed = with_value(example, place, other_value(path, value_at(example, place)))
    witness = witness_of(path)
    return bool(witness(example) != witness(changed))


def witness_of(path: str) -> Witness:
    """Whom to ask about a field."""
    return WITNESSES[max((prefix for prefix in WITNESSES if path.startswith(prefix)), key=len)]


def find(example: Manifest, path: str) -> list[str | int]:
    """The first place in the example where the field stands; empty when it does not."""
    steps = path.replace("[]", ".[]").split(".")[1:]
    return next(_places(example, steps), [])


def _places(value: Any, steps: list[str]) -> Iterator[list[str | int]]:
    if not steps:
        yield []
        return
    first, rest = steps[0], steps[1:]
    choices: Any = [first] if isinstance(value, dict) and first in value else []
    if first == "[]":
        choices = range(len(value))
    elif first == "*":
        choices = list(value)
    for choice in choices:
        yield from ([choice, *place] for place in _places(value[choice], rest))


def other_value(path: str, value: Any) -> Any:
    """Another value of the field."""
    if path in CHANGED:
        return CHANGED[path]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    words = LEAVES[path].get("enum", ())
    return next((word for word in words if word != value), f"{value}2")


def value_at(example: Any, place: list[Any]) -> Any:
    for step in place:
        example = example[step]
    return example


def with_value(example: Manifest, place: list[Any], value: Any) -> Manifest:
    """The example with another value at the place; None takes it away."""
    copied = copy.deepcopy(example)
    holder = value_at(copied, place[:-1])
    if value is None:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return copied
