"""A table against the signature: every value has its column's type and is finite, or the cell is named."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from model_server.contract.signature import MISSING, Column, Matrix, Signature
from model_server.rows.categories import known_category
from model_server.rows.refusal import Refusal, shown
from model_server.rows.table import Table, place

NUMBERS = frozenset({int, float})
SHOWN_CATEGORIES = 10


def check(signature: Signature, table: Table) -> Matrix:
    """Return the model's matrix of the table, or raise `Refusal` naming the first bad cell."""
    matrix: Matrix = np.empty((table.rows, len(signature.inputs)), dtype=signature.dtype)
    for index, (column, values) in enumerate(zip(signature.inputs, table.columns, strict=True)):
        matrix[:, index] = check_column(column, values, table.path)
    return matrix


def check_column(column: Column, values: Sequence[Any], path: str) -> Any:
    """Return one column as the matrix holds it."""
    if column.type == "numeric" and NUMBERS.issuperset(map(type, values)):
        with suppress(OverflowError):
            numbers = np.array(values, dtype=np.float64)
            if np.isfinite(numbers).all():
                return numbers
    convert = partial(as_category, column) if column.type == "categorical" else CONVERT[column.type]
    return [check_cell(column, value, path, row, convert) for row, value in enumerate(values)]


def check_cell(column: Column, value: Any, path: str, row: int, convert: Callable[[Any], Any]) -> Any:
    """Return the value as the matrix holds it, or raise `Refusal` naming the cell."""
    field = place(path, row, column)
    if value is None:
        if column.nullable:
            return MISSING
        raise Refusal(400, f"{field} is null, but this model was trained without missing values", field)
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal(400, f"{field} is not a finite number; send null if the value is missing", field)
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        raise Refusal(400, f"{field} is {shown(value)}; {wanted(column)}", field) from None


def as_number(value: Any) -> float:
    """Return an int or float as float; a bool is not a number."""
    if type(value) not in NUMBERS:
        raise TypeError
    return float(value)


def as_boolean(value: Any) -> float:
    """Return true, false, 1 or 0 as 1.0 or 0.0."""
    if not isinstance(value, bool | int | float) or value not in (0, 1):
        raise TypeError
    return float(value)


def as_category(column: Column, value: Any) -> str:
    """Return text, a number or a bool as the name of its category, which is a known one unless it is text."""
    if not isinstance(value, str | int | float):
        raise TypeError
    return known_category(column, value)


def wanted(column: Column) -> str:
    """Return what to send instead, with the first categories of the column."""
    if not column.categories:
        return WANTED[column.type]
    more = ", …" if len(column.categories) > SHOWN_CATEGORIES else ""
    names = ", ".join(f'"{one[:40]}"' for one in column.categories[:SHOWN_CATEGORIES])
    return f"{WANTED[column.type]}, such as {names}{more}"


CONVERT: dict[str, Callable[[Any], Any]] = {
    "numeric": as_number,
    "boolean": as_boolean,
}
WANTED = {
    "numeric": "the column is numeric: send a number",
    "boolean": "the column is boolean: send true, false, 1 or 0",
    "categorical": "the column is categorical: send a string",
}
