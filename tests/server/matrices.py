"""The matrix of a table of columns, made value by value: what the quick ways of trainer and server must equal."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from model_server.contract.signature import Column, Signature
from model_server.engines.sklearn import Rows
from model_server.rows.spelling import category_of, words_of


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
        partial(category_in, column) if column.type == "categorical" else number_of
    )
    try:
        return [np.nan if is_missing(value) else convert(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column.name} ({column.type}): {error}") from error


def is_missing(value: Any) -> bool:
    """Whether the value is None or NaN, which is not equal to itself."""
    return value is None or bool(value != value)  # noqa: PLR0124


def category_in(column: Column, value: Any) -> float | str:
    """The known category that the value names, else its canonical spelling; NaN for a word that means missing."""
    if value in column.categories:
        return str(value)
    name = category_of(value)
    known = {category_of(one): one for one in column.categories}
    return np.nan if name in words_of(column.missing_words) - known.keys() else known.get(name, name)


def number_of(value: Any) -> float:
    """The value as a float; text is not a number here."""
    if isinstance(value, str | bytes):
        raise TypeError(f"{value[:40]!r} is not a number")
    return float(value)
