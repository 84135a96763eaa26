"""A loaded version, complete: who it is, how it answers, what it counts."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from model_server.contract.identity import Identity
from model_server.counts.counts import Counts
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Engine, ModelFailed, Prediction
from model_server.rows.matrix import Matrix, concatenate
from model_server.rows.refusal import Refusal

logger = logging.getLogger("model_server")


@dataclass(frozen=True)
class ServedModel:
    """Everything a request needs once the model is loaded."""

    identity: Identity
    engine: Engine
    counts: Counts
    metrics: Metrics


def predict(served: ServedModel, matrices: Sequence[Matrix]) -> list[Prediction | Refusal]:
    """Return the prediction of each matrix, asked for all rows at once, and count what was answered.

    A matrix whose rows the model refuses or fails on has a refusal in its place, and no other matrix suffers from it.
    """
    rows = concatenate(matrices)
    try:
        prediction = served.engine.predict(rows)
    except (Refusal, ModelFailed) as error:
        if len(matrices) == 1:
            return [refusal_of(served, error)]
        # The model refuses a batch as a whole; asked one by one, only the guilty are refused, by their own rows.
        return [outcome for matrix in matrices for outcome in predict(served, [matrix])]
    served.counts.add(rows, prediction)
    return list(prediction.split([matrix.rows for matrix in matrices]))


def refusal_of(served: ServedModel, error: Refusal | ModelFailed) -> Refusal:
    """Return what the client is told, and count what is the model's own fault: its version may be rolled back."""
    if isinstance(error, Refusal):
        return error
    logger.error("failing to predict", exc_info=error)
    served.metrics.count_failure()
    return Refusal(500, "the model failed on these rows; the server's log says why")
