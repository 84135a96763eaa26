"""How the rest of the server reaches a model: one matrix in, one prediction out."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model_server.contract.signature import Matrix

# These derive the label from the probabilities in just this way, so asking twice would double the work.


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
