"""What is counted of answered rows: whole numbers in arrays, so that counts of pods can be added up."""

from collections.abc import Mapping
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix

ROWS = "rows"

Page = Mapping[str, NDArray[np.int64]]


class Counts(Protocol):
    """Takes note of answered rows, without a part in answering them."""

    def add(self, matrix: Matrix, prediction: Prediction) -> None:
        """Count answered rows; called from several threads."""
        ...

    def page(self) -> Page:
        """Return copies of all counts, taken at one moment."""
        ...


class RowCounts:
    """Counts how many rows were answered."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.rows = np.zeros(1, dtype=np.int64)

    def add(self, _: Matrix, prediction: Prediction) -> None:
        """Count answered rows; called from several threads."""
        with self.lock:  # adding to an array is several steps of Python, between which threads may change
            self.rows += prediction.rows

    def page(self) -> Page:
        """Return copies of all counts, taken at one moment."""
        with self.lock:
            return {ROWS: self.rows.copy()}
