"""Metrics of regressors: a number, or why there is none for these rows."""

import numpy as np

from model_server.train.fit.answers import Answers, Undefined, Value, one_value


def r2(answers: Answers) -> Value:
    """Return the share of the variance explained; not defined without variance."""
    from sklearn.metrics import r2_score  # noqa: PLC0415  see confusion_metric

    return one_value(answers) or float(r2_score(answers.truth, answers.predicted))


def mae(answers: Answers) -> float:
    """Return the mean absolute error."""
    return float(np.mean(np.abs(answers.truth - answers.predicted)))


def mse(answers: Answers) -> float:
    """Return the mean squared error."""
    return float(np.mean((answers.truth - answers.predicted) ** 2))


def rmse(answers: Answers) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mse(answers)))


def mape(answers: Answers) -> Value:
    """Return the mean absolute error as a fraction of the truth; not defined when a truth is 0."""
    noughts = int((answers.truth == 0).sum())
    if noughts:
        return Undefined(f"{noughts} of the {len(answers.truth)} {answers.rows} have the target 0")
    return float(np.mean(np.abs((answers.truth - answers.predicted) / answers.truth)))


def smape(answers: Answers) -> float:
    """Return the mean of 2|p - t| / (|p| + |t|), from 0 to 2; 0 where both are 0."""
    size = np.abs(answers.truth) + np.abs(answers.predicted)
    distance = 2 * np.abs(answers.truth - answers.predicted)
    return float(np.mean(np.divide(distance, size, out=np.zeros_like(size), where=size > 0)))
