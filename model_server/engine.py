"""How the rest of the server reaches a model: one matrix in, one prediction out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model_server.refusal import Refusal
from model_server.signature import Matrix

# These derive the label from the probabilities in just this way, so asking twice would double the work.
ARGMAX_CLASSIFIERS = frozenset(
    {"BaggingClassifier", "ExtraTreesClassifier", "RandomForestClassifier", "CalibratedClassifierCV"}
)


@dataclass(frozen=True)
class Prediction:
    """What a model answers for a matrix: a label or number per row, and a probability per class."""

    values: NDArray[Any]
    probabilities: NDArray[np.float64] | None = None
    classes: tuple[Any, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows answered."""
        return len(self.values)

    def shown_probabilities(self) -> NDArray[np.float64] | None:
        """Return one probability per row: of the second of two classes, or of the answered class."""
        if self.probabilities is None:
            return None
        if len(self.classes) == 2:
            return self.probabilities[:, 1]
        highest: NDArray[np.float64] = self.probabilities.max(axis=1)
        return highest


class Engine(Protocol):
    """A model that is ready to answer; safe to call from several threads."""

    classes: tuple[Any, ...]

    def predict(self, matrix: Matrix) -> Prediction:
        """Return the answer, or raise `Refusal` when the model has none for these values."""
        ...


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
