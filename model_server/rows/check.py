"""The slow look at a table that did not convert: cell by cell, to name the first that is bad and to know of all."""

import math
from collections.abc import Iterable
from typing import Any

from model_server.contract.signature import Column, Signature
from model_server.rows.cells import Reader, is_missing_cell, reader_of
from model_server.rows.refusal import Cell, InvalidRows, Reason, shown
from model_server.rows.table import Table, place

SHOWN_CATEGORIES = 10


def refuse_bad_cells(signature: Signature, table: Table, suspects: Iterable[int]) -> None:
    """Raise `InvalidRows` naming the first cell, column by column, that does not fit its column.

    `suspects` are the places of the columns to look at; what is wrong with all of their cells is in the refusal.
    """
    first: InvalidRows | None = None
    cells: set[Cell] = set()
    for index in suspects:
        column = signature.inputs[index]
        read = reader_of(column)
        for row, value in enumerate(table.column(index)):
            reason = fault_of(column, value, read)
            if reason is None:
                continue
            cells.add((column.name, reason))
            if first is None:
                field = place(table.path, row, column)
                first = InvalidRows(f"{field} {complaint(column, value, reason)}", field)
    if first is not None:
        raise InvalidRows(first.error, first.field, cells)


def fault_of(column: Column, value: Any, read: Reader) -> Reason | None:
    """Return what is wrong with a value as one of its column, None when it fits."""
    if value is None:
        return None if column.nullable else "missing"
    if is_infinite(value):
        return "range"
    try:
        cell = read(value)
    except (TypeError, ValueError, OverflowError) as error:
        return reason_of(column, value, error)
    return "missing" if is_missing_cell(column, cell) and not column.nullable else None


def reason_of(column: Column, value: Any, error: Exception) -> Reason:
    """Return what it means that a reader has raised this for a value."""
    if isinstance(error, TypeError):
        return "type"
    if column.type == "categorical":
        return "category"
    # A text that is neither true nor false is of another type; 2 is beyond the two numbers that are.
    return "type" if isinstance(value, str) else "range"


def complaint(column: Column, value: Any, reason: Reason) -> str:
    """Return what to tell the client of an invalid value, after the name of its cell."""
    if value is None:
        return "is null, but this model was trained without missing values"
    if is_infinite(value):
        return "is not a finite number; send null if the value is missing"
    if reason == "missing":
        return f"is {shown(value)}, which means a missing value, but this model was trained without any"
    return f"is {shown(value)}; {wanted(column)}"


def is_infinite(value: Any) -> bool:
    """Return whether the value is NaN or an infinity."""
    return isinstance(value, float) and not math.isfinite(value)


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
