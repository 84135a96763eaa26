"""One number per row that stands for a model's answer: what profiles count."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scores_of(model: Any, matrix: NDArray[Any]) -> tuple[NDArray[np.float64], float | None]:
    """Return one number per row that stands for the model's answer, and the threshold of its decision.

    Regression: the prediction. Two classes: the probability (threshold 0.5) or the decision value
    (threshold 0) of the second. More classes: the highest probability or decision value, no threshold.
    """
    if hasattr(model, "predict_proba"):
        return class_scores(np.asarray(model.predict_proba(matrix), dtype=np.float64), 0.5)
    if hasattr(model, "decision_function"):
        return class_scores(np.asarray(model.decision_function(matrix), dtype=np.float64), 0.0)
    return np.asarray(model.predict(matrix), dtype=np.float64).reshape(len(matrix)), None


def class_scores(answers: NDArray[np.float64], threshold: float) -> tuple[NDArray[np.float64], float | None]:
    """Return the score of the second of two classes with its threshold, or the highest of many."""
    if answers.ndim == 1:
        return answers, threshold
    if answers.shape[1] == 2:
        return answers[:, 1], threshold
    return answers.max(axis=1), None
