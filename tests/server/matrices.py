"""The matrix of a table of columns, made value by value: what the quick ways of trainer and server must equal."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from model_server.contract.signature import Column, Signature
from model_server.engines.sklearn import Rows
from model_server.rows.categories import is_missing, known_category


def matrix_from_table(signature: Signature, table: Mapping[str, Sequence[Any]]) -> Rows:
    """The matrix of a table of columns (lists, arrays or Series; missing is None or NaN).

    Raises KeyError for a missing column and ValueError, naming the column, for a value of another type.
    """
    rows = len(table[signature.inputs[0].name])
    has_categories = any(column.type == "categorical" for column in signature.inputs)
    matrix = np.empty((rows, len(signature.inputs)), dtype=object if has_categories else np.float64)
    for index, column in enumerate(signature.inputs):
        matrix[:, index] = cells(column, table[column.name])
    return matrix


def cells(column: Column, values: Sequence[Any]) -> list[float | str]:
    """One column's values as the matrix holds them, or ValueError naming the column."""
    convert: Callable[[Any], float | str] = (
        partial(known_category, column) if column.type == "categorical" else number_of
    )
    try:
        return [np.nan if is_missing(value) else convert(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column.name} ({column.type}): {error}") from error


def number_of(value: Any) -> float:
    """The value as a float; text is not a number here."""
    if isinstance(value, str | bytes):
        raise TypeError(f"{value[:40]!r} is not a number")
    return float(value)
