"""Rows in their canonical spelling: once they are read, a category, a truth and a missing value have one form."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from model_server.rows.spelling import BLANKS, category_of, missing_numbers, words_of

if TYPE_CHECKING:
    import pandas as pd


def is_text(column: "pd.Series[Any]") -> bool:
    """Return whether the column holds texts, and missing values, and nothing else."""
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    return bool(types.is_string_dtype(column))


def canonical(
    frame: "pd.DataFrame", missing_values: Sequence[str], typed_columns: Collection[str]
) -> "pd.DataFrame":
    """Return the frame with texts as `category_of` spells them, and missing where they mean a missing value.

    A column that has become all numbers by losing words that blanks were around is one of numbers, unless it is among
    `typed_columns`, whose types the file has or whose text is wanted.
    """
    made = frame.copy(deep=False)
    for name in map(str, frame.columns):
        before = frame[name]
        after = without_words(spelled(before), missing_values)
        if after is not before:
            made[name] = after if name in typed_columns else numbers_again(after, before)
    return made


def spelled(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return texts in their canonical spelling, other values as they are."""
    if not is_text(column):
        return column
    made = column.str.strip(BLANKS)
    # These alone are spelled otherwise; asking Arrow for them is many times quicker than asking for each text.
    odd = (
        made.str.endswith(".0")
        | made.str.contains("e+", regex=False)
        | made.str.lower().isin(("true", "false"))
    )
    odd = odd.fillna(False).astype(bool)
    return made.mask(odd, made[odd].map(category_of)) if odd.any() else made


def without_words(column: "pd.Series[Any]", missing_values: Sequence[str]) -> "pd.Series[Any]":
    """Return the column without the texts, or the numbers, that mean a missing value."""
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    if is_text(column):
        return column.mask(column.isin(words_of(tuple(missing_values))))
    numbers = missing_numbers(tuple(missing_values))
    if numbers and types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype):
        return column.mask(column.isin(numbers))
    return column


def numbers_again(column: "pd.Series[Any]", before: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the column as numbers when all that made it text were missing values; else as it is."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    if not is_text(column) or column.isna().sum() == before.isna().sum():
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return column if (numbers.isna() & column.notna()).any() else numbers


def words_in(column: "pd.Series[Any]", missing_values: Sequence[str]) -> dict[str, int]:
    """Return how often each text that means a missing value is spelled out in the column; an empty cell is none."""
    words = words_of(tuple(missing_values)) - {""}
    found = column[column.isin(words)] if is_text(column) else column[:0]
    return dict(Counter(map(str, found)))
