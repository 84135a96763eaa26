"""Which type a column has when nobody declared one; a column that is almost something is refused, not guessed."""

import datetime
import decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from model_server.contract import reasons
from model_server.contract.manifest import FeatureType
from model_server.contract.outcome import InputRefused

if TYPE_CHECKING:
    import pandas as pd

MOSTLY = 0.8  # of the values; so many numbers or days in a column of text are no coincidence
DAY = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?"
DECLARE = "correct it, or declare the column's type in spec.data.features"


def type_of(column: "pd.Series[Any]", name: str) -> FeatureType:
    """Return numeric, boolean or categorical for a column without a declared type.

    Raises InputRefused (WrongType) for times, and for the first cell that is no number where most are.
    """
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    present = column.dropna()
    if len(present) == 0:
        raise InputRefused(
            reasons.WRONG_TYPE, f'column "{column.name}" has no values; list spec.data.features without it'
        )
    if holds_times(present):
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'column "{column.name}" holds times, which no model reads; list spec.data.features without it, '
            "or name it as spec.data.split.timeColumn",
        )
    if types.is_bool_dtype(column.dtype) or every(present, bool | np.bool_):
        return "boolean"
    if types.is_numeric_dtype(column.dtype) or every(present, decimal.Decimal):
        return "numeric"
    refuse_almost_numbers(present, name)
    return "categorical"


def every(present: "pd.Series[Any]", kind: Any) -> bool:
    """Return whether all values are of this kind."""
    return all(isinstance(value, kind) for value in present)


def holds_times(present: "pd.Series[Any]") -> bool:
    """Return whether the values are times, dates, or mostly texts that name a day first."""
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    if types.is_datetime64_any_dtype(present.dtype) or every(present, datetime.date | datetime.time):
        return True
    if types.is_numeric_dtype(present.dtype):
        return False
    return bool(present.astype(str).str.strip().str.fullmatch(DAY).mean() >= MOSTLY)


def refuse_almost_numbers(present: "pd.Series[Any]", name: str) -> None:
    """Raise InputRefused (WrongType) for the first value that is no number when most of the others are.

    `1,234` and `12.3%` count as numbers here and are refused too: as categories each would stand alone.
    """
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    text = present.astype(str).str.strip()
    plain = pd.to_numeric(text, errors="coerce").notna()
    dressed = pd.to_numeric(text.str.replace("[,%]", "", regex=True), errors="coerce").notna()
    if dressed.mean() >= MOSTLY:
        refuse_first(present, ~plain, name, f"is not a number, but most other values are; {DECLARE}")


def refuse_first(column: "pd.Series[Any]", wrong: "pd.Series[Any]", name: str, complaint: str) -> None:
    """Raise InputRefused (WrongType) for the first wrong row, counted from 1 without the header."""
    if wrong.any():
        raise wrong_type(column, first_row(wrong), name, complaint)


def first_row(wrong: "pd.Series[Any]") -> Any:
    """Return the index of the first row that is marked; rows are indexed from 0 as they were read."""
    return wrong.idxmax()


def wrong_type(column: "pd.Series[Any]", row: Any, name: str, complaint: str) -> InputRefused:
    """Return the refusal of one cell; its value is cut short, since a row may hold anything."""
    value = str(column.loc[row])[:40]
    return InputRefused(
        reasons.WRONG_TYPE, f'{name}: column "{column.name}" row {row + 1}: "{value}" {complaint}'
    )
