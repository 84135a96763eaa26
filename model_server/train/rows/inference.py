"""Which type a column has when nobody declared one; a column that is almost something is refused, not guessed."""

import datetime
import decimal
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from model_server.contract import reasons
from model_server.contract.manifest import FeatureType
from model_server.contract.outcome import InputRefused
from model_server.train.rows.cells import refuse_first, wrong_type
from model_server.train.rows.codes import CODE
from model_server.train.rows.texts import is_text
from model_server.train.rows.times import share_of_times

if TYPE_CHECKING:
    import pandas as pd

MOSTLY = 0.8  # of the values; so many numbers or days in a column of text are no coincidence
SAMPLE = 1000  # values that are looked at before all of a column are
MAX_LEVELS = 256  # what a signature lists, and what one-hot encoding tells apart
DISTINCT = 0.9  # of the rows; so many different texts are names, not categories
MIN_ROWS = 20  # below, every column may be distinct
CURRENCY = r"(?:[$€£¥]|EUR|USD|GBP|CHF|JPY)"
# A number as people dress it: 1,234.50  1.234,50  $12  12.3%  (5)  12 EUR
DRESSED = re.compile(
    rf"[-+(]?\s?{CURRENCY}?\s?[-+]?\d{{1,3}}(?:[., '’\u00a0\u202f]?\d{{3}})*(?:[.,]\d+)?\s?(?:%|{CURRENCY})?\)?"
)
UNDRESS = (
    "is not a plain number; write numbers with a decimal point, and without thousands separators, currency or "
    "percent signs (1234.56)"
)
LEAVE_OUT = "list it in spec.data.exclude"
DECLARE = "declare the column's type in spec.data.features"


def type_of(column: "pd.Series[Any]", name: str) -> FeatureType:
    """Return numeric, boolean or categorical for a column without a declared type.

    Raises InputRefused (WrongType, DataUnreadable) for what no model reads, such as times, for the first cell that is
    no number where most are, and for text that names its row instead of a category.
    """
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    present = column.dropna()
    if len(present) == 0:
        raise InputRefused(reasons.WRONG_TYPE, f'column "{column.name}" has no values; {LEAVE_OUT}')
    refuse_no_value(present)
    if holds_times(present):
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'column "{column.name}" holds times, which no model reads; {LEAVE_OUT}, '
            "or name it as spec.data.split.timeColumn",
        )
    if types.is_bool_dtype(column.dtype) or every(present, bool | np.bool_):
        return "boolean"
    if types.is_numeric_dtype(column.dtype) or every(present, decimal.Decimal):
        return "numeric"
    if is_text(present) and set(present.unique()) <= {"true", "false"}:
        return "boolean"
    refuse_almost_numbers(present, name)
    refuse_names(present)
    return "categorical"


def every(present: "pd.Series[Any]", kind: Any) -> bool:
    """Return whether all values are of this kind."""
    return bool(present.dtype == object) and all(isinstance(value, kind) for value in present)


def refuse_no_value(column: "pd.Series[Any]") -> None:
    """Raise InputRefused for a column of lists, structures, bytes or durations, which are no values of a column."""
    present = column.dropna()
    first = present.iloc[0] if len(present) else None
    if isinstance(first, list | dict | np.ndarray | tuple | set):
        raise InputRefused(
            reasons.DATA_UNREADABLE,
            f'column "{column.name}" holds lists or structures; {LEAVE_OUT}, '
            "or write one column for each of their values",
        )
    if isinstance(first, bytes):
        raise InputRefused(
            reasons.WRONG_TYPE, f'column "{column.name}" holds bytes that are no UTF-8 text; {LEAVE_OUT}'
        )
    if isinstance(first, datetime.timedelta | np.timedelta64):
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'column "{column.name}" holds durations; write them as numbers, such as seconds, or {LEAVE_OUT}',
        )


def holds_times(present: "pd.Series[Any]") -> bool:
    """Return whether the values are times, dates, or mostly texts that spell one."""
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    if types.is_datetime64_any_dtype(present.dtype) or every(present, datetime.date | datetime.time):
        return True
    return is_text(present) and share_of_times(sample(present)) >= MOSTLY


def sample(present: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return at most SAMPLE values, evenly spread."""
    return present.iloc[:: len(present) // SAMPLE + 1]


def refuse_almost_numbers(present: "pd.Series[Any]", name: str) -> None:
    """Raise InputRefused (WrongType) for the first value that is no number when most of the others are.

    `1,234` and `12.3%` count as numbers here and are refused too: as categories each would stand alone. So are
    numbers that the file has as text: they may be codes.
    """
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    if not is_text(present) or sample(present).str.fullmatch(DRESSED).mean() < MOSTLY:
        return
    code = present.str.fullmatch(CODE).fillna(False).astype(bool)
    refuse_first(present, code, name, f"begins with a zero, as codes do, and no number keeps it; {DECLARE}")
    plain = pd.to_numeric(present, errors="coerce").notna()
    if plain.all():
        raise wrong_type(
            present,
            present.index[0],
            name,
            f"and all other values are numbers that are stored as text; {DECLARE}",
        )
    dressed = present.str.fullmatch(DRESSED).fillna(False).astype(bool)
    refuse_first(present, dressed & ~plain, name, f"{UNDRESS}, or {DECLARE}")
    told = f"is not a number, but {int(plain.sum())} of {len(present)} values are; correct it, or {DECLARE}"
    refuse_first(present, ~plain, name, told)


def refuse_names(present: "pd.Series[Any]") -> None:
    """Raise InputRefused (WrongType) for text with too many levels to be categories, such as names or sentences."""
    levels = present.astype(str).nunique()
    if levels <= MAX_LEVELS and (levels < DISTINCT * len(present) or len(present) < MIN_ROWS):
        return
    raise InputRefused(
        reasons.WRONG_TYPE,
        f'column "{present.name}" has {levels} different texts in {len(present)} rows, too many for categories; '
        f"{LEAVE_OUT}, or, if they are categories, declare it categorical in spec.data.features",
    )
