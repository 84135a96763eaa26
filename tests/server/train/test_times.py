"""Times are read as they are meant, or refused with the spelling that has one meaning."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_server.contract.outcome import InputRefused
from model_server.train.rows.times import moments

# Each pair is told apart by day and month, so that the order shows how they were read.
EARLIER_FIRST: dict[str, list[Any]] = {
    "as the standard has them": ["2024-02-01", "2024-11-05", "2025-01-01"],
    "with a clock": ["2024-11-05 09:00", "2024-11-05 13:00", "2024-11-06"],
    "with a zone": ["2024-11-05T13:00:00+02:00", "2024-11-05T12:00:00Z"],
    "months": ["2024-02", "2024-11"],
    "the year first, with slashes": ["2024/02/10", "2024/11/05"],
    "the day first": ["13/01/2024", "05/02/2024", "01/12/2024"],
    "the month first": ["01/13/2024", "02/05/2024", "12/01/2024"],
    "the day first, with dots": ["03.01.2024", "02.02.2024", "01.12.2024"],
    "the day first, with a clock": ["13.01.2024 9:05", "13.01.2024 13:00", "02.02.2024 08:00"],
    "half a day, as a spreadsheet has it": ["1/13/2024 9:05 AM", "1/13/2024 1:05 PM", "2/5/2024 1:05:30 AM"],
    "months by name": ["Jan-2018", "Feb-2018", "Dec 2018"],
    "days by name": ["5 Feb 2018", "4 March 2018", "1-Dec-2018"],
    "names before days": ["Feb 5, 2018", "March 4, 2018", "Dec. 1, 2018"],
    "numbers": [3, 20, 100],
    "numbers as text": ["3", "20", "100"],
    "fractions": [0.5, 1.25],
    "dates": [datetime.date(2024, 2, 1), datetime.date(2024, 11, 5)],
    "times": [pd.Timestamp("2024-02-01"), pd.Timestamp("2024-11-05")],
    "times with a zone": [pd.Timestamp("2024-02-01", tz="CET"), pd.Timestamp("2024-11-05", tz="CET")],
}


@pytest.mark.parametrize("values", EARLIER_FIRST.values(), ids=EARLIER_FIRST)
def test_times_sort_as_they_are_meant(values: list[Any]) -> None:
    found = moments(pd.Series(values, name="t"), "rows.csv")
    assert (found[:-1] < found[1:]).all()


REFUSED: dict[str, tuple[list[Any], str]] = {
    "a day that may be two": (["01/02/2024", "03/04/2024"], 'row 1: "01/02/2024" may be two days'),
    "the same with dashes": (["01-02-2024", "03-04-2024"], "may be two days"),
    "both ways in one column": (["13/01/2024", "01/13/2024"], 'row 2: "01/13/2024" has the month first'),
    "a month that is none": (["2024-13-01", "2024-01-01"], 'row 1: "2024-13-01" is not a time'),
    "a word": (["2024-01-01", "soon"], 'row 2: "soon" is not a time'),
    "another spelling": (["13/01/2024", "14/01/2024", "Jan 2024"], 'row 3: "Jan 2024" is not a time'),
    "a short year": (["13.01.24", "14.01.24"], 'row 1: "13.01.24" is not a time'),
    "a missing one": (["2024-01-01", np.nan], "row 2"),
    "a time of the day": ([datetime.time(13), datetime.time(14)], "is not a time"),
    "lists": ([[1], [2]], "is not a time"),
}


@pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_time_or_two_is_refused(values: list[Any], words: str) -> None:
    with pytest.raises(InputRefused) as refused:
        moments(pd.Series(values, name="t"), "rows.csv")
    assert refused.value.reason == "WrongType"
    assert words in refused.value.message
    assert "2024-11-05" in refused.value.message
