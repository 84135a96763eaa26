"""The outcome fits a termination message whatever is in it, and the operator understands it."""

import json
from typing import Any

import pytest

from leeway.api.model_version import ModelVersion
from leeway.api.result import TrainingResult
from model_server.contract.outcome import (
    LIMIT_BYTES,
    Dataset,
    ExpectationResult,
    GateResult,
    Outcome,
    WrittenFile,
    to_message,
)
from model_server.train.describe.records import make_version
from tests.server.train.making import make_job

DIGEST = "sha256:" + "a" * 64

FILES = {
    "model": "model.skops",
    "golden": "golden.json",
    "profile": "profile.json",
    "card": "model-card.md",
    "job": "job.json",
}


def outcome(**fields: Any) -> Outcome:
    return Outcome(
        **{
            "outcome": "Succeeded",
            "reason": "Completed",
            "message": "trained",
            "files": {
                name: WrittenFile(path=path, digest=DIGEST, size_bytes=9) for name, path in FILES.items()
            },
            "signature": {
                "inputs": [{"name": "x", "type": "numeric"}],
                "outputs": [{"name": "y", "type": "numeric"}],
            },
            "signature_file": WrittenFile(path="signature.json", digest=DIGEST),
            "metrics": {"r2": "1"},
            "dataset": Dataset(digest=DIGEST, rows=3, train_rows=3, test_rows=0),
            "seed": 0,
            "packages": {"python": "3.11.2", "scikit-learn": "1.9.1", "numpy": "2.4.6"},
            **fields,
        }
    )


WIDE = {"inputs": [{"name": f"column-{place}", "type": "numeric"} for place in range(200)], "outputs": []}
EXPECTED = tuple(ExpectationResult(name=f"e{place}", passed=False, message="m" * 900) for place in range(40))
GATES = tuple(
    GateResult(name=f"g{place}", metric="r2", value="0.5", threshold=">= 0.70", passed=place % 2 == 0)
    for place in range(100)
)
WARNINGS = tuple(f"{place} " + "w" * 290 for place in range(20))
LARGE = {
    "a small outcome": {},
    "a wide signature": {"signature": WIDE},
    "a long sentence": {"message": "é" * 9000},
    "many failed expectations": {"expectations": EXPECTED},
    "many gates": {"gates": GATES},
    "many warnings": {"warnings": WARNINGS},
    "many packages": {"packages": {**{f"package-{place}": "1.0.0" for place in range(300)}, "python": "3"}},
    "everything": {"signature": WIDE, "message": "é" * 9000, "expectations": EXPECTED, "gates": GATES},
    "a wide signature without a file": {"signature": WIDE, "signature_file": None},
}


@pytest.mark.parametrize("fields", LARGE.values(), ids=LARGE)
def test_the_message_fits_and_keeps_what_the_next_step_needs(fields: dict[str, Any]) -> None:
    message = to_message(outcome(**fields))
    assert len(message) <= LIMIT_BYTES
    told = json.loads(message)
    assert (told["schemaVersion"], told["outcome"], told["reason"]) == ("1", "Succeeded", "Completed")
    assert {file["digest"] for file in told["files"].values()} == {DIGEST}
    assert told["files"].keys() >= FILES.keys()
    assert told["message"]
    TrainingResult.model_validate(told)


def test_a_small_outcome_is_not_cut() -> None:
    told = json.loads(to_message(outcome()))
    assert told["signature"]["inputs"] == [{"name": "x", "type": "numeric"}]
    assert told["packages"]["numpy"] == "2.4.6"
    assert "signatureFile" not in told


def test_a_wide_signature_is_given_by_its_file() -> None:
    told = json.loads(to_message(outcome(signature=WIDE)))
    assert told["files"]["signature"] == {"path": "signature.json", "digest": DIGEST}
    assert "signature" not in told


def test_warnings_are_cut_before_anything_else() -> None:
    told = json.loads(to_message(outcome(warnings=WARNINGS, expectations=EXPECTED[:1])))
    assert [one[:2] for one in told["warnings"]] == [f"{place} " for place in range(5)]
    assert len(told["expectations"][0]["message"]) == 900


def test_failed_gates_are_kept_first() -> None:
    kept = json.loads(to_message(outcome(gates=GATES)))["gates"]
    assert [gate["passed"] for gate in kept] == [False] * 8


def test_the_operator_reads_the_version() -> None:
    version = make_version(make_job(), outcome(), "pvc://leeway-models/line/line-1-1a2b3c4d")
    read = ModelVersion.model_validate(version)
    assert read.spec.files["model"].uri == "pvc://leeway-models/line/line-1-1a2b3c4d/model.skops"
    assert read.spec.lineage
    assert read.spec.lineage.training_job_uid == "1a2b3c4d"
