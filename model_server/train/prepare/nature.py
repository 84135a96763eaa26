"""Columns that drift by nature: ids, time stamps, counters. A profile that counted them would always be drifted from.

Decided from the values and from the split, never from a name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract.manifest import Feature, Split
from model_server.train.prepare.split import Division
from model_server.train.rows.inference import DISTINCT, MOSTLY, sample
from model_server.train.rows.times import share_of_times

if TYPE_CHECKING:
    import pandas as pd

Numbers = NDArray[np.float64]
MIN_ROWS = 100  # below, every column may look like one of these by chance
BEYOND = 0.95  # of the held-out rows
RISING = 0.99  # of the steps from one row to the next
MISSED_REPEATS = 10  # expected of values drawn by chance; with fewer, none at all may be chance
# Seconds from 2000 to 2040, in the units in which computers count them.
EPOCH = (946_684_800, 2_208_988_800)
EPOCH_UNITS = (1, 10**3, 10**6, 10**9)
YEARS = (1900, 2100)


def by_nature(
    table: "pd.DataFrame", features: Sequence[Feature], split: Split, division: Division
) -> dict[str, str]:
    """Return, by name, why a column of the typed table drifts by nature; the others are not in it."""
    told = {
        feature.name: reason_of(table[feature.name], feature.type, split, division) for feature in features
    }
    return {name: reason for name, reason in told.items() if reason}


def reason_of(column: "pd.Series[Any]", kind: str, split: Split, division: Division) -> str:
    """Return why one column drifts by nature, empty when it does not seem to."""
    if column.name == split.time_column:
        return "it is the time by which the rows are split: later rows always lie beyond"
    if column.name == split.group_column:
        return "it is the group by which the rows are split: new groups come all the time"
    if kind == "boolean" or column.notna().sum() < MIN_ROWS:
        return ""
    reason = numeric_reason(column.to_numpy()) if kind == "numeric" else categorical_reason(column)
    if not reason and division.times is not None and lies_beyond(column, kind, division):
        reason = "its values in the held-out rows, which are the latest, all lie beyond those of earlier rows"
    return reason


def numeric_reason(values: Numbers) -> str:
    """Return why a column of numbers drifts by nature, empty when it does not seem to."""
    present = values[np.isfinite(values)]
    if are_times(present):
        return "its numbers are times"
    if len(present) < MIN_ROWS or (present % 1 != 0).any():
        return ""
    if never_repeats(present):
        return (
            "its whole numbers do not repeat, though as many drawn by chance would: it is an id or a counter"
        )
    if (np.diff(present) > 0).mean() >= RISING:
        return "its whole numbers rise from row to row, as those of a counter do"
    return ""


def categorical_reason(column: "pd.Series[Any]") -> str:
    """Return why a column of texts drifts by nature, empty when it does not seem to."""
    present = column.dropna()
    if present.nunique() >= DISTINCT * len(present):
        return f"{present.nunique()} of its {len(present)} values are different: they name their rows"
    return "its texts are times" if share_of_times(sample(present)) >= MOSTLY else ""


def are_times(present: Numbers) -> bool:
    """Return whether all numbers are seconds since 1970 of this age or their thousandths, or spell a day or month."""
    if len(present) == 0:
        return False
    least, most = present.min(), present.max()
    if any(EPOCH[0] * unit <= least and most < EPOCH[1] * unit for unit in EPOCH_UNITS):
        return True
    return bool(are_months(present) or (are_months(present // 100) and in_range(present % 100, 1, 31)))


def are_months(numbers: Numbers) -> bool:
    """Return whether all numbers are whole and spell a year and a month, as 202411 does."""
    whole = bool((numbers % 1 == 0).all())
    return whole and in_range(numbers // 100, *YEARS) and in_range(numbers % 100, 1, 12)


def in_range(numbers: Numbers, least: int, most: int) -> bool:
    """Return whether all numbers are between these two, both included."""
    return bool(((numbers >= least) & (numbers <= most)).all())


def never_repeats(present: Numbers) -> bool:
    """Return whether whole numbers repeat far less often than as many drawn by chance from their range would."""
    # So that 300 different prices up to 200,000 stay a column of prices. Prices that crowd somewhere repeat more often.
    rows, choices = len(present), np.ptp(present) + 1
    expected = rows - choices * (1 - np.exp(-rows / choices))
    repeats = rows - len(np.unique(present))
    return bool(expected >= MISSED_REPEATS and repeats * MISSED_REPEATS <= expected)


def lies_beyond(column: "pd.Series[Any]", kind: str, division: Division) -> bool:
    """Return whether nearly all held-out values lie beyond all earlier ones, or are none of them."""
    earlier, later = column.iloc[division.train].dropna(), column.iloc[division.test].dropna()
    if len(earlier) == 0 or len(later) == 0:
        return False
    if kind == "categorical":
        return bool((~later.isin(earlier.unique())).mean() >= BEYOND)
    return bool(max((later > earlier.max()).mean(), (later < earlier.min()).mean()) >= BEYOND)
