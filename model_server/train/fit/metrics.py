"""Metrics of predictions, by scikit-learn; one that is not defined for these rows is left out, never NaN."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.engines.sklearn import FittedModel, Rows
from model_server.train.prepare.target import Labels

CLASSIFICATION = ("accuracy", "precision", "recall", "f1", "rocAuc", "logLoss", "brier")
REGRESSION = ("r2", "mae", "mse", "rmse", "mape", "smape")
HEADLINE = {True: ("rocAuc", "accuracy"), False: ("r2", "rmse")}
SMALLEST, LARGEST = (
    1e-99,
    1e99,
)  # smaller counts as 0, larger as not defined: the CRDs take two digits of exponent
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What a fitted model says to rows whose truth is known; `classes` is empty for a regressor."""

    truth: Labels
    predicted: Labels
    scores: Numbers
    threshold: float | None
    classes: Labels
    probabilities: Numbers | None

    @property
    def known(self) -> bool:
        """Return whether every class among the rows was among the training rows."""
        return bool(np.isin(self.truth, self.classes).all())


def answers_of(model: Any, matrix: Rows, truth: Labels) -> Answers:
    """Return the model's predictions, scores and probabilities for the rows."""
    fitted = FittedModel(model)
    prediction = fitted.predict(matrix)
    return Answers(
        truth=truth,
        predicted=prediction.values,
        scores=prediction.scores,
        threshold=prediction.threshold,
        classes=fitted.labels,
        probabilities=prediction.probabilities,
    )


def measured(answers: Answers) -> dict[str, float]:
    """Return every metric that is defined, in the order of CLASSIFICATION or REGRESSION."""
    if len(answers.truth) == 0:
        return {}
    names = CLASSIFICATION if len(answers.classes) else REGRESSION
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not defined
        found = {name: METRICS[name](answers) for name in names}
    return {name: float(value) for name, value in found.items() if value is not None and abs(value) < LARGEST}


def accuracy(answers: Answers) -> float:
    """Return the share of rows answered rightly."""
    return float(np.mean(answers.predicted == answers.truth))


def confusion_metric(answers: Answers, name: str) -> float | None:
    """Return precision, recall or f1 of the second of two classes, or the mean over more classes."""
    from sklearn import metrics  # noqa: PLC0415  a second of start-up

    score: Callable[..., Any] = getattr(metrics, f"{name}_score")
    if len(answers.classes) != 2:
        return float(score(answers.truth, answers.predicted, average="macro", zero_division=0.0))
    positive = answers.classes[1]
    value = score(answers.truth == positive, answers.predicted == positive, zero_division=np.nan)
    return float(value)


def roc_auc(answers: Answers) -> float | None:
    """Return the area under the curve; of more than two classes, the mean of each against the rest."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415  see confusion_metric

    if len(np.unique(answers.truth)) != len(answers.classes) or not answers.known:
        return None
    if len(answers.classes) == 2:
        return float(roc_auc_score(answers.truth == answers.classes[1], answers.scores))
    if answers.probabilities is None:
        return None
    return float(
        roc_auc_score(answers.truth, answers.probabilities, multi_class="ovr", labels=answers.classes)
    )


def log_loss(answers: Answers) -> float | None:
    """Return the mean negative log of the probability of the truth."""
    from sklearn import metrics  # noqa: PLC0415  see confusion_metric

    if answers.probabilities is None or not answers.known:
        return None
    return float(metrics.log_loss(answers.truth, answers.probabilities, labels=answers.classes))


def brier(answers: Answers) -> float | None:
    """Return the mean squared error of the probability of the second of two classes."""
    if answers.probabilities is None or len(answers.classes) != 2 or not answers.known:
        return None
    return float(np.mean((answers.probabilities[:, 1] - (answers.truth == answers.classes[1])) ** 2))


def r2(answers: Answers) -> float | None:
    """Return the share of the variance explained; not defined without variance."""
    from sklearn.metrics import r2_score  # noqa: PLC0415  see confusion_metric

    if len(answers.truth) < 2 or np.ptp(answers.truth) == 0:
        return None
    return float(r2_score(answers.truth, answers.predicted))


def mae(answers: Answers) -> float:
    """Return the mean absolute error."""
    return float(np.mean(np.abs(answers.truth - answers.predicted)))


def mse(answers: Answers) -> float:
    """Return the mean squared error."""
    return float(np.mean((answers.truth - answers.predicted) ** 2))


def rmse(answers: Answers) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mse(answers)))


def mape(answers: Answers) -> float | None:
    """Return the mean absolute error as a fraction of the truth; not defined when a truth is 0."""
    if (answers.truth == 0).any():
        return None
    return float(np.mean(np.abs((answers.truth - answers.predicted) / answers.truth)))


def smape(answers: Answers) -> float:
    """Return the mean of 2|p - t| / (|p| + |t|), from 0 to 2; 0 where both are 0."""
    size = np.abs(answers.truth) + np.abs(answers.predicted)
    distance = 2 * np.abs(answers.truth - answers.predicted)
    return float(np.mean(np.divide(distance, size, out=np.zeros_like(size), where=size > 0)))


METRICS: dict[str, Callable[[Answers], float | None]] = {
    "accuracy": accuracy,
    "precision": partial(confusion_metric, name="precision"),
    "recall": partial(confusion_metric, name="recall"),
    "f1": partial(confusion_metric, name="f1"),
    "rocAuc": roc_auc,
    "logLoss": log_loss,
    "brier": brier,
    "r2": r2,
    "mae": mae,
    "mse": mse,
    "rmse": rmse,
    "mape": mape,
    "smape": smape,
}


def decimal(value: float) -> str:
    """Return the value with at most six significant digits, without an exponent where that stays short.

    The result fits the pattern of decimals in the CRDs, whose exponents have two digits.
    """
    rounded = float(f"{value:.6g}")
    if abs(rounded) < SMALLEST:
        return "0"
    if 1e-9 < abs(rounded) < 1e15:
        return np.format_float_positional(rounded, trim="-")
    return f"{rounded:.6g}"
