"""Engines that take their time, and engines that fail."""

import threading
from typing import Any

import numpy as np

from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix


class WaitingEngine:
    """An engine that answers once it is allowed to."""

    classes: tuple[Any, ...] = (0, 1)
    has_probabilities = False
    width: int | None = 2

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.allowed = threading.Event()
        self.rows: list[int] = []

    def predict(self, matrix: Matrix) -> Prediction:
        """Wait, then answer zero."""
        self.rows.append(matrix.rows)
        self.asked.set()
        self.allowed.wait(60)
        return Prediction(np.zeros(matrix.rows, dtype=np.int64), np.zeros(matrix.rows))


class FailingEngine:
    """An engine with a fault of its own."""

    classes: tuple[Any, ...] = (0, 1)
    has_probabilities = False
    width: int | None = 2

    def predict(self, _: Matrix) -> Prediction:
        """Fail."""
        raise RuntimeError("a fault of ours")
