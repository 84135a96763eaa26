"""What is counted of the rows a model answered, apart from answering them."""

from collections.abc import Callable

from prometheus_client import Counter

from model_server.contract.signature import Matrix
from model_server.engines.engine import Prediction

# Takes note of answered rows; called from worker threads, after the prediction.
Count = Callable[[Matrix, Prediction], None]


def count_rows(rows: Counter) -> Count:
    """Return a count that knows how many rows there were."""

    def count(_: Matrix, prediction: Prediction) -> None:
        rows.inc(prediction.rows)

    return count
