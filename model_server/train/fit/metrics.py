"""Which metrics there are, and all of them for one set of answers; none is ever NaN."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from model_server.train.fit import classification, regression
from model_server.train.fit.answers import Answers, Undefined, Value

HEADLINE = {True: ("rocAuc", "accuracy"), False: ("r2", "rmse")}
# Smaller counts as 0, larger as not defined: the CRDs take two digits of exponent.
SMALLEST, LARGEST = 1e-99, 1e99
CLASSIFICATION: Mapping[str, Callable[[Answers], Value]] = {
    "accuracy": classification.accuracy,
    "balancedAccuracy": classification.balanced_accuracy,
    "precision": partial(classification.confusion_metric, name="precision"),
    "recall": partial(classification.confusion_metric, name="recall"),
    "f1": partial(classification.confusion_metric, name="f1"),
    "mcc": classification.mcc,
    "rocAuc": classification.roc_auc,
    "averagePrecision": classification.average_precision,
    "logLoss": classification.log_loss,
    "brier": classification.brier,
}
REGRESSION: Mapping[str, Callable[[Answers], Value]] = {
    "r2": regression.r2,
    "mae": regression.mae,
    "mse": regression.mse,
    "rmse": regression.rmse,
    "mape": regression.mape,
    "smape": regression.smape,
}


class Measured(NamedTuple):
    """Every metric that is defined, and why the others are not."""

    values: dict[str, float]
    undefined: dict[str, Undefined]


def measured(answers: Answers) -> Measured:
    """Return the metrics of these answers, in the order of CLASSIFICATION or REGRESSION."""
    metrics = CLASSIFICATION if len(answers.classes) else REGRESSION
    if len(answers.truth) == 0:
        return Measured({}, dict.fromkeys(metrics, Undefined(f"there are no {answers.rows}")))
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not defined
        found = {name: bounded(metric(answers)) for name, metric in metrics.items()}
    return Measured(
        {name: value for name, value in found.items() if not isinstance(value, Undefined)},
        {name: value for name, value in found.items() if isinstance(value, Undefined)},
    )


def bounded(value: Value) -> Value:
    """Return the value, or Undefined for one that no decimal of the CRDs holds."""
    if isinstance(value, Undefined):
        return value
    return float(value) if abs(value) < LARGEST else Undefined("its value is too large to be written")


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
