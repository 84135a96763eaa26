"""Counts by series become counts by what they are of, and what is absent is not zero."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leeway.core.evidence.page import Series
from leeway.core.evidence.profile import Column
from leeway.core.evidence.table import (
    CountsRefused,
    Table,
    read_drawn,
    read_errors,
    read_feature,
    read_feedback,
    read_invalid,
    read_latency,
    read_score,
    read_slow,
    read_table,
)

COMMON = 'model="loan",version="loan-1",profile="aaaaaaaa"'
INCOME = Column("income", ("0", "1", "missing", "other"), (5, 5, 0, 0))
SCORE = Column("score", ("0", "1"), (5, 5))


def series(name: str, **labels: str) -> Series:
    further = "".join(f',{key}="{value}"' for key, value in labels.items())
    return f"leeway_model_{name}{{{COMMON}{further}}}"


COUNTED = {
    series("drawn_rows_total"): 9,
    series("feature_bin_total", feature="income", bin="other"): 0,
    series("feature_bin_total", feature="income", bin="missing"): 1,
    series("feature_bin_total", feature="income", bin="1"): 5,
    series("feature_bin_total", feature="income", bin="0"): 3,
    series("score_bin_total", bin="0"): 4,
    series("score_bin_total", bin="1"): 5,
    series("requests_total", code="200"): 9,
    series("requests_total", code="400"): 2,
    series("requests_total", code="499"): 3,
    series("requests_total", code="500"): 4,
    series("requests_total", code="503"): 5,
    series("invalid_requests_total"): 2,
    series("request_duration_seconds_bucket", le="0.1"): 6,
    series("request_duration_seconds_bucket", le="2.5"): 18,
    series("request_duration_seconds_bucket", le="+Inf"): 20,
    # All labels of batches, which are no independent draws, and those of the rows that were drawn.
    series(
        "feedback_total", of_version="loan-1", of_profile="a", bin="0", decision="yes", outcome="right"
    ): 700,
    series("drawn_feedback_total", of_version="loan-1", outcome="right"): 8,
    series("drawn_feedback_total", of_version="loan-2", outcome="wrong"): 2,
    series("something_else_total"): 99,
}


def without(name: str) -> dict[Series, int]:
    """The counts without the series of this name."""
    return {key: count for key, count in COUNTED.items() if not key.startswith(f"leeway_model_{name}")}


READ: dict[str, tuple[Callable[[Table], object], object]] = {
    "drawn rows": (read_drawn, 9),
    "a column, in the order of its profile": (lambda table: read_feature(table, INCOME), (3, 5, 1, 0)),
    "the score": (lambda table: read_score(table, SCORE), (4, 5)),
    "faults, and clients that waited too long": (read_errors, (12, 11)),
    "requests refused for their rows, and answered": (read_invalid, (2, 9)),
    "slow requests": (lambda table: read_slow(table, 0.1), (14, 6)),
    "the latency": (read_latency, ((0.1, 6), (2.5, 18), (float("inf"), 20))),
    "feedback of one version": (lambda table: read_feedback(table, "loan-1"), (0, 8)),
    "feedback of the other, told to this one's pods": (lambda table: read_feedback(table, "loan-2"), (2, 0)),
}


@pytest.mark.parametrize(("read", "want"), READ.values(), ids=list(READ))
def test_what_was_counted(read: Callable[[Table], object], want: object) -> None:
    assert read(read_table(COUNTED)) == want


INCOME_0 = series("feature_bin_total", feature="income", bin="0")
MISSING: dict[str, tuple[dict[Series, int], Callable[[Table], object], str]] = {
    "no drawn rows": (without("drawn"), read_drawn, "do not count drawn rows"),
    "no column": (
        without("feature_bin"),
        lambda table: read_feature(table, INCOME),
        "bin '0' of column 'income'",
    ),
    "a bin that is absent though it would be zero": (
        {key: count for key, count in COUNTED.items() if 'bin="other"' not in key},
        lambda table: read_feature(table, INCOME),
        "bin 'other' of column 'income'",
    ),
    "a bin that the profile lacks": (
        COUNTED | {series("feature_bin_total", feature="income", bin="2"): 0},
        lambda table: read_feature(table, INCOME),
        "9 rows in 5 bins of column 'income', not the 9 that were drawn in 4",
    ),
    "a row that is in no bin": (
        COUNTED | {INCOME_0: 2},
        lambda table: read_feature(table, INCOME),
        "8 rows in 4 bins of column 'income', not the 9",
    ),
    "no score": (without("score_bin"), lambda table: read_score(table, SCORE), "bin '0' of the score"),
    "no refused requests": (without("invalid"), read_invalid, "do not count refused requests"),
    "no latency": (without("request_duration"), read_latency, "no latency"),
    "another edge": (COUNTED, lambda table: read_slow(table, 0.25), "no bucket up to 0.25 s"),
    "buckets that fall": (
        COUNTED | {series("request_duration_seconds_bucket", le="0.1"): 19},
        read_latency,
        "contradict",
    ),
}


@pytest.mark.parametrize(("counted", "read", "says"), MISSING.values(), ids=list(MISSING))
def test_what_is_absent_or_contradicts_itself_is_not_counted(
    counted: dict[Series, int], read: Callable[[Table], object], says: str
) -> None:
    table = read_table(counted)
    with pytest.raises(CountsRefused, match=says):
        read(table)


UNREADABLE = {
    "one bin twice, under another model's name": (
        {INCOME_0: 1, INCOME_0.replace("loan", "other"): 1},
        "two series count '0'",
    ),
    "a bin without a name": ({series("score_bin_total"): 1}, "cannot be read"),
    "labels that are none": ({"leeway_model_score_bin_total{x}": 1}, "cannot be read"),
    "a bucket without an edge": ({series("request_duration_seconds_bucket", le="NaN"): 1}, "has no edge"),
}


@pytest.mark.parametrize(("counted", "says"), UNREADABLE.values(), ids=list(UNREADABLE))
def test_series_that_cannot_be_read_are_refused(counted: dict[Series, int], says: str) -> None:
    with pytest.raises(CountsRefused, match=says):
        read_table(counted)
