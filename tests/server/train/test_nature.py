"""Which columns are left out of the profile because they drift by nature, and which that look alike are not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_server.contract.manifest import Feature, Split
from model_server.train.prepare.nature import by_nature
from model_server.train.prepare.split import Division

ROWS = np.arange(1000)
RANDOM = np.random.default_rng(0)
SHUFFLED = RANDOM.permutation(1000)
WORDS = np.array([f"w{row}" for row in ROWS], dtype=object)
WHOLE = Division(SHUFFLED[:800], SHUFFLED[800:])
LATEST = Division(ROWS[:800], ROWS[800:], times=ROWS)
DRIFTS: dict[str, tuple[Any, str]] = {
    "row numbers in any order": (SHUFFLED, "id or a counter"),
    "ids with gaps": (RANDOM.permutation(20_000)[:1000], "id or a counter"),
    "ids of which a few repeat": (np.where(ROWS < 10, 5, SHUFFLED), "id or a counter"),
    "ids with gaps in cells": (np.where(ROWS < 300, np.nan, SHUFFLED), "id or a counter"),
    "a counter with large gaps": (np.cumsum(RANDOM.integers(1, 10**6, 1000)), "rise from row to row"),
    "seconds since 1970": (1.7e9 + RANDOM.random(1000) * 3e7, "times"),
    "milliseconds since 1970": (1.7e12 + SHUFFLED * 3e7, "times"),
    "days as whole numbers": (20_240_100 + SHUFFLED % 28 + 1, "times"),
    "months as whole numbers": (202_400 + SHUFFLED % 12 + 1, "times"),
    "texts that name their row": (WORDS, "name their rows"),
    "days as texts": (np.array([f"2024-01-{1 + row % 28:02}" for row in ROWS], dtype=object), "times"),
}
STAYS: dict[str, Any] = {
    "few prices among many possible": RANDOM.permutation(200_000)[:300],
    "prices": RANDOM.integers(100, 200_000, 1000),
    "ages": RANDOM.integers(18, 90, 1000),
    "years of building": RANDOM.integers(1900, 2024, 1000),
    "fractions that never repeat": RANDOM.random(1000),
    "fractions in order": np.sort(RANDOM.random(1000)),
    "large random numbers": RANDOM.integers(0, 2**50, 1000),
    "a constant": np.ones(1000),
    "one row number of few": ROWS[:90],
    "a few categories": np.array(["rent", "own"] * 500, dtype=object),
    "no value at all": np.full(1000, np.nan),
}


def reasons(values: Any, split: Split = Split(), division: Division = WHOLE) -> dict[str, str]:  # noqa: B008  frozen
    """Return what is said of one column `x`."""
    kind: Any = "categorical" if values.dtype == object else "numeric"
    column = values if kind == "categorical" else values.astype(np.float64)
    table = pd.DataFrame({"x": column})
    return by_nature(table, [Feature(name="x", type=kind)], split, division)


@pytest.mark.parametrize(("values", "why"), DRIFTS.values(), ids=DRIFTS)
def test_a_column_that_drifts_by_nature_is_left_out(values: Any, why: str) -> None:
    assert why in reasons(values)["x"]


@pytest.mark.parametrize("values", STAYS.values(), ids=STAYS)
def test_an_ordinary_column_stays(values: Any) -> None:
    assert reasons(values) == {}


LATER = {
    "a price that only rises": (100 + ROWS / 7 + RANDOM.random(1000), True),
    "a level that only falls": (-(ROWS / 7) + RANDOM.random(1000), True),
    "words of their day": (np.array([f"d{row // 50}" for row in ROWS], dtype=object), True),
    "a price that rises slowly": (ROWS / 1000 + RANDOM.normal(0, 1, 1000), False),
    "days of the week": (np.array([f"d{row % 7}" for row in ROWS], dtype=object), False),
}


@pytest.mark.parametrize(("values", "left_out"), LATER.values(), ids=LATER)
def test_what_is_always_new_in_later_rows_is_left_out_where_rows_are_split_by_time(
    values: Any, left_out: bool
) -> None:
    assert bool(reasons(values, division=LATEST)) == left_out
    assert reasons(values) == {}


@pytest.mark.parametrize("split", [Split(time_column="x"), Split(group_column="x")])
def test_the_column_that_splits_the_rows_is_left_out(split: Split) -> None:
    assert "by which the rows are split" in reasons(ROWS % 7, split)["x"]
