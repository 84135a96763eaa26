"""A fitted scikit-learn estimator or pipeline as an engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model_server.contract.signature import Matrix
from model_server.engines.engine import Prediction
from model_server.rows.refusal import Refusal

ARGMAX_CLASSIFIERS = frozenset(
    {"BaggingClassifier", "ExtraTreesClassifier", "RandomForestClassifier", "CalibratedClassifierCV"}
)


class SklearnEngine:
    """A fitted scikit-learn estimator or pipeline, asked by its own methods."""

    def __init__(self, model: Any) -> None:
        self.model = model
        classes = getattr(model, "classes_", None)
        self.classes: tuple[Any, ...] = () if classes is None else tuple(np.asarray(classes).tolist())
        self.has_probabilities = bool(self.classes) and hasattr(model, "predict_proba")
        self.is_argmax = type(last_step(model)).__name__ in ARGMAX_CLASSIFIERS

    def predict(self, matrix: Matrix) -> Prediction:
        """Return label and probabilities, or raise `Refusal` for values the model cannot take."""
        try:
            with np.errstate(all="ignore"):
                prediction = self.answer(matrix)
        except (ValueError, ArithmeticError) as error:
            reason = " ".join(str(error).split())[:200]
            raise Refusal(400, f"the model does not take these values: {reason}") from error
        refuse_infinite(prediction)
        return prediction

    def answer(self, matrix: Matrix) -> Prediction:
        """Return what the estimator's methods say."""
        if not self.classes:
            return Prediction(np.asarray(self.model.predict(matrix), dtype=np.float64))
        if not self.has_probabilities:
            return Prediction(np.asarray(self.model.predict(matrix)), None, self.classes)
        probabilities = np.asarray(self.model.predict_proba(matrix), dtype=np.float64)
        if self.is_argmax:
            values = np.asarray(self.model.classes_).take(probabilities.argmax(axis=1))
        else:
            values = np.asarray(self.model.predict(matrix))
        return Prediction(values, probabilities, self.classes)


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
