"""The slow look at a table that did not convert: cell by cell, to name the first one that is bad."""

import math
from typing import Any

from model_server.contract.signature import Column, Signature
from model_server.rows.cells import Reader, is_missing_cell, reader_of
from model_server.rows.refusal import Refusal, shown
from model_server.rows.table import Table, place

SHOWN_CATEGORIES = 10


def refuse_bad_cell(signature: Signature, table: Table) -> None:
    """Raise `Refusal` naming the first cell, column by column, that does not fit its column."""
    for index, column in enumerate(signature.inputs):
        read = reader_of(column)
        for row, value in enumerate(table.column(index)):
            refuse_bad_value(column, value, place(table.path, row, column), read)


def refuse_bad_value(column: Column, value: Any, field: str, read: Reader) -> None:
    """Raise `Refusal` naming the field when the value is none of its column."""
    if value is None:
        if column.nullable:
            return
        raise Refusal(400, f"{field} is null, but this model was trained without missing values", field)
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal(400, f"{field} is not a finite number; send null if the value is missing", field)
    try:
        cell = read(value)
    except (TypeError, ValueError, OverflowError):
        raise Refusal(400, f"{field} is {shown(value)}; {wanted(column)}", field) from None
    if is_missing_cell(column, cell) and not column.nullable:
        raise Refusal(
            400,
            f"{field} is {shown(value)}, which means a missing value, but this model was trained without any",
            field,
        )


def wanted(column: Column) -> str:
    """Return what to send instead, with the first categories of the column."""
    if not column.categories:
        return WANTED[column.type]
    more = ", …" if len(column.categories) > SHOWN_CATEGORIES else ""
    names = ", ".join(f'"{one[:40]}"' for one in column.categories[:SHOWN_CATEGORIES])
    return f"{WANTED[column.type]}, such as {names}{more}"


WANTED = {
    "numeric": "the column is numeric: send a number",
    "boolean": "the column is boolean: send true, false, 1 or 0",
    "categorical": "the column is categorical: send a string",
}
