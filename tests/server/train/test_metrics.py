"""Metrics are those of scikit-learn, and a metric that is not defined is not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier

from model_server.train.fit.answers import answers_of
from model_server.train.fit.metrics import CLASSIFICATION, decimal, measured
from tests.server.train.making import loan_job, loans, train_rows

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 4))
TWO = (ROWS[:, 0] + RNG.normal(size=300) > 0).astype(int)
THREE = np.digitize(ROWS[:, 0] + RNG.normal(size=300), (-0.5, 0.5))
NUMBER = 5 + ROWS @ np.array([1.0, 2.0, 0.0, -1.0]) + RNG.normal(size=300)

Theirs = dict[str, Callable[[Any, Any, Any], float]]

BINARY: Theirs = {
    "accuracy": lambda t, p, _: sk.accuracy_score(t, p),
    "balancedAccuracy": lambda t, p, _: sk.balanced_accuracy_score(t, p),
    "mcc": lambda t, p, _: sk.matthews_corrcoef(t, p),
    "averagePrecision": lambda t, _, q: sk.average_precision_score(t, q[:, 1]),
    "precision": lambda t, p, _: sk.precision_score(t, p),
    "recall": lambda t, p, _: sk.recall_score(t, p),
    "f1": lambda t, p, _: sk.f1_score(t, p),
    "rocAuc": lambda t, _, q: sk.roc_auc_score(t, q[:, 1]),
    "logLoss": lambda t, _, q: sk.log_loss(t, q),
    "brier": lambda t, _, q: sk.brier_score_loss(t, q[:, 1]),
}
MULTICLASS: Theirs = {
    "accuracy": lambda t, p, _: sk.accuracy_score(t, p),
    "balancedAccuracy": lambda t, p, _: sk.balanced_accuracy_score(t, p),
    "mcc": lambda t, p, _: sk.matthews_corrcoef(t, p),
    "averagePrecision": lambda t, _, q: sk.average_precision_score(t, q),
    "precision": lambda t, p, _: sk.precision_score(t, p, average="macro"),
    "recall": lambda t, p, _: sk.recall_score(t, p, average="macro"),
    "f1": lambda t, p, _: sk.f1_score(t, p, average="macro"),
    "rocAuc": lambda t, _, q: sk.roc_auc_score(t, q, multi_class="ovr"),
    "logLoss": lambda t, _, q: sk.log_loss(t, q),
}
REGRESSION: Theirs = {
    "r2": lambda t, p, _: sk.r2_score(t, p),
    "mae": lambda t, p, _: sk.mean_absolute_error(t, p),
    "mse": lambda t, p, _: sk.mean_squared_error(t, p),
    "rmse": lambda t, p, _: sk.root_mean_squared_error(t, p),
    "mape": lambda t, p, _: sk.mean_absolute_percentage_error(t, p),
    "smape": lambda t, p, _: float(np.mean(2 * abs(t - p) / (abs(t) + abs(p)))),
}
CASES = {
    "two classes": (LogisticRegression(), TWO, BINARY),
    "two classes of a forest": (RandomForestClassifier(20, random_state=0), TWO, BINARY),
    "three classes": (LogisticRegression(), THREE, MULTICLASS),
    "a number": (LinearRegression(), NUMBER, REGRESSION),
}


@pytest.mark.parametrize(("model", "target", "theirs"), CASES.values(), ids=CASES)
def test_metrics_equal_those_of_scikit_learn(model: Any, target: Any, theirs: Theirs) -> None:
    model.fit(ROWS[:200], target[:200])
    rows, truth = ROWS[200:], target[200:]
    probabilities = model.predict_proba(rows) if hasattr(model, "predict_proba") else None
    wanted = {name: score(truth, model.predict(rows), probabilities) for name, score in theirs.items()}
    assert measured(answers_of(model, rows, truth)).values == pytest.approx(wanted)


def test_without_probabilities_there_is_a_curve_but_no_loss() -> None:
    model = RidgeClassifier().fit(ROWS, TWO)
    found = measured(answers_of(model, ROWS, TWO)).values
    assert found["rocAuc"] == pytest.approx(sk.roc_auc_score(TWO, model.decision_function(ROWS)))
    assert "logLoss" not in found
    assert "brier" not in found


WORDS = np.where(TWO == 1, "bad", "ok")
CLASSES = np.array(["a", "b", "c"])[THREE]
UNDEFINED: dict[str, tuple[Any, Any, Any, dict[str, str]]] = {
    "a curve needs both classes": (
        LogisticRegression(),
        WORDS,
        WORDS == "ok",
        dict.fromkeys(
            ("rocAuc", "averagePrecision", "balancedAccuracy", "mcc"),
            f'all {(TWO == 0).sum()} held-out rows are of class "ok"',
        ),
    ),
    "a recall needs positive rows": (
        LogisticRegression(),
        TWO,
        TWO == 0,
        {"recall": f'none of the {(TWO == 0).sum()} held-out rows is "1"'},
    ),
    "a precision needs positive answers": (
        DummyClassifier(strategy="constant", constant=0),
        TWO,
        TWO >= 0,
        {"precision": 'none of the 300 held-out rows was answered "1"'},
    ),
    "a curve of three classes needs them all": (
        LogisticRegression(),
        CLASSES,
        THREE < 2,
        {"rocAuc": f'none of the {(THREE < 2).sum()} held-out rows is of class "c"'},
    ),
    "a loss needs probabilities": (
        RidgeClassifier(),
        TWO,
        TWO >= 0,
        dict.fromkeys(("logLoss", "brier"), "the estimator gives no probabilities"),
    ),
    "a Brier score is of two classes": (
        LogisticRegression(),
        THREE,
        THREE >= 0,
        {"brier": "it is of two classes, and there are 3"},
    ),
    "an explained variance needs variance": (
        LinearRegression(),
        np.where(np.arange(300) == 7, 2.5, NUMBER),
        np.arange(300) == 7,
        {"r2": "there is only one row to judge by"},
    ),
    "a relative error needs a truth that is not 0": (
        LinearRegression(),
        np.where(np.arange(300) == 7, 0.0, NUMBER),
        np.arange(300) < 50,
        {"mape": "1 of the 50 held-out rows have the target 0"},
    ),
}


@pytest.mark.parametrize(("model", "target", "chosen", "reasons"), UNDEFINED.values(), ids=UNDEFINED)
def test_what_is_not_defined_has_a_reason(
    model: Any, target: Any, chosen: Any, reasons: dict[str, str]
) -> None:
    fitted = clone(model).fit(ROWS, target)
    found = measured(answers_of(fitted, ROWS[chosen], target[chosen]))
    assert reasons.items() <= {name: why.reason for name, why in found.undefined.items()}.items()
    assert not found.values.keys() & found.undefined.keys()
    assert all(np.isfinite(value) for value in found.values.values())


def test_a_class_unknown_to_training_leaves_the_countable_metrics() -> None:
    model = LogisticRegression().fit(ROWS[THREE < 2], THREE[THREE < 2])
    found = measured(answers_of(model, ROWS, THREE))
    assert "accuracy" in found.values
    assert "is in no training row" in found.undefined["rocAuc"].reason
    assert not {"rocAuc", "logLoss", "brier"} & set(found.values)


DECIMALS = {
    "six digits are kept": (0.793456789, "0.793457"),
    "trailing noughts are not": (0.5, "0.5"),
    "a whole number": (3.0, "3"),
    "nought": (0.0, "0"),
    "nought below nought": (-0.0, "0"),
    "a small number has no exponent": (0.00012345678, "0.000123457"),
    "a large number has no exponent": (1234567.0, "1234570"),
    "a tiny number has a short exponent": (4.44089e-16, "4.44089e-16"),
    "a vanishing number is nought": (1e-200, "0"),
    "a negative number": (-12.5, "-12.5"),
}


@pytest.mark.parametrize(("value", "text"), DECIMALS.values(), ids=DECIMALS)
def test_decimals(value: float, text: str) -> None:
    assert decimal(value) == text


def test_the_outcome_has_the_metrics_of_the_held_out_rows(tmp_path: Path) -> None:
    outcome = train_rows(tmp_path, loans(), loan_job())
    assert list(outcome.metrics) == list(CLASSIFICATION)
    assert all(0 <= float(value) <= 1 for value in outcome.metrics.values())
