"""From a table to the matrix, a whole column or block at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract.signature import Column, Signature
from model_server.rows.categories import Codes
from model_server.rows.cells import NAN, NUMBERS, read_truth
from model_server.rows.check import refuse_bad_cells
from model_server.rows.matrix import MISSING_CODE, OTHER_CODE, Matrix
from model_server.rows.spelling import category_of, missing_numbers
from model_server.rows.table import Table

NUMERIC_TYPES = {"numeric": NUMBERS, "boolean": NUMBERS | {bool}}
NULL = frozenset({NoneType})
FEW_ROWS = 50  # for so many, looking at each cell is quicker than converting each column


@dataclass(frozen=True)
class Layout:
    """Which columns go into which block, and the codes of those that are categorical."""

    columns: tuple[Column, ...]
    numeric: tuple[int, ...]
    truths: list[int]  # which columns of the block of numbers are boolean
    categorical: tuple[int, ...]
    codes: tuple[Codes, ...]
    stand_ins: tuple[
        tuple[int, tuple[float, ...]], ...
    ]  # columns of that block, and numbers that mean missing
    is_plain: bool  # every column takes numbers only


def matrix_of(signature: Signature, table: Table) -> Matrix:
    """Return the matrix of the table, or raise `Refusal` naming the first cell that does not fit its column."""
    try:
        return convert(layout_of(signature), table)
    except (TypeError, ValueError, OverflowError):
        # Converting whole columns cannot say which cell is bad, so only a bad table is looked at cell by cell.
        refuse_bad_cells(signature, table, suspects(signature, table))
        raise


def suspects(signature: Signature, table: Table) -> Iterable[int]:
    """Return the places of the columns that may have bad cells: in a large table, those that do not convert."""
    places = range(table.width)
    return places if table.rows <= FEW_ROWS else [at for at in places if not converts(signature, table, at)]


def converts(signature: Signature, table: Table, place: int) -> bool:
    """Return whether a column converts by itself."""
    try:
        convert(make_layout((signature.inputs[place],)), Table(table.path, 1, table.column(place)))
    except (TypeError, ValueError, OverflowError):
        return False
    return True


@lru_cache(maxsize=8)
def layout_of(signature: Signature) -> Layout:
    """Return the layout of the signature's matrix; made once, since a signature keeps its hash."""
    return make_layout(signature.inputs)


def make_layout(columns: tuple[Column, ...]) -> Layout:
    """Return the layout of a matrix of these columns."""
    categorical = tuple(place for place, column in enumerate(columns) if column.type == "categorical")
    numeric = tuple(place for place in range(len(columns)) if place not in categorical)
    return Layout(
        columns=columns,
        numeric=numeric,
        truths=[index for index, place in enumerate(numeric) if columns[place].type == "boolean"],
        categorical=categorical,
        codes=tuple(Codes(columns[place]) for place in categorical),
        stand_ins=tuple(
            (index, numbers)
            for index, place in enumerate(numeric)
            if (numbers := missing_numbers(columns[place].missing_words))
        ),
        is_plain=all(column.type == "numeric" for column in columns),
    )


def convert(layout: Layout, table: Table) -> Matrix:
    """Return the matrix of the table, or raise TypeError, ValueError or OverflowError when a cell does not fit."""
    if layout.is_plain and NUMBERS.issuperset(map(type, table.cells)):
        block = np.array(table.cells, dtype=np.float64).reshape(table.rows, table.width)
        if np.isfinite(block).all():
            return Matrix(without_stand_ins(layout, block), np.empty((table.rows, 0), np.int32))
    codes = np.empty((table.rows, len(layout.categorical)), np.int32)
    for index, place in enumerate(layout.categorical):
        codes[:, index] = convert_categories(layout.columns[place], layout.codes[index], table.column(place))
    return Matrix(convert_numbers(layout, table), codes, other_texts(layout, table, codes))


def convert_numbers(layout: Layout, table: Table) -> NDArray[np.float64]:
    """Return the numeric and boolean columns as one block; null becomes NaN."""
    read = [numbers_of(layout.columns[place], table.column(place)) for place in layout.numeric]
    columns, nulls = [values for values, _ in read], sum(count for _, count in read)
    block = np.array(columns, dtype=np.float64).reshape(len(columns), table.rows).T
    # A NaN that was sent as a number is no null: then fewer numbers are finite than are no null.
    if np.count_nonzero(np.isfinite(block)) != block.size - nulls:
        raise ValueError
    block = without_stand_ins(layout, np.ascontiguousarray(block))
    if layout.truths:
        truths = block[:, layout.truths]
        if not ((truths == 0) | (truths == 1) | np.isnan(truths)).all():
            raise ValueError
    return block


def numbers_of(column: Column, values: list[Any]) -> tuple[list[Any], int]:
    """Return the cells of a numeric or boolean column as numbers, truths and None, and how many are None.

    Raises TypeError or ValueError for a cell that is neither.
    """
    kinds = set(map(type, values))
    if column.type == "boolean" and str in kinds:
        truths = [None if value is None else read_truth(column, value) for value in values]
        return numbers_of(column, [None if truth != truth else truth for truth in truths])  # noqa: PLR0124
    allowed = NUMERIC_TYPES[column.type]
    if not kinds <= (allowed | NULL if column.nullable else allowed):
        raise TypeError
    return values, values.count(None) if NoneType in kinds else 0


def without_stand_ins(layout: Layout, block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the block with NaN for numbers that mean a missing value, or raise ValueError where none may miss."""
    for index, numbers in layout.stand_ins:
        found = np.isin(block[:, index], numbers)
        if found.any() and not layout.columns[layout.numeric[index]].nullable:
            raise ValueError
        block[found, index] = NAN
    return block


def convert_categories(column: Column, codes: Codes, values: Sequence[Any]) -> NDArray[np.int32]:
    """Return the codes of a categorical column."""
    made = np.fromiter(map(codes.__getitem__, values), np.int32, len(values))
    if not column.nullable and (made == MISSING_CODE).any():
        raise ValueError
    return made


def other_texts(layout: Layout, table: Table, codes: NDArray[np.int32]) -> tuple[str, ...]:
    """Return the texts of the cells with OTHER_CODE, row after row."""
    places = np.argwhere(codes == OTHER_CODE).tolist()
    return tuple(
        category_of(table.cells[row * table.width + layout.categorical[index]]) for row, index in places
    )
