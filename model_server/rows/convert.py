"""From a table to the matrix, a whole column or block at a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract.signature import Column, Signature
from model_server.rows.categories import category_of, known_category
from model_server.rows.check import refuse_bad_cell
from model_server.rows.matrix import MISSING_CODE, OTHER_CODE, Matrix
from model_server.rows.table import Table

NUMBERS = frozenset({int, float})
NUMERIC_TYPES = {"numeric": NUMBERS, "boolean": NUMBERS | {bool}}
TEXTS = frozenset({str})
NULL = frozenset({NoneType})


class Codes(dict[str | None, int]):
    """The code of each known category and of a missing one; any other text has OTHER_CODE."""

    def __missing__(self, _: object) -> int:
        """Return the code of an unknown category."""
        return OTHER_CODE


@dataclass(frozen=True)
class Layout:
    """Which columns go into which block, and the codes of those that are categorical."""

    columns: tuple[Column, ...]
    numeric: tuple[int, ...]
    truths: list[int]  # which columns of the block of numbers are boolean
    categorical: tuple[int, ...]
    codes: tuple[Codes, ...]
    is_plain: bool  # every column takes numbers only


def matrix_of(signature: Signature, table: Table) -> Matrix:
    """Return the matrix of the table, or raise `Refusal` naming the first cell that does not fit its column."""
    try:
        return convert(layout_of(signature), table)
    except (TypeError, ValueError, OverflowError):
        # Converting whole columns cannot say which cell is bad, so only a bad table is looked at cell by cell.
        refuse_bad_cell(signature, table)
        raise


@lru_cache(maxsize=8)
def layout_of(signature: Signature) -> Layout:
    """Return the layout of the signature's matrix; made once, since a signature keeps its hash."""
    columns = signature.inputs
    categorical = tuple(place for place, column in enumerate(columns) if column.type == "categorical")
    numeric = tuple(place for place in range(len(columns)) if place not in categorical)
    return Layout(
        columns=columns,
        numeric=numeric,
        truths=[index for index, place in enumerate(numeric) if columns[place].type == "boolean"],
        categorical=categorical,
        codes=tuple(codes_of(columns[place]) for place in categorical),
        is_plain=all(column.type == "numeric" for column in columns),
    )


def codes_of(column: Column) -> Codes:
    """Return the codes of the column's known categories."""
    return Codes({None: MISSING_CODE} | {name: code for code, name in enumerate(column.categories)})


def convert(layout: Layout, table: Table) -> Matrix:
    """Return the matrix of the table, or raise TypeError, ValueError or OverflowError when a cell does not fit."""
    if layout.is_plain and NUMBERS.issuperset(map(type, table.cells)):
        block = np.array(table.cells, dtype=np.float64).reshape(table.rows, table.width)
        if np.isfinite(block).all():
            return Matrix(block, np.empty((table.rows, 0), np.int32))
    codes = np.empty((table.rows, len(layout.categorical)), np.int32)
    for index, place in enumerate(layout.categorical):
        codes[:, index] = convert_categories(layout.columns[place], layout.codes[index], table.column(place))
    return Matrix(convert_numbers(layout, table), codes, other_texts(layout, table, codes))


def convert_numbers(layout: Layout, table: Table) -> NDArray[np.float64]:
    """Return the numeric and boolean columns as one block; null becomes NaN."""
    columns = [table.column(place) for place in layout.numeric]
    nulls = 0
    for place, values in zip(layout.numeric, columns, strict=True):
        kinds = set(map(type, values))
        refuse_kinds(kinds, NUMERIC_TYPES[layout.columns[place].type], layout.columns[place])
        nulls += values.count(None) if NoneType in kinds else 0
    block = np.array(columns, dtype=np.float64).reshape(len(columns), table.rows).T
    # A NaN that was sent as a number is no null: then fewer numbers are finite than are no null.
    if np.count_nonzero(np.isfinite(block)) != block.size - nulls:
        raise ValueError
    if layout.truths:
        truths = block[:, layout.truths]
        if not ((truths == 0) | (truths == 1) | np.isnan(truths)).all():
            raise ValueError
    return np.ascontiguousarray(block)


def convert_categories(column: Column, codes: Codes, values: Sequence[Any]) -> NDArray[np.int32]:
    """Return the codes of a categorical column."""
    kinds = set(map(type, values))
    refuse_kinds(kinds, TEXTS | NUMBERS | {bool}, column)
    if kinds <= TEXTS | NULL:
        return np.fromiter(map(codes.__getitem__, values), np.int32, len(values))
    return np.array([codes[named(column, value)] for value in values], np.int32)


def refuse_kinds(kinds: set[type], allowed: frozenset[type], column: Column) -> None:
    """Raise TypeError when a column has values of another type, or null without being nullable."""
    if not kinds <= (allowed | NULL if column.nullable else allowed):
        raise TypeError


def named(column: Column, value: Any) -> str | None:
    """Return the category that a text, a number or a truth names; None for a missing one."""
    if value is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return known_category(column, value)


def other_texts(layout: Layout, table: Table, codes: NDArray[np.int32]) -> tuple[str, ...]:
    """Return the texts of the cells with OTHER_CODE, row after row."""
    places = np.argwhere(codes == OTHER_CODE).tolist()
    return tuple(
        category_of(table.cells[row * table.width + layout.categorical[index]]) for row, index in places
    )
