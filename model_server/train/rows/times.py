"""How files spell moments. A spelling that could be two days is refused, never guessed."""

import datetime
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.train.rows.cells import refuse_first, wrong_type
from model_server.train.rows.texts import is_text

if TYPE_CHECKING:
    import pandas as pd

CLOCK = r"(?P<clock>[T ,]+\d{1,2}:\d{2}.*)?"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = rf"(?P<month>(?:{'|'.join(MONTHS)})[a-z]*)\.?"
# What spells a day, or a month: the year first, or after the day and the month as numbers or by name.
YEAR_FIRST = rf"(?P<year>\d{{4}})[-/.](?P<month>0?[1-9]|1[0-2])(?:[-/.](?P<day>\d{{1,2}}))?{CLOCK}"
YEAR_LAST = rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second>\d{{1,2}})[-/.](?P<year>\d{{4}}){CLOCK}"
DAY_THEN_NAME = rf"(?:(?P<day>\d{{1,2}})[ .-]+)?{MONTH}[ ,./-]*(?P<year>\d{{4}}){CLOCK}"
NAME_THEN_DAY = rf"{MONTH} +(?P<day>\d{{1,2}}),? +(?P<year>\d{{4}}){CLOCK}"
SPELLINGS = tuple(
    re.compile(one, re.IGNORECASE) for one in (YEAR_FIRST, YEAR_LAST, DAY_THEN_NAME, NAME_THEN_DAY)
)
SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
ISO = "write times as 2024-11-05 or 2024-11-05T13:00:00"
HALVES = ("%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p")


def share_of_times(texts: "pd.Series[Any]") -> float:
    """Return which share of the texts spell a day or a month, in whatever way."""
    found = texts.str.fullmatch(SHORT_YEAR)
    for spelling in SPELLINGS:
        found |= texts.str.fullmatch(spelling)
    return float(found.mean())


def moments(column: "pd.Series[Any]", name: str) -> NDArray[Any]:
    """Return a column of times or numbers as values that sort, or raise InputRefused (WrongType)."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame
    from pandas.api import types  # noqa: PLC0415

    made = pd.to_numeric(column, errors="coerce") if is_text(column) else column
    if is_text(column) and made.isna().any():
        made = parsed(column, name)
    elif not (types.is_numeric_dtype(made.dtype) or types.is_timedelta64_dtype(made.dtype)):
        made = dated(column)
    refuse_first(column, made.isna(), name, f"is not a time; {ISO}")
    if isinstance(made.dtype, pd.DatetimeTZDtype):
        made = made.dt.tz_localize(None)
    return np.asarray(made.to_numpy(dtype=np.int64 if types.is_integer_dtype(made.dtype) else None))


def dated(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return times or dates as times of one zone, and NaT for what is neither."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    whole = column if column.dtype.kind == "M" else column.where(column.map(type).isin(DATES))
    return pd.to_datetime(whole, errors="coerce", utc=True)


DATES = (datetime.date, datetime.datetime)


def parsed(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Return the texts as times, and NaT for those that are spelled unlike most."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    plain = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    if plain.notna().all():
        return plain
    matches = [column.str.fullmatch(one).fillna(False).astype(bool) for one in SPELLINGS]
    place = int(np.argmax([one.sum() for one in matches]))
    parts = column.where(matches[place]).str.extract(SPELLINGS[place])
    if SPELLINGS[place].pattern == YEAR_LAST:
        parts = day_and_month(parts, column, name)
    month = parts["month"].str[:3].str.lower().replace({one: str(n) for n, one in enumerate(MONTHS, 1)})
    day = parts["year"] + "-" + month.str.zfill(2) + "-" + parts["day"].fillna("1").str.zfill(2)
    clock = parts["clock"].fillna("").str.strip("T ,").str.replace(r"^(\d:)", r"0\1", regex=True)
    text = (day + " " + clock).str.strip()
    made = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    for half in HALVES if made.isna().any() else ():
        made = made.fillna(pd.to_datetime(text, format=half, errors="coerce", utc=True))
    return made


def day_and_month(parts: "pd.DataFrame", column: "pd.Series[Any]", name: str) -> "pd.DataFrame":
    """Return the parts with day and month, or raise InputRefused (WrongType) when either could be the other."""
    first, second = parts["first"].astype("float64"), parts["second"].astype("float64")
    day_first = bool((first > 12).any()) or bool((parts["mark"].dropna() == ".").all())
    month_first = bool((second > 12).any())
    if day_first == month_first:
        row = (second > 12).idxmax() if day_first else column.first_valid_index()
        doubt = "has the month first, and others the day" if day_first else "may be two days"
        raise wrong_type(column, row, name, f"{doubt}; {ISO}")
    names = {"first": "day", "second": "month"} if day_first else {"first": "month", "second": "day"}
    return parts.rename(columns=names)


def iso_span(times: NDArray[Any]) -> tuple[str, str] | None:
    """Return the first and the last of what `moments` has made as ISO 8601, to the second; None for plain numbers."""
    if times.dtype.kind != "M":
        return None
    first, last = np.datetime_as_string(np.array([times.min(), times.max()]), unit="s").tolist()
    return first, last
