"""The slow look at a table that did not convert: cell by cell, to name the first one that is bad."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from model_server.contract.signature import Column, Signature
from model_server.rows.categories import known_category
from model_server.rows.refusal import Refusal, shown
from model_server.rows.table import Table, place

NUMBERS = frozenset({int, float})
SHOWN_CATEGORIES = 10


def refuse_bad_cell(signature: Signature, table: Table) -> None:
    """Raise `Refusal` naming the first cell, column by column, that does not fit its column."""
    for index, column in enumerate(signature.inputs):
        convert = partial(as_category, column) if column.type == "categorical" else CONVERT[column.type]
        for row, value in enumerate(table.column(index)):
            refuse_bad_value(column, value, place(table.path, row, column), convert)


def refuse_bad_value(column: Column, value: Any, field: str, convert: Callable[[Any], Any]) -> None:
    """Raise `Refusal` naming the field when the value is none of its column."""
    if value is None:
        if column.nullable:
            return
        raise Refusal(400, f"{field} is null, but this model was trained without missing values", field)
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal(400, f"{field} is not a finite number; send null if the value is missing", field)
    try:
        convert(value)
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
