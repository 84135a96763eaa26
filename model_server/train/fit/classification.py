"""Metrics of classifiers, by scikit-learn: a number, or why there is none for these rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from model_server.train.fit.answers import Answers, Undefined, Value, one_value


def accuracy(answers: Answers) -> float:
    """Return the share of rows answered rightly."""
    return float(np.mean(answers.predicted == answers.truth))


def balanced_accuracy(answers: Answers) -> Value:
    """Return the mean over the classes of these rows of the share of their rows answered rightly."""
    if reason := one_value(answers):
        return reason
    classes = np.unique(answers.truth)
    return float(np.mean([np.mean(answers.predicted[answers.truth == one] == one) for one in classes]))


def confusion_metric(answers: Answers, name: str) -> Value:
    """Return precision, recall or f1 of the positive of two classes, or the mean over more classes."""
    from sklearn import metrics  # noqa: PLC0415  a second of start-up

    score: Callable[..., Any] = getattr(metrics, f"{name}_score")
    if len(answers.classes) != 2:
        return float(score(answers.truth, answers.predicted, average="macro", zero_division=0.0))
    answered = answers.predicted == answers.classes[answers.positive]
    value = float(score(answers.is_positive, answered, zero_division=np.nan))
    return Undefined(without_positives(answers, name)) if np.isnan(value) else value


def without_positives(answers: Answers, name: str) -> str:
    """Return why precision, recall or f1 divides by nought."""
    positive = answers.classes[answers.positive]
    verb = {"precision": "was answered", "recall": "is", "f1": "is or was answered"}[name]
    return f'none of the {len(answers.truth)} {answers.rows} {verb} "{positive}"'


def mcc(answers: Answers) -> Value:
    """Return Matthews' correlation of truth and answer, which is 0 for guessing."""
    from sklearn.metrics import matthews_corrcoef  # noqa: PLC0415  see confusion_metric

    return one_value(answers) or float(matthews_corrcoef(answers.truth, answers.predicted))


def roc_auc(answers: Answers) -> Value:
    """Return the area under the curve; of more than two classes, the mean of each against the rest."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415  see confusion_metric

    if reason := no_curve(answers):
        return reason
    if len(answers.classes) == 2:
        return float(roc_auc_score(answers.is_positive, answers.scores))
    return float(
        roc_auc_score(answers.truth, answers.probabilities, multi_class="ovr", labels=answers.classes)
    )


def average_precision(answers: Answers) -> Value:
    """Return the area under precision by recall; of more than two classes, the mean of each against the rest."""
    from sklearn.metrics import average_precision_score  # noqa: PLC0415  see confusion_metric

    if reason := no_curve(answers):
        return reason
    if len(answers.classes) == 2:
        return float(average_precision_score(answers.is_positive, answers.scores))
    truth = answers.truth[:, np.newaxis] == answers.classes
    return float(average_precision_score(truth, answers.probabilities))


def log_loss(answers: Answers) -> Value:
    """Return the mean negative log of the probability of the truth."""
    from sklearn import metrics  # noqa: PLC0415  see confusion_metric

    reason = no_probabilities(answers) or unknown_class(answers)
    return reason or float(metrics.log_loss(answers.truth, answers.probabilities, labels=answers.classes))


def brier(answers: Answers) -> Value:
    """Return the mean squared error of the probability of one of two classes, which is that of the other."""
    if len(answers.classes) != 2:
        return Undefined(f"it is of two classes, and there are {len(answers.classes)}", by_rows=False)
    reason = no_probabilities(answers) or unknown_class(answers)
    return reason or float(np.mean((answers.scores - answers.is_positive) ** 2))


def no_curve(answers: Answers) -> Undefined | None:
    """Return why rows cannot be ranked by class, None when they can."""
    reason = unknown_class(answers) or one_value(answers)
    if reason is None and len(answers.classes) > 2:
        reason = no_probabilities(answers) or absent_class(answers)
    return reason


def unknown_class(answers: Answers) -> Undefined | None:
    """Return that a class of these rows was never learned, None when all were."""
    unknown = answers.truth[~np.isin(answers.truth, answers.classes)]
    if len(unknown) == 0:
        return None
    return Undefined(f'class "{unknown[0]}" of {len(unknown)} {answers.rows} is in no training row')


def absent_class(answers: Answers) -> Undefined | None:
    """Return that a class is in none of these rows, None when each is in some."""
    absent = answers.classes[~np.isin(answers.classes, answers.truth)]
    if len(absent) == 0:
        return None
    return Undefined(f'none of the {len(answers.truth)} {answers.rows} is of class "{absent[0]}"')


def no_probabilities(answers: Answers) -> Undefined | None:
    """Return that the estimator has no probabilities, None when it has."""
    if answers.probabilities is not None:
        return None
    return Undefined("the estimator gives no probabilities", by_rows=False)
