"""Whole columns convert to what cell by cell they would; what does not convert has a cell that is bad."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server.contract.signature import Column, Signature
from model_server.engines.sklearn import SklearnEngine
from model_server.rows.cells import reader_of
from model_server.rows.check import fault_of, refuse_bad_cells
from model_server.rows.convert import FEW_ROWS, matrix_of
from model_server.rows.matrix import MISSING_CODE, OTHER_CODE, concatenate
from model_server.rows.refusal import InvalidRows, Refusal
from model_server.rows.table import Table, table_from_list
from tests.server.matrices import matrix_from_table

MIXED = Signature(
    (
        Column("free", "categorical", nullable=True),
        Column("income", "numeric", nullable=True),
        Column("age", "numeric"),
        Column("home", "categorical", ("1", "own", "rent", "true"), nullable=True),
        Column("employed", "boolean", nullable=True),
        Column("flag", "boolean"),
        Column("area", "categorical", ("north", "south")),
    )
)
PLAIN = Signature((Column("x", "numeric"), Column("y", "numeric", nullable=True)))
SIGNATURES = {"all kinds of columns": MIXED, "numbers alone": PLAIN}
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.integers(),
    st.floats(),
    st.sampled_from(("own", " rent", "north", "boat", "", "NA", "1.0", "yes", "a\0", "ä")),
    st.lists(st.none(), max_size=1),
    st.just({}),
)


def fitting(column: Column) -> st.SearchStrategy[Any]:
    """Return values that a column takes."""
    finite = st.floats(allow_nan=False, allow_infinity=False)
    numbers = finite | st.integers(-(2**70), 2**70)
    texts = st.sampled_from(("own", " rent", "boat", "north", "1.0", "TRUE", "06", "a\0", "ä"))
    if column.nullable:
        texts |= st.sampled_from(("", " NA"))
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "numeric": numbers,
        "boolean": st.sampled_from((True, False, 0, 1, 0.0, 1.0)),
        "categorical": texts if column.categories else texts | finite | st.booleans(),
    }
    return st.none() | by_type[column.type] if column.nullable else by_type[column.type]


def rows_of(signature: Signature) -> st.SearchStrategy[list[list[Any]]]:
    """Return rows of the signature."""
    row = st.tuples(*(fitting(column) for column in signature.inputs)).map(list)
    return st.lists(row, min_size=1, max_size=5)


def is_equal(one: Any, other: Any) -> bool:
    """Whether two arrays hold the same values of the same types, NaN included."""
    pairs = zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
    return one.shape == other.shape and all(
        type(left) is type(right) and (left == right or (left != left and right != right))  # noqa: PLR0124
        for left, right in pairs
    )


@pytest.mark.parametrize("case", SIGNATURES)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_rows_that_fit_become_what_the_trainer_gave_the_model(case: str, data: st.DataObject) -> None:
    signature = SIGNATURES[case]
    rows = data.draw(rows_of(signature))
    table = {column.name: [row[place] for row in rows] for place, column in enumerate(signature.inputs)}
    want = matrix_from_table(signature, table)
    objects = [dict(zip(table, row, strict=True)) for row in rows]
    for items in (rows, objects):
        matrix = matrix_of(signature, table_from_list(signature, "rows", items, 10))
        assert is_equal(SklearnEngine(None, signature).rows_of(matrix), want)
    halves = [
        matrix_of(signature, table_from_list(signature, "rows", part, 10))
        for part in (rows[:1], rows[1:])
        if part
    ]
    assert is_equal(SklearnEngine(None, signature).rows_of(concatenate(halves)), want)


@pytest.mark.parametrize("case", SIGNATURES)
@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_a_table_is_refused_when_one_of_its_cells_is_bad_and_only_then(
    case: str, data: st.DataObject
) -> None:
    signature = SIGNATURES[case]
    width = len(signature.inputs)
    cells = data.draw(st.lists(CELLS, min_size=width, max_size=3 * width))
    table = Table("rows", width, cells[: len(cells) // width * width])
    bad = None
    try:
        refuse_bad_cells(signature, table, range(width))
    except Refusal as refusal:
        bad = refusal.error
    try:
        matrix_of(signature, table)
    except Refusal as refusal:
        assert refusal.error == bad
    else:
        assert bad is None


@pytest.mark.parametrize("case", SIGNATURES)
@pytest.mark.parametrize("size", ["a few rows", "many rows"])
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_refusal_knows_every_kind_of_bad_cell(case: str, size: str, data: st.DataObject) -> None:
    signature = SIGNATURES[case]
    rows = data.draw(st.lists(st.tuples(*(CELLS,) * len(signature.inputs)), min_size=1, max_size=3))
    if size == "many rows":
        good = data.draw(st.tuples(*map(fitting, signature.inputs)))
        rows = [good] * FEW_ROWS + rows
    want = {
        (column.name, reason)
        for index, column in enumerate(signature.inputs)
        for row in rows
        if (reason := fault_of(column, row[index], reader_of(column)))
    }
    try:
        matrix_of(signature, Table("rows", len(signature.inputs), [cell for row in rows for cell in row]))
    except InvalidRows as refusal:
        assert refusal.cells == want
    else:
        assert not want


FAULTS: dict[str, tuple[str, Any, str | None]] = {
    "a number": ("age", 7, None),
    "null where it may be": ("income", None, None),
    "null where none may be": ("age", None, "missing"),
    "NaN": ("age", float("nan"), "range"),
    "an infinity in a column of categories": ("home", float("inf"), "range"),
    "a number beyond a float": ("age", 10**400, "range"),
    "a text for a number": ("age", "7", "type"),
    "a truth for a number": ("age", True, "type"),
    "a list for a category": ("home", [], "type"),
    "a number where no category is one": ("area", 7, "category"),
    "a text that is no category yet": ("area", "west", None),
    "a number that is neither 0 nor 1": ("flag", 2, "range"),
    "a text that is neither true nor false": ("flag", "perhaps", "type"),
    "a word for missing where none may be": ("area", "NA", "missing"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_with_a_cell(case: str) -> None:
    name, value, want = FAULTS[case]
    column = next(column for column in MIXED.inputs if column.name == name)
    assert fault_of(column, value, reader_of(column)) == want


def test_codes_tell_known_unknown_and_missing_apart() -> None:
    signature = Signature((Column("home", "categorical", ("own", "rent"), nullable=True),))
    table = table_from_list(signature, "rows", ["rent", "boat", None, "own", "tent"], 10)
    matrix = matrix_of(signature, table)
    assert matrix.codes.ravel().tolist() == [1, OTHER_CODE, MISSING_CODE, 0, OTHER_CODE]
    assert matrix.others == ("boat", "tent")
    assert matrix.numbers.shape == (5, 0)
