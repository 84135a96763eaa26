"""One number per row that stands for a model's answer: what the profile counts, in trainer and server alike.

Regression: the prediction. Two classes: the probability (threshold 0.5) or the decision value (threshold 0)
of the positive one. More classes: the highest probability or decision value, which no threshold divides.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBABILITY_THRESHOLD = 0.5
DECISION_THRESHOLD = 0.0
SECOND = (
    1  # the place of the positive class where none was named; a decision value above 0 means the second, too
)


def score_classes(answers: NDArray[np.float64], positive: int = SECOND) -> NDArray[np.float64]:
    """Return the score of each row of probabilities or decision values, [rows] or [rows, classes].

    `positive` is the place of the positive class, which counts where there are two.
    """
    if answers.ndim == 1:
        return answers if positive == SECOND else -answers
    if answers.shape[1] == 2:
        return answers[:, positive]
    highest: NDArray[np.float64] = answers.max(axis=1)
    return highest


def score_numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the score of each predicted number; of several numbers a row, the first."""
    return np.asarray(values, dtype=np.float64).reshape(len(values), -1)[:, 0]
