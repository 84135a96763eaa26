"""A large batch is predicted in parts, and nobody can tell from its answer."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from model_server.engines.engine import Prediction
from model_server.rows.convert import matrix_of
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import Refusal
from model_server.rows.table import table_from_list
from model_server.version.served import PART_ROWS, part_of, predict_in_parts
from tests.server.conftest import served_from
from tests.server.models import LINE, LOAN

HOMES = ("own", "boat", None, "rent", "tent")
SIZES = {"one row": (1, 0), "one part": (PART_ROWS, 0), "one row more": (PART_ROWS + 1, 2), "more": (2500, 3)}


def run(parts: Generator[None, None, Prediction]) -> tuple[Prediction, int]:
    """Return the prediction, and how often others had their turn."""
    stops = 0
    while True:
        try:
            next(parts)
        except StopIteration as end:
            return end.value, stops
        stops += 1


def loans(rows: int) -> Matrix:
    """Return rows with known, unknown and missing categories."""
    table = [[row % 97, 20 + row % 50, HOMES[row % 5], row % 2] for row in range(rows)]
    return matrix_of(LOAN, table_from_list(LOAN, "rows", table, rows))


@pytest.mark.parametrize("case", SIZES)
def test_rows_are_answered_as_if_at_once(versions: dict[str, Path], case: str) -> None:
    rows, stops = SIZES[case]
    served, matrix = served_from(versions["loan-default"]), loans(rows)
    whole = served.engine.predict(matrix)
    parts, stopped = run(predict_in_parts(served, matrix))
    assert stopped == stops
    assert np.array_equal(parts.values, whole.values)
    assert np.allclose(parts.scores, whole.scores, rtol=0, atol=1e-12)
    assert parts.probabilities is not None
    assert whole.probabilities is not None
    assert np.allclose(parts.probabilities, whole.probabilities, rtol=0, atol=1e-12)


def test_parts_keep_the_texts_of_unknown_categories() -> None:
    matrix = loans(10)
    assert matrix.others == ("boat", "tent") * 2
    assert [part_of(matrix, *place).others for place in ((0, 2), (2, 5), (5, 10))] == [
        ("boat",),
        ("tent",),
        ("boat", "tent"),
    ]


@pytest.mark.parametrize("row", [3, PART_ROWS + 7])
def test_a_refusal_numbers_the_rows_of_the_request(versions: dict[str, Path], row: int) -> None:
    values = [[1.7e308] if number == row else [1.0] for number in range(2 * PART_ROWS)]
    matrix = matrix_of(LINE, table_from_list(LINE, "rows", values, len(values)))
    with pytest.raises(Refusal, match=f"no finite answer for row {row};"):
        run(predict_in_parts(served_from(versions["linear-regression"]), matrix))
