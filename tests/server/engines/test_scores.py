"""What a server counts of its answers can be compared with the profile: both take the same scores."""

import json
from pathlib import Path

import numpy as np
import pytest

from model_server.counts.bins import score_bins
from model_server.engines.engine import Prediction
from model_server.http.messages import Request
from model_server.http.paths import ROUTES
from model_server.http.readiness import Readiness
from model_server.http.respond import Asked, begin, read_question
from model_server.http.routes import Site
from model_server.settings import Settings
from model_server.version.load import load, make_served, read_manifest
from model_server.version.served import predict
from tests.server.train.making import loan_job, loans, train_rows

ESTIMATORS: dict[str, tuple[str, str, float | None]] = {
    "probabilities of two classes": ("sklearn.linear_model.LogisticRegression", "defaulted", 0.5),
    "decision values of two classes": ("sklearn.svm.LinearSVC", "defaulted", 0.0),
    "probabilities of more classes": ("sklearn.ensemble.RandomForestClassifier", "age", None),
    "decision values of more classes": ("sklearn.linear_model.RidgeClassifier", "age", None),
    "numbers": ("sklearn.linear_model.LinearRegression", "defaulted", None),
}
HELD_OUT = 400


def rows_with_ages(count: int) -> str:
    """Return the rows of `loans` with one more column of three values, which follows income."""
    header, *lines = loans(count).splitlines()
    ages = ("young", "old", "middle")
    shown = [f"{line},{ages[(row * 37) % 101 // 34]}" for row, line in enumerate(lines)]
    return "\n".join([f"{header},age", *shown]) + "\n"


@pytest.mark.parametrize("case", ESTIMATORS)
def test_the_servers_scores_of_the_held_out_rows_are_those_of_the_profile(case: str, tmp_path: Path) -> None:
    estimator, target, threshold = ESTIMATORS[case]
    rows = rows_with_ages(5 * HELD_OUT)
    data = {"target": target, "split": {"method": "Time", "timeColumn": "id"}}
    outcome = train_rows(tmp_path, rows, loan_job(estimator={"class": estimator}, data=data))
    assert outcome.outcome == "Succeeded", outcome.message
    served = make_served(load(read_manifest(tmp_path / "out/modelversion.json")), "")
    site = Site(ROUTES, Readiness(served, ""), Settings())
    held_out = [line.split(",") for line in rows.splitlines()[1:]][-HELD_OUT:]
    instances = [[float(row[1]) if row[1] else None, row[2] or None, row[3] == "true"] for row in held_out]
    asked = begin(site, Request("POST", "/api/v1/models/loan/predict"))
    assert isinstance(asked, Asked)
    question = read_question(asked, json.dumps({"instances": instances}).encode())
    [prediction] = predict(served, [question.matrix])
    assert isinstance(prediction, Prediction)
    profile = load(read_manifest(tmp_path / "out/modelversion.json")).profile
    assert profile is not None
    counts = np.bincount(score_bins(profile.score, prediction.scores), minlength=len(profile.score.counts))
    assert tuple(counts) == profile.score.counts
    assert prediction.threshold == profile.score.threshold == threshold
