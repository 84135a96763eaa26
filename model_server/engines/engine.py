"""How the rest of the server reaches a model: one matrix in, one prediction out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model_server.rows.matrix import Matrix


@dataclass(frozen=True)
class Prediction:
    """What a model answers for a matrix: per row a label or number, a score, and a probability per class.

    `scores` are what profiles count (see `scores.py`); `threshold` is where they decide between two classes.
    """

    values: NDArray[Any]
    scores: NDArray[np.float64]
    threshold: float | None = None
    probabilities: NDArray[np.float64] | None = None

    @property
    def rows(self) -> int:
        """Return the number of rows answered."""
        return len(self.values)

    # The way back from a batch: rows keep the order in which `concatenate` put them together.
    def split(self, sizes: Sequence[int]) -> list["Prediction"]:
        """Return the predictions of consecutive runs of rows that have these sizes."""
        return [self.part(start, end) for start, end in pairwise(accumulate(sizes, initial=0))]

    def part(self, start: int, end: int) -> "Prediction":
        """Return the prediction of the rows from `start` to before `end`."""
        probabilities = None if self.probabilities is None else self.probabilities[start:end]
        return replace(
            self,
            values=self.values[start:end],
            scores=self.scores[start:end],
            probabilities=probabilities,
        )


class ModelFailed(Exception):  # noqa: N818  it is an answer to the request
    """The model has no answer for rows that its signature allows: a fault of its own, never the client's."""


def join(parts: Sequence[Prediction]) -> Prediction:
    """Return the predictions of consecutive runs of rows as one; the way back from `split`."""
    first = parts[0]
    probabilities = [part.probabilities for part in parts if part.probabilities is not None]
    return replace(
        first,
        values=np.concatenate([part.values for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        probabilities=np.concatenate(probabilities) if probabilities else None,
    )


class Engine(Protocol):
    """A model that is ready to answer; safe to call from several threads."""

    @property
    def classes(self) -> tuple[Any, ...]:
        """Return the labels in the order of the probabilities; none for a regressor."""
        ...

    @property
    def has_probabilities(self) -> bool:
        """Return whether predictions come with a probability per class."""
        ...

    @property
    def width(self) -> int | None:
        """Return how many columns the model reads, when it knows."""
        ...

    def predict(self, matrix: Matrix) -> Prediction:
        """Return the answer, or raise `Refusal` for values that have none, `ModelFailed` for a fault of the model."""
        ...
