"""Whatever bytes come, the answer is a matrix or a refusal."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server.protocols.dialect import Dialect
from model_server.protocols.v1 import ANY_ROWS, PLAIN, V1
from model_server.protocols.v2 import V2
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import Refusal, error_body
from tests.server.models import LOAN

DIALECTS = {"V1": V1, "plain": PLAIN, "any rows": ANY_ROWS, "V2": V2}
KEYS = (
    "instances",
    "features",
    "inputs",
    "income",
    "age",
    "home",
    "employed",
    "name",
    "shape",
    "datatype",
    "data",
)
NAMES = st.sampled_from((*KEYS, "FP64", "BYTES", "BOOL")) | st.text(max_size=5)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | NAMES
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), max_size=4)


def answer_or_refusal(dialect: Dialect, body: bytes) -> Matrix | dict[str, Any]:
    """Return the matrix a body leads to, or the refusal's body, along the server's own path."""
    try:
        return dialect.read(body, {}, LOAN, 10).matrix
    except Refusal as refusal:
        assert 400 <= refusal.status < 500
        told: dict[str, Any] = json.loads(error_body(refusal.error, refusal.field))
        return told


def is_clear(outcome: Matrix | dict[str, Any]) -> bool:
    """Whether the outcome is a matrix of finite or missing cells, or a short sentence."""
    if isinstance(outcome, dict):
        return 10 < len(outcome["error"]) < 1000
    widths = (outcome.numbers.shape[1], outcome.codes.shape[1])
    return widths == (3, 1) and not np.isinf(outcome.numbers).any()


@pytest.mark.parametrize("dialect", DIALECTS)
@given(body=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_bytes(dialect: str, body: bytes) -> None:
    assert is_clear(answer_or_refusal(DIALECTS[dialect], body))


@pytest.mark.parametrize("dialect", DIALECTS)
@given(document=DOCUMENTS, key=st.sampled_from(KEYS[:3]))
@settings(max_examples=300, deadline=None)
def test_random_documents(dialect: str, document: Any, key: str) -> None:
    body = json.dumps({key: document}).encode()
    assert is_clear(answer_or_refusal(DIALECTS[dialect], body))


@given(rows=ROWS)
@settings(max_examples=300, deadline=None)
def test_random_rows(rows: Any) -> None:
    assert is_clear(answer_or_refusal(V1, json.dumps({"instances": rows}).encode()))


@given(values=st.lists(VALUES, max_size=4), shape=st.lists(st.integers(-1, 5), max_size=3), datatype=NAMES)
@settings(max_examples=300, deadline=None)
def test_random_tensors(values: Any, shape: list[int], datatype: str) -> None:
    tensor = {"name": "rows", "shape": shape, "datatype": datatype, "data": values}
    assert is_clear(answer_or_refusal(V2, json.dumps({"inputs": [tensor]}).encode()))


@given(
    rows=st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9)),
        min_size=1,
        max_size=5,
    )
)
@settings(deadline=None)
def test_good_rows_become_their_own_matrix(rows: list[tuple[float, int]]) -> None:
    body = json.dumps({"instances": [[one, two, "own", True] for one, two in rows]}).encode()
    matrix = answer_or_refusal(V1, body)
    assert isinstance(matrix, Matrix)
    assert matrix.numbers.tolist() == [[one, float(two), 1.0] for one, two in rows]
    assert matrix.codes.tolist() == [[0]] * len(rows)
