"""Sums over the labels of a counter."""

from __future__ import annotations

from collections.abc import Mapping

from leeway.core.evidence.page import Series

REQUESTS = "leeway_model_requests_total"
ROWS = "leeway_model_rows_total"


def sum_of(totals: Mapping[Series, int], counter: str) -> int:
    """Return the sum of a counter over all its labels."""
    return sum(count for series, count in totals.items() if series.partition("{")[0] == counter)
