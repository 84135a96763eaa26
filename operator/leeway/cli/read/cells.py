"""Which bin a cell of a CSV file falls into: as the server counts the same value, without numpy."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from math import isfinite, isnan

from leeway.core.evidence.profile import Column

Place = Callable[[str], int]

_BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"
_WHOLE_FLOAT = re.compile(r"-?\d+\.0|-?\d(\.\d+)?e\+\d+")
_TRUTHS = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}


def make_place(column: Column) -> Place:
    """Return what gives a cell's place among the column's labels; it raises ValueError for a cell that does not fit.

    An empty cell is a missing value.
    """
    if "unseen" in column.labels:
        return _make_category_place(column)
    if column.categories:
        return _make_number_place(column, _truth, edges=(0.5,), limits=(0.0, 1.0))
    return _make_number_place(column, float, column.edges, column.limits)


def spelled(cell: str) -> str:
    """Return a category as the trainer spells it: without blanks around it, `true` for TRUE, `6` for 6.0."""
    bare = cell.strip(_BLANKS)
    if bare.lower() in {"true", "false"}:
        return bare.lower()
    if _WHOLE_FLOAT.fullmatch(bare) and repr(float(bare)) == bare:
        return str(int(float(bare)))
    return bare


def _make_category_place(column: Column) -> Place:
    places = {category: place for place, category in enumerate(column.categories)}
    missing, other, unseen = (column.labels.index(label) for label in ("missing", "other", "unseen"))
    # The profile does not list its rare categories; where it counted some, a category it does not list is one.
    rest = other if column.counts[other] else unseen

    def place(cell: str) -> int:
        category = spelled(cell)
        return places.get(category, rest) if category else missing

    return place


def _make_number_place(
    column: Column, read: Callable[[str], float], edges: tuple[float, ...], limits: tuple[float, ...]
) -> Place:
    missing, other = (column.labels.index(label) for label in ("missing", "other"))

    def place(cell: str) -> int:
        bare = cell.strip(_BLANKS)
        number = read(bare) if bare else float("nan")
        if isnan(number):
            return missing
        return other if _is_far(number, limits) else bisect_right(edges, number)

    return place


def _is_far(number: float, limits: tuple[float, ...]) -> bool:
    """Return whether a number is further outside of the reference's limits than these are apart."""
    if len(limits) < 2:
        return not isfinite(number)
    least, most = limits
    width = most - least
    return not least - width <= number <= most + width


def _truth(cell: str) -> float:
    found = _TRUTHS.get(spelled(cell).lower())
    if found is None:
        raise ValueError("neither true nor false")
    return found
