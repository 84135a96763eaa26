"""A loaded version, complete: who it is, how it answers, what it counts."""

import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from model_server.contract.identity import Identity
from model_server.counts.counts import Counts
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Engine, ModelFailed, Prediction, join
from model_server.rows.matrix import OTHER_CODE, Matrix, concatenate
from model_server.rows.refusal import Refusal

# Rows that are predicted without a stop. Fewer make large batches slow: each call of scikit-learn takes a
# millisecond before the first row.
PART_ROWS = 1000

logger = logging.getLogger("model_server")


@dataclass(frozen=True)
class ServedModel:
    """Everything a request needs once the model is loaded; `profile_file` has the bytes of that file as stored."""

    identity: Identity
    engine: Engine
    counts: Counts
    metrics: Metrics
    profile_file: bytes | None = None


def predict(served: ServedModel, matrices: Sequence[Matrix]) -> list[Prediction | Refusal]:
    """Return the prediction of each matrix, asked for all rows at once.

    A matrix whose rows the model refuses or fails on has a refusal in its place, and no other matrix suffers from it.
    """
    rows = concatenate(matrices)
    try:
        prediction = served.engine.predict(rows)
    except (Refusal, ModelFailed) as error:
        if len(matrices) == 1:
            return [error if isinstance(error, Refusal) else fault_of(served, error)]
        # The model refuses a batch as a whole; asked one by one, only the guilty are refused, by their own rows.
        return [outcome for matrix in matrices for outcome in predict(served, [matrix])]
    return list(prediction.split([matrix.rows for matrix in matrices]))


def predict_in_parts(served: ServedModel, matrix: Matrix) -> Generator[None, None, Prediction]:
    """Return the prediction of one matrix, or raise `Refusal`; yield before each part when there are several."""
    if matrix.rows <= PART_ROWS:
        return predict_one(served, matrix)
    predictions = []
    for start in range(0, matrix.rows, PART_ROWS):
        yield
        end = min(start + PART_ROWS, matrix.rows)
        try:
            predictions.append(predict_one(served, part_of(matrix, start, end)))
        except Refusal as refusal:
            if refusal.status >= 500:
                raise
            # The sentence numbers the rows of the part; asked with those before them, it numbers the request's.
            predictions = [predict_one(served, part_of(matrix, 0, end))]
    return join(predictions)


def fault_of(served: ServedModel, error: ModelFailed) -> Refusal:
    """Return what the client is told of a fault of the model, and count it: the version may be rolled back."""
    logger.error("failing to predict", exc_info=error)
    served.metrics.count_failure()
    return Refusal(500, "the model failed on these rows; the server's log says why")


def predict_one(served: ServedModel, matrix: Matrix) -> Prediction:
    """Return the prediction of one matrix, or raise `Refusal`."""
    [outcome] = predict(served, [matrix])
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def part_of(matrix: Matrix, start: int, end: int) -> Matrix:
    """Return the rows from `start` to before `end`."""
    others = np.count_nonzero(matrix.codes[:end] == OTHER_CODE, axis=1)
    first = int(others[:start].sum())
    return Matrix(
        matrix.numbers[start:end],
        matrix.codes[start:end],
        matrix.others[first : first + int(others[start:].sum())],
    )
