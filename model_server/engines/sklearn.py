"""A fitted scikit-learn estimator or pipeline as an engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract.signature import Signature
from model_server.engines.engine import ModelFailed, Prediction
from model_server.engines.scores import (
    DECISION_THRESHOLD,
    PROBABILITY_THRESHOLD,
    SECOND,
    score_classes,
    score_numbers,
)
from model_server.rows.matrix import OTHER_CODE, Matrix
from model_server.rows.refusal import Refusal

# These derive the label from the probabilities in just this way, so asking twice would double the work.
ARGMAX_CLASSIFIERS = frozenset(
    {"BaggingClassifier", "ExtraTreesClassifier", "RandomForestClassifier", "CalibratedClassifierCV"}
)
NAN = float("nan")

# Rows as scikit-learn reads them, in trainer and server: float64 [rows, columns]; with a categorical column,
# objects, where numbers are floats and categories texts. A missing value is NaN in both.
Rows = NDArray[Any]


class FittedModel:
    """A fitted estimator or pipeline, asked by its own methods; the trainer judges by it what the server serves.

    `positive` is the place of the positive class, whose scores are given where there are two classes.
    """

    def __init__(self, model: Any, positive: int = SECOND) -> None:
        self.model = model
        self.positive = positive
        classes = getattr(model, "classes_", None)
        self.labels = np.asarray(() if classes is None else classes)
        self.has_probabilities = hasattr(model, "predict_proba")
        self.has_decisions = hasattr(model, "decision_function")
        self.is_argmax = type(last_step(model)).__name__ in ARGMAX_CLASSIFIERS

    def predict(self, rows: Rows) -> Prediction:
        """Return what the estimator's methods say about rows as scikit-learn takes them."""
        if self.has_probabilities:
            return self.predict_probabilities(rows)
        # Labels and scores are asked for separately: not every estimator decides by the sign of its score.
        values = np.asarray(self.model.predict(rows))
        if self.has_decisions:
            decisions = np.asarray(self.model.decision_function(rows), dtype=np.float64)
            threshold = DECISION_THRESHOLD if len(self.labels) == 2 else None
            return Prediction(values, score_classes(decisions, self.positive), threshold)
        if not len(self.labels):
            values = values.astype(np.float64)
        return Prediction(values, score_numbers(values))

    def predict_probabilities(self, rows: Rows) -> Prediction:
        """Return the prediction of a classifier that has probabilities."""
        probabilities = np.asarray(self.model.predict_proba(rows), dtype=np.float64)
        if self.is_argmax:
            values = self.labels.take(probabilities.argmax(axis=1))
        else:
            values = np.asarray(self.model.predict(rows))
        threshold = PROBABILITY_THRESHOLD if len(self.labels) == 2 else None
        return Prediction(values, score_classes(probabilities, self.positive), threshold, probabilities)


class SklearnEngine:
    """The engine that answers by scikit-learn itself, which reads categories as text."""

    def __init__(self, model: Any, signature: Signature) -> None:
        self.fitted = FittedModel(model, signature.positive_place)
        self.columns = len(signature.inputs)
        self.categorical = [at for at, column in enumerate(signature.inputs) if column.type == "categorical"]
        self.numeric = [at for at in range(self.columns) if at not in self.categorical]
        self.texts = [texts_of(signature.inputs[at].categories) for at in self.categorical]
        self.classes: tuple[Any, ...] = tuple(self.fitted.labels.tolist())
        self.has_probabilities = self.fitted.has_probabilities
        self.width: int | None = getattr(model, "n_features_in_", None)

    def predict(self, matrix: Matrix) -> Prediction:
        """Return label, score and probabilities, or raise `Refusal` for values the model cannot take.

        Raises `ModelFailed` when it takes none of these rows for no reason that a client could know.
        """
        try:
            # Overflow is no warning in a log but a refusal, once the answer is known.
            with np.errstate(all="ignore"):
                prediction = self.fitted.predict(self.rows_of(matrix))
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            if is_unusual(matrix):
                raise Refusal(400, f"the model does not take these values: {reason}") from error
            raise ModelFailed(reason) from error
        refuse_infinite(prediction)
        return prediction

    def rows_of(self, matrix: Matrix) -> Rows:
        """Return the rows as the trainer gave them to the model."""
        if not self.categorical:
            return matrix.numbers
        rows = np.empty((matrix.rows, self.columns), dtype=object)
        rows[:, self.numeric] = matrix.numbers
        texts = np.empty(matrix.codes.shape, dtype=object)
        for index, known in enumerate(self.texts):
            texts[:, index] = known.take(matrix.codes[:, index])
        # The model sees an unknown category as it was sent: whether it has an answer is the pipeline's matter.
        texts[matrix.codes == OTHER_CODE] = np.array(matrix.others, dtype=object)
        rows[:, self.categorical] = texts
        return rows


def is_unusual(matrix: Matrix) -> bool:
    """Return whether the rows have what a signature allows and a model may refuse: unknown texts, huge numbers."""
    # Many estimators compute with 32 bits.
    return bool(matrix.others) or bool(np.any(np.abs(matrix.numbers) > np.finfo(np.float32).max))


def texts_of(categories: Sequence[str]) -> NDArray[Any]:
    """Return the text of each code; OTHER_CODE and MISSING_CODE count from the end, as numpy counts."""
    return np.array([*categories, "", NAN], dtype=object)


def last_step(model: Any) -> Any:
    """Return the final estimator of a pipeline, or the model itself."""
    steps: Sequence[Any] = getattr(model, "steps", ())
    return last_step(steps[-1][1]) if steps else model


def refuse_infinite(prediction: Prediction) -> None:
    """Raise `Refusal` naming the first row whose answer is not a finite number."""
    for answers in (prediction.values, prediction.probabilities):
        if answers is None or answers.dtype.kind != "f" or np.isfinite(answers).all():
            continue
        row = int(np.argwhere(~np.isfinite(answers))[0][0])
        raise Refusal(400, f"the model has no finite answer for row {row}; its values are too large")
