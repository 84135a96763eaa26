"""How files of rows and clients spell a category, and which known one they mean."""

import math
from typing import Any

import numpy as np

from model_server.contract.signature import Column


def is_missing(value: Any) -> bool:
    """Return whether the value is None, NaN or a missing value of pandas (which is not equal to itself)."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or bool(value != value)  # noqa: PLR0124


def category_of(value: Any) -> str:
    """Return the text that names the value's category: `1`, `1.0` and `"1"` are one category."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))  # a float would merge neighbours beyond 2**53
    number = float(value)
    whole = math.isfinite(number) and number.is_integer()
    return str(int(number)) if whole else str(value)


def known_category(column: Column, value: Any) -> str:
    """Return the known category that the value names, however its file spelled it; text stays as it is.

    Raises ValueError for a number or a truth that names none, when the column lists its categories.
    """
    if isinstance(value, str) or not column.categories:
        return category_of(value)
    # Files spell true as True or TRUE, and 1 as 1.0; JSON has one spelling of each, so all are tried.
    for name in spellings(value):
        if name in column.categories:
            return name
    raise ValueError(f"{category_of(value)[:40]} is none of the known categories")


def spellings(value: Any) -> tuple[str, ...]:
    """Return how files of rows may spell a number or a truth."""
    name = category_of(value)
    if isinstance(value, bool | np.bool_):
        return name, name.capitalize(), name.upper()
    return name, str(value), f"{name}.0"
