"""A model can be made again: from the job beside it, on another machine, with other numbers of threads."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leeway.api.training.job import TrainingJob
from model_server.artifact.models.model_file import MAX_SCHEMA_BYTES
from model_server.artifact.stores.digest import digest_of
from model_server.contract.manifest import read_training_job
from model_server.train.run import Order, train
from model_server.train.stages import Lines
from tests.server.train.making import loan_job, loans, make_job, train_rows

ROOT = Path(__file__).parents[3]
REPEATED: dict[str, dict[str, Any]] = {
    "as few words as possible": {"data": {"features": []}},
    "every step": {
        "seed": 3,
        "data": {"split": {"method": "Time", "timeColumn": "id", "testPercent": 30}},
        "cleaning": {
            "dropMissingRows": True,
            "maxDroppedPercent": 50,
            "clipOutliers": {"upperQuantile": "0.9"},
        },
        "preprocessing": {"numeric": {"scale": "Robust"}, "categorical": {"encode": "Ordinal"}},
        "evaluation": {"positiveClass": "0", "gates": [{"name": "ranks", "metric": "rocAuc", "min": "0.1"}]},
        "estimator": {
            "class": "sklearn.ensemble.RandomForestClassifier",
            "params": {"n_estimators": 5, "max_features": "0.5", "class_weight": '{"0": 1, "1": 3}'},
        },
    },
}


@pytest.mark.parametrize("spec", REPEATED.values(), ids=REPEATED)
def test_the_job_beside_a_model_makes_it_again(spec: dict[str, Any], tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    for directory in (first, again):
        directory.mkdir()
    train_rows(first, loans(), loan_job(**spec))
    written = first / "out/job.json"
    TrainingJob.model_validate(json.loads(written.read_text()))
    train_rows(again, loans(), read_training_job(written))
    for name in ("model.skops", "signature.json", "golden.json", "job.json"):
        assert digest_of(first / "out" / name) == digest_of(again / "out" / name)


def test_the_job_beside_a_model_has_the_rows_pinned_and_no_secret(tmp_path: Path) -> None:
    job = make_job(
        data={"uri": "https://ada:hush@example.com/rows.csv?token=hush", "credentialsSecretName": "lake"},
        pod={"env": [{"name": "TOKEN", "value": "hush"}]},
        suspend=True,
    )
    outcome = train_rows(tmp_path, "x,y\n1,2\n2,4\n3,6\n", job)
    text = (tmp_path / "out/job.json").read_text()
    assert "hush" not in text
    spec = json.loads(text)["spec"]
    assert outcome.dataset
    assert spec["data"]["digest"] == outcome.dataset.digest
    assert spec["data"]["uri"] == "https://example.com/rows.csv"
    assert spec["seed"] == 0
    assert spec["cleaning"]["dropDuplicates"] is False
    assert not {"pod", "suspend"} & spec.keys()


HISTOGRAM = {"class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 10}}


def test_the_number_of_cores_is_not_in_the_model(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(loans())
    job = msgspec.json.encode(loan_job(estimator=HISTOGRAM))
    (tmp_path / "job.json").write_bytes(job)
    digests = set()
    for threads in ("1", "2", "4"):
        out = tmp_path / threads
        arguments = ["--job", tmp_path / "job.json", "--data", tmp_path / "rows.csv", "--output", out]
        subprocess.run(
            [sys.executable, "-m", "model_server", "train", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        )
        digests.add(digest_of(out / "model.skops"))
    assert len(digests) == 1


def test_the_number_of_jobs_is_not_in_the_model(tmp_path: Path) -> None:
    digests = set()
    for jobs in ("null", "1", "2", "-1"):
        params = {"n_estimators": 5, "n_jobs": jobs, "verbose": "0", "warm_start": "true"}
        forest = {"class": "sklearn.ensemble.RandomForestClassifier", "params": params}
        train_rows(tmp_path, loans(200), loan_job(estimator=forest))
        digests.add(digest_of(tmp_path / "out/model.skops"))
    assert len(digests) == 1


def test_three_hundred_rounds_of_boosting_on_digits_fit_into_a_file(tmp_path: Path) -> None:
    rounds = 20  # 300 of them take a minute, and each adds as much to the file
    params = {"n_estimators": rounds, "max_depth": 2, "subsample": "0.3"}
    boosting = {"class": "sklearn.ensemble.GradientBoostingClassifier", "params": params}
    job = make_job(estimator=boosting, data={"uri": "builtin://digits", "target": "target"})
    train(Order(job, tmp_path), Lines(io.StringIO()))
    with zipfile.ZipFile(tmp_path / "model.skops") as archive:
        size = archive.getinfo("schema.json").file_size
    assert size * 300 / rounds < MAX_SCHEMA_BYTES / 2
