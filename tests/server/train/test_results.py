"""What stands in the output directory after training, and that it is true."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest

from model_server.artifact.models.model_file import read_model
from model_server.artifact.stores.digest import digest_of
from model_server.contract.manifest import read_model_version, read_training_job
from model_server.contract.outcome import InputRefused, Outcome, to_message
from model_server.contract.profile import read_profile
from model_server.contract.signature import read_signature
from model_server.counts.bins import bins_of, score_bins
from model_server.engines.sklearn import FittedModel
from tests.server.matrices import matrix_from_table
from tests.server.train.making import EXAMPLES, LINE, LOGISTIC, loan_job, loans, make_job, train_rows
from tests.server.train.profile_schema import PROFILE_SCHEMA


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


def test_three_points_give_the_line(tmp_path: Path) -> None:
    job = read_training_job(EXAMPLES / "s2-linear-regression" / "trainingjob.yaml")
    rows = (EXAMPLES / "s2-linear-regression" / "configmap.yaml").read_text()
    outcome = train_rows(tmp_path, rows, job, "configmap.yaml")
    assert outcome.outcome == "Succeeded"
    answers = read_model(tmp_path / "out" / "model.skops").predict(np.array([[1.0], [2.0], [3.0], [10.0]]))
    assert answers == pytest.approx([2, 4, 6, 20], abs=1e-6)
    assert not (tmp_path / "out" / "profile.json").exists()
    card = (tmp_path / "out" / "model-card.md").read_text()
    assert "3 training rows themselves" in card
    assert "no reference profile" in card


def test_car_loans_are_ranked_well(tmp_path: Path) -> None:
    job = read_training_job(EXAMPLES / "s3-car-loan" / "trainingjob.yaml")
    rows = (EXAMPLES / "s3-car-loan" / "configmap.yaml").read_bytes()
    outcome = train_rows(tmp_path, rows, job, "configmap.yaml")
    assert outcome.outcome == "Succeeded"
    assert float(outcome.metrics["rocAuc"]) > 0.95
    assert outcome.dataset
    assert (outcome.dataset.train_rows, outcome.dataset.test_rows) == (2520, 1080)
    assert len(to_message(outcome)) < 4096


def test_examples_fit_what_kubectl_remembers() -> None:
    for path in EXAMPLES.glob("*/configmap.yaml"):
        assert path.stat().st_size < 256 * 1024 - 4096


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    job = loan_job(
        estimator={"class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": "5"}}
    )
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        train_rows(tmp_path / name, loans(), job)
    for file in ("model.skops", "golden.json", "signature.json"):
        assert digest_of(tmp_path / "one/out" / file) == digest_of(tmp_path / "two/out" / file)
    profiles = [read_profile((tmp_path / name / "out/profile.json").read_bytes()) for name in ("one", "two")]
    assert profiles[0].digest == profiles[1].digest


def test_a_second_pod_of_a_job_leaves_the_files_of_the_first_as_they_are(tmp_path: Path) -> None:
    job = loan_job()
    created = msgspec.structs.replace(
        job.metadata, creation_timestamp=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    job = msgspec.structs.replace(job, metadata=created)
    kept = ("model.skops", "golden.json", "signature.json", "profile.json", "modelversion.json")
    digests = []
    for _ in range(2):
        train_rows(tmp_path, loans(), job)
        digests.append([digest_of(tmp_path / "out" / name) for name in kept])
    assert digests[0] == digests[1]
    assert read_json(tmp_path / "out" / "profile.json")["createdAt"] == "2026-01-02T03:04:05+00:00"


def test_a_run_that_fails_leaves_what_is_stored(tmp_path: Path) -> None:
    train_rows(tmp_path, loans(), loan_job())
    before = digest_of(tmp_path / "out" / "model.skops")
    with pytest.raises(InputRefused):
        train_rows(tmp_path, "income\n1\n", loan_job())
    assert digest_of(tmp_path / "out" / "model.skops") == before
    assert not (tmp_path / "out/modelversion.json").exists()


def test_another_seed_holds_out_other_rows(tmp_path: Path) -> None:
    digests = set()
    for seed in (1, 2):
        train_rows(tmp_path, loans(), loan_job(seed=seed))
        digests.add(digest_of(tmp_path / "out" / "golden.json"))
    assert len(digests) == 2


@pytest.fixture(scope="module")
def loan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A trained loan model: its directory and outcome."""
    directory = tmp_path_factory.mktemp("loan")
    return directory / "out", train_rows(directory, loans(3000), loan_job())


def test_digests_are_those_of_the_files(loan: tuple[Path, Outcome]) -> None:
    directory, outcome = loan
    assert outcome.signature_file
    assert outcome.files.keys() == {"model", "golden", "profile", "card", "job"}
    for file in (*outcome.files.values(), outcome.signature_file):
        assert digest_of(directory / file.path) == file.digest
        assert (directory / file.path).stat().st_size == file.size_bytes


def test_golden_rows_are_repeated_through_the_signature(loan: tuple[Path, Outcome]) -> None:
    directory, _ = loan
    golden = read_json(directory / "golden.json")
    signature = read_signature((directory / "signature.json").read_bytes())
    table = {
        column.name: [row[place] for row in golden["rows"]] for place, column in enumerate(signature.inputs)
    }
    predicted = read_model(directory / "model.skops").predict(matrix_from_table(signature, table))
    assert predicted.tolist() == golden["predictions"]
    assert len(golden["rows"]) == 20
    probabilities = read_model(directory / "model.skops").predict_proba(matrix_from_table(signature, table))
    assert golden["probabilities"] == pytest.approx(probabilities, abs=1e-12)
    assert golden["tolerance"] == "1e-9"


def test_the_signature_knows_types_categories_and_classes(loan: tuple[Path, Outcome]) -> None:
    directory, _ = loan
    assert read_json(directory / "signature.json") == {
        "inputs": [
            {"name": "income", "type": "numeric", "nullable": True},
            {"name": "home", "type": "categorical", "categories": ["loft", "own", "rent"], "nullable": True},
            {"name": "employed", "type": "boolean", "nullable": True},
        ],
        "outputs": [
            {"name": "prediction", "type": "categorical", "classes": ["0", "1"], "positiveClass": "1"}
        ],
    }


def test_the_profile_is_what_the_design_says(loan: tuple[Path, Outcome]) -> None:
    directory, outcome = loan
    profile = read_json(directory / "profile.json")
    jsonschema.validate(profile, PROFILE_SCHEMA, cls=jsonschema.Draft202012Validator)
    assert (profile["source"]["rows"], profile["source"]["kind"]) == (3000, "out-of-fold")
    assert profile["modelDigest"] == outcome.files["model"].digest
    importance = [feature["importance"] for feature in profile["features"]]
    assert importance == sorted(importance, reverse=True)
    features = {feature["name"]: feature for feature in profile["features"]}
    income, home, employed = (features[name] for name in ("income", "home", "employed"))
    assert len(income["counts"]) == len(income["edges"]) + 3 == 12
    assert {sum(feature["counts"]) for feature in profile["features"]} == {3000}
    assert income["counts"][-2] > 0
    assert len(home["categories"]) == 3
    assert employed["categories"] == [False, True]
    assert sum(profile["score"]["counts"]) == 3000
    assert sum(profile["score"]["decisions"].values()) == 3000
    assert [sum(row) for row in profile["performance"]["confusionByScoreBin"]] == profile["score"]["counts"]


def test_counting_the_held_out_rows_again_gives_the_profile(tmp_path: Path) -> None:
    train_rows(tmp_path, loans(2000), loan_job(data={"split": {"method": "Time", "timeColumn": "id"}}))
    profile = read_profile((tmp_path / "out/profile.json").read_bytes())
    signature = read_signature((tmp_path / "out/signature.json").read_bytes())
    rows = [line.split(",") for line in loans(2000).splitlines()[1:]][-400:]
    table: dict[str, list[Any]] = {
        "income": [float(row[1]) if row[1] else None for row in rows],
        "home": [row[2] or None for row in rows],
        "employed": [row[3] == "true" for row in rows],
    }
    matrix = matrix_from_table(signature, table)
    places = {column.name: place for place, column in enumerate(signature.inputs)}
    for feature in profile.features:
        place = places[feature.name]
        bins = bins_of(feature, matrix[:, place], signature.inputs[place].categories)
        counts = np.bincount(bins, minlength=len(feature.labels))
        assert tuple(counts) == feature.counts
    prediction = FittedModel(read_model(tmp_path / "out/model.skops")).predict(matrix)
    counts = np.bincount(score_bins(profile.score, prediction.scores), minlength=len(profile.score.counts))
    assert tuple(counts) == profile.score.counts
    assert prediction.threshold == profile.score.threshold == 0.5


def test_the_written_version_is_read_by_the_server(loan: tuple[Path, Outcome]) -> None:
    directory, outcome = loan
    version = read_model_version(directory / "modelversion.json")
    assert version.metadata.name == "line-1"
    assert version.spec.files["model"].uri == (directory / "model.skops").as_uri()
    assert version.spec.metrics == outcome.metrics
    assert version.spec.lineage["estimator"] == "sklearn.linear_model.LogisticRegression"
    assert "profile" in version.spec.files


def test_no_half_written_file_remains(loan: tuple[Path, Outcome]) -> None:
    directory, _ = loan
    assert sorted(path.name for path in directory.iterdir()) == [
        "golden.json",
        "job.json",
        "model-card.md",
        "model.skops",
        "modelversion.json",
        "profile.json",
        "report.json",
        "signature.json",
    ]


def test_the_report_has_more_than_the_message(loan: tuple[Path, Outcome]) -> None:
    report = read_json(loan[0] / "report.json")
    assert report["measuredOn"] == "held-out rows"
    assert sum(map(sum, report["confusionMatrix"]["counts"])) == 600
    assert report["dropped"] == {"dropMissingTarget": 0}
    assert report["packages"]["scikit-learn"]


def test_a_failed_gate_is_a_result_with_numbers(tmp_path: Path) -> None:
    gates = [
        {"name": "ranks", "metric": "rocAuc", "min": "0.999"},
        {"name": "right", "metric": "accuracy", "min": "0.5"},
    ]
    outcome = train_rows(tmp_path, loans(), loan_job(evaluation={"gates": gates}))
    assert (outcome.outcome, outcome.reason) == ("GateFailed", "GateFailed")
    assert "1 of 2 gates failed: ranks: rocAuc is 0." in outcome.message
    assert "0.999 wanted" in outcome.message
    assert [gate.passed for gate in outcome.gates] == [False, True]
    assert "model" in outcome.files
    assert not (tmp_path / "out/modelversion.json").exists()


def test_a_gate_on_an_undefined_metric_has_not_passed(tmp_path: Path) -> None:
    gates = [{"name": "fit", "metric": "r2", "min": "0"}]
    outcome = train_rows(tmp_path, LINE, make_job(evaluation={"gates": gates}))
    assert outcome.outcome == "GateFailed"
    assert "fit: r2 is not defined: there is only one row to judge by, >= 0 wanted" in outcome.message
    assert outcome.gates[0].message == "r2 is not defined: there is only one row to judge by"
    assert "r2" not in outcome.metrics


TINY = {
    "three rows, one held out": (LINE, {}, 1),
    "two rows": ("x,y\n1,2\n2,4\n", {}, 1),
    "one row, nothing held out": ("x,y\n1,2\n", {"data": {"split": {"testPercent": 0}}}, 0),
    "two classes, two rows": (
        "x,y\n1,a\n2,b\n",
        {"data": {"split": {"testPercent": 0}}, "estimator": LOGISTIC},
        0,
    ),
}


@pytest.mark.parametrize(("rows", "spec", "held_out"), TINY.values(), ids=TINY)
def test_few_rows_are_trained_anyway(rows: str, spec: dict[str, Any], held_out: int, tmp_path: Path) -> None:
    outcome = train_rows(tmp_path, rows, make_job(**spec))
    assert outcome.outcome == "Succeeded"
    assert outcome.dataset
    assert outcome.dataset.test_rows == held_out
    assert "nan" not in json.dumps(outcome.metrics).lower()


def test_the_card_names_the_positive_class(loan: tuple[Path, Outcome]) -> None:
    assert "The positive class" in (loan[0] / "model-card.md").read_text()
    assert "speak, is `1`." in (loan[0] / "model-card.md").read_text()


def test_labels_may_be_words(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{row},{'high' if row > 50 else 'low'}\n" for row in range(100))
    train_rows(tmp_path, rows, make_job(estimator=LOGISTIC))
    model = read_model(tmp_path / "out" / "model.skops")
    assert model.predict(np.array([[1.0], [99.0]])).tolist() == ["low", "high"]


def test_training_again_leaves_nothing_of_the_run_before(tmp_path: Path) -> None:
    train_rows(tmp_path, loans(2000), loan_job())
    assert (tmp_path / "out/profile.json").exists()
    train_rows(tmp_path, loans(100), loan_job())
    assert not (tmp_path / "out/profile.json").exists()
