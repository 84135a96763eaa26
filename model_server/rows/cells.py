"""One cell of a request, read by the type of its column: a number or a code, which say when it is missing."""

from collections.abc import Callable
from functools import partial
from typing import Any

from model_server.contract.signature import Column
from model_server.rows.categories import Codes
from model_server.rows.matrix import MISSING_CODE
from model_server.rows.spelling import category_of, missing_numbers, truth_of, words_of

NUMBERS = frozenset({int, float})
NAN = float("nan")

# Raises TypeError, ValueError or OverflowError for a value that is none of the column.
Reader = Callable[[Any], float]


def reader_of(column: Column) -> Reader:
    """Return what reads a present cell of the column: to a float, NaN when it means missing, or to a code."""
    if column.type == "categorical":
        return Codes(column).__getitem__
    return partial(read_number if column.type == "numeric" else read_truth, column)


def read_number(column: Column, value: Any) -> float:
    """Return an int or float as float; a bool is not a number."""
    if type(value) not in NUMBERS:
        raise TypeError
    return NAN if value in missing_numbers(column.missing_words) else float(value)


def read_truth(column: Column, value: Any) -> float:
    """Return true, yes or 1 as 1.0 and false, no or 0 as 0.0, whether it is a text, a number or a truth."""
    if not isinstance(value, str | int | float):
        raise TypeError
    if isinstance(value, str):
        missing = category_of(value) in words_of(column.missing_words)
    else:
        missing = value in missing_numbers(column.missing_words)
    return NAN if missing else truth_of(value)


def is_missing_cell(column: Column, read: float) -> bool:
    """Return whether what a reader made of a cell says that it is missing."""
    return read == MISSING_CODE if column.type == "categorical" else read != read  # noqa: PLR0124
