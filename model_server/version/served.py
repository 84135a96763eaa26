"""A loaded version, complete: who it is, how it answers, what it counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from model_server.contract.identity import Identity
from model_server.counts.counts import Counts
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Engine, Prediction
from model_server.rows.matrix import Matrix, concatenate
from model_server.rows.refusal import Refusal


@dataclass(frozen=True)
class ServedModel:
    """Everything a request needs once the model is loaded."""

    identity: Identity
    engine: Engine
    counts: Counts
    metrics: Metrics


def predict(served: ServedModel, matrices: Sequence[Matrix]) -> list[Prediction | Refusal]:
    """Return the prediction of each matrix, asked for all rows at once, and count what was answered.

    A matrix whose rows the model refuses has its refusal in its place, and no other matrix suffers from it.
    """
    rows = concatenate(matrices)
    try:
        prediction = served.engine.predict(rows)
    except Refusal as refusal:
        if len(matrices) == 1:
            return [refusal]
        # The model refuses a batch as a whole; asked one by one, only the guilty are refused, by their own rows.
        return [outcome for matrix in matrices for outcome in predict(served, [matrix])]
    served.counts.add(rows, prediction)
    return list(prediction.split([matrix.rows for matrix in matrices]))
