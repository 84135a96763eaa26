"""What a fitted model says to rows whose truth is known, which is all that metrics look at."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model_server.engines.scores import SECOND
from model_server.engines.sklearn import FittedModel, Rows
from model_server.train.prepare.target import Labels

Numbers = NDArray[np.float64]
HELD_OUT_ROWS = "held-out rows"
TRAINING_ROWS = "training rows"


@dataclass(frozen=True)
class Answers:
    """What a fitted model says to rows whose truth is known; `classes` is empty for a regressor.

    `positive` is the place of the positive class, which counts where there are two; `rows` is what messages call them.
    """

    truth: Labels
    predicted: Labels
    scores: Numbers
    threshold: float | None
    classes: Labels
    probabilities: Numbers | None
    positive: int = SECOND
    rows: str = HELD_OUT_ROWS

    @property
    def known(self) -> bool:
        """Return whether every class among the rows was among the training rows."""
        return bool(np.isin(self.truth, self.classes).all())

    @property
    def is_positive(self) -> NDArray[np.bool_]:
        """Return which rows are of the positive of two classes."""
        found: NDArray[np.bool_] = self.truth == self.classes[self.positive]
        return found


class Undefined(NamedTuple):
    """Why there is no value; `by_rows` says that other rows would have one."""

    reason: str
    by_rows: bool = True


# A metric's value, or why it has none.
Value = float | Undefined


def answers_of(
    model: Any, matrix: Rows, truth: Labels, positive: int = SECOND, rows: str = HELD_OUT_ROWS
) -> Answers:
    """Return the model's predictions, scores and probabilities for the rows."""
    fitted = FittedModel(model, positive)
    prediction = fitted.predict(matrix)
    return Answers(
        truth=truth,
        predicted=prediction.values,
        scores=prediction.scores,
        threshold=prediction.threshold,
        classes=fitted.labels,
        probabilities=prediction.probabilities,
        positive=positive,
        rows=rows,
    )


def one_value(answers: Answers) -> Undefined | None:
    """Return that the truth is the same in all rows, None when it varies."""
    if (answers.truth != answers.truth[0]).any():
        return None
    if len(answers.truth) == 1:
        return Undefined("there is only one row to judge by")
    what = (
        f'are of class "{answers.truth[0]}"'
        if len(answers.classes)
        else f"have the target {answers.truth[0]:g}"
    )
    return Undefined(f"all {len(answers.truth)} {answers.rows} {what}")
