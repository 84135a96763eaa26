"""What to know before a model is trusted stands in its outcome, most important first."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_server.contract.outcome import InputRefused
from tests.server.train.making import LINE, LOGISTIC, loan_job, loans, make_job, train_rows

RNG = np.random.default_rng(3)
COINS = "x,z,y\n" + "".join(
    f"{x:.4f},{z:.4f},{int(y)}\n" for x, z, y in RNG.random((400, 3)).round(4) * [1, 1, 2]
)


def marked(mark: Any) -> str:
    """Return rows whose target a column tells in part, and another one by this function of target and row."""
    lines = ["x,mark,y"]
    for row in range(600):
        y = int((row * 37) % 101 < 40) ^ int(row % 7 == 0)
        lines.append(f"{(row * 37) % 101},{mark(y, row)},{y}")
    return "\n".join(lines) + "\n"


FOREST = {"class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 5}}
ONCE = {"class": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 1}}
LINEAR_ROWS = "x,z,y\n" + "".join(f"{n % 17},{n % 5},{3 * (n % 17) + 1}\n" for n in range(300))
WARNED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a number that is the target in another form": (
        marked(lambda y, row: y * 10 + row % 3),
        {"estimator": LOGISTIC},
        'column "mark" alone tells the target: AUC 1 on held-out rows',
    ),
    "a category that is the target in another form": (
        marked(lambda y, row: ("kept", "closed")[y] + "abc"[row % 3]),
        {"estimator": LOGISTIC},
        'column "mark" alone tells the target: AUC 1 on held-out rows',
    ),
    "a number of which the target is a straight line": (
        LINEAR_ROWS,
        {},
        'column "x" alone tells the target: R2 1 on held-out rows',
    ),
    "a model that learned nothing": (
        COINS,
        {"estimator": {"class": "sklearn.ensemble.GradientBoostingClassifier"}},
        "the model does not beat guessing the class shares of the training rows: ",
    ),
    "numbers that nothing tells": (
        COINS.replace("\n", ".5\n").replace("y.5\n", "y\n"),
        {"estimator": {"class": "sklearn.tree.DecisionTreeRegressor"}},
        "the model does not beat guessing the mean of the training rows: r2 is -",
    ),
    "a fit that did not converge": (
        loans(300),
        {"estimator": ONCE, "data": {"target": "defaulted"}},
        "ConvergenceWarning: ",
    ),
    "a metric without a value": (
        "t,x,y\n" + "".join(f"{n},{n % 7},{'b' if n % 9 == 0 and n < 40 else 'a'}\n" for n in range(60)),
        {"estimator": LOGISTIC, "data": {"split": {"method": "Time", "timeColumn": "t"}}},
        'rocAuc is not defined: all 12 held-out rows are of class "a"',
    ),
    "a store that nobody told the run to write to": (
        LINE,
        {"output": {"uri": "s3://lake/models"}},
        "to upload them, pass --output-uri s3://lake/models",
    ),
}


@pytest.mark.parametrize("case", WARNED)
def test_it_is_warned_of(case: str, tmp_path: Path) -> None:
    rows, spec, words = WARNED[case]
    outcome = train_rows(tmp_path, rows, make_job(**spec))
    assert outcome.outcome == "Succeeded"
    assert [one for one in outcome.warnings if words in one], outcome.warnings
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert [one for one in report["warnings"] if words in one]
    assert words.partition(":")[0] in (tmp_path / "out/model-card.md").read_text()


def test_a_sound_model_is_not_warned_of(tmp_path: Path) -> None:
    once = loan_job(cleaning={"dropDuplicates": True})
    assert train_rows(tmp_path, loans(), once).warnings == ()


def test_the_baseline_has_the_metrics_of_class_shares(tmp_path: Path) -> None:
    outcome = train_rows(tmp_path, loans(), loan_job())
    assert outcome.baseline["rocAuc"] == "0.5"
    assert float(outcome.baseline["accuracy"]) == pytest.approx(142 / 240, abs=1e-6)
    assert "precision" not in outcome.baseline
    assert f"| {outcome.metrics['rocAuc']} | 0.5 |" in (tmp_path / "out/model-card.md").read_text()


HUGE = "x,y\n" + "".join(f"{'1e200' if n % 9 else n},{n % 2}\n" for n in range(200))
NO_CRASH: dict[str, dict[str, Any]] = {
    "numbers too large to be scaled": {},
    "numbers too large to be squared": {"preprocessing": {"numeric": {"scale": "None"}}},
}


@pytest.mark.parametrize("spec", NO_CRASH.values(), ids=NO_CRASH)
def test_numbers_too_large_are_refused_by_the_name_of_their_column(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    job = make_job(estimator={"class": "sklearn.naive_bayes.GaussianNB"}, **spec)
    with pytest.raises(InputRefused) as told:
        train_rows(tmp_path, HUGE, job)
    assert told.value.reason == "TrainingFailed"
    assert "GaussianNB" in told.value.message
    assert 'column "x", up to 1e+200' in told.value.message


def test_values_that_are_missing_are_called_so(tmp_path: Path) -> None:
    rows = "x,z,y\n" + "".join(f"{'' if n % 9 == 0 else n},{n % 5},{n % 2}\n" for n in range(90))
    job = make_job(estimator=LOGISTIC, preprocessing={"numeric": {"impute": "None"}})
    with pytest.raises(InputRefused, match="the rows have missing values"):
        train_rows(tmp_path, rows, job)
