"""Held-out rows: none of them trains, the same seed holds out the same, and time does not leak."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_server.contract.manifest import Split
from model_server.contract.outcome import InputRefused
from model_server.train.prepare.split import share_warning, split_rows

EVERY = np.arange(100)
TARGET = (EVERY % 10 == 0).astype(int)  # one in ten
HOURS = pd.DataFrame(
    {
        "when": pd.date_range("2024-01-01", periods=100, freq="h").astype(str),
        "tick": EVERY // 7,
        "home": [f"h{row // 5}" for row in EVERY],
    }
)


def divide(
    split: Split, target: Any = TARGET, classifier: bool = True, frame: Any = HOURS, seed: int = 0
) -> Any:
    return split_rows(split, seed, target, classifier, frame, "rows.csv")[:2]


SPLITS = {
    "the default": (Split(), 20),
    "random": (Split(method="Random"), 20),
    "stratified": (Split(method="Stratified", test_percent=30), 30),
    "by time": (Split(method="Time", time_column="when"), 20),
    "by time, which a time column means": (Split(time_column="when"), 20),
    "by groups": (Split(method="Group", group_column="home"), 20),
    "by groups, which a group column means": (Split(group_column="home"), 20),
    "half": (Split(test_percent=50), 50),
    "nothing": (Split(test_percent=0), 0),
}


@pytest.mark.parametrize(("split", "held_out"), SPLITS.values(), ids=SPLITS)
def test_every_row_is_on_one_side(split: Split, held_out: int) -> None:
    train, test = divide(split)
    assert len(test) == held_out
    assert sorted([*train, *test]) == EVERY.tolist()


def test_the_seed_decides() -> None:
    assert np.array_equal(divide(Split(), seed=1)[1], divide(Split(), seed=1)[1])
    assert not np.array_equal(divide(Split(), seed=1)[1], divide(Split(), seed=2)[1])


@pytest.mark.parametrize("method", [None, "Stratified"])
def test_classes_are_held_out_evenly(method: Any) -> None:
    assert all(TARGET[divide(Split(method=method), seed=seed)[1]].sum() == 2 for seed in range(20))


def test_rare_classes_fall_back_to_chance() -> None:
    rare = np.where(EVERY == 5, 2, TARGET)
    assert len(divide(Split(), rare)[1]) == 20


def test_a_regressor_is_split_by_chance() -> None:
    assert len(divide(Split(), EVERY.astype(float), classifier=False)[1]) == 20


SHUFFLED = np.random.default_rng(1).permutation(100)
TIMES = {
    "texts": (HOURS["when"].iloc[SHUFFLED].reset_index(drop=True), 20),
    "times with zones": (HOURS["when"].iloc[SHUFFLED].reset_index(drop=True) + "+02:00", 20),
    "numbers": (pd.Series(SHUFFLED), 20),
    "equal moments stay together": (pd.Series(SHUFFLED // 7), 23),
    "most rows in the first moment": (pd.Series(np.where(SHUFFLED < 90, 0, SHUFFLED)), 10),
    "the nearest boundary is the later one": (pd.Series(np.digitize(SHUFFLED, (66, 82))), 18),
    "most rows in the last moment": (pd.Series(np.where(SHUFFLED < 20, SHUFFLED, 100)), 80),
    "whole numbers with room for gaps": (pd.Series(SHUFFLED, dtype="Int64"), 20),
    "whole numbers that floats merge": (pd.Series(SHUFFLED) + 2**53, 20),
    "durations": (pd.Series(pd.to_timedelta(SHUFFLED, unit="h")), 20),
    "truths": (pd.Series(SHUFFLED >= 70), 30),
}


@pytest.mark.parametrize(("times", "held_out"), TIMES.values(), ids=TIMES)
def test_every_held_out_row_is_later(times: "pd.Series[Any]", held_out: int) -> None:
    train, test = divide(Split(time_column="t"), frame=pd.DataFrame({"t": times}))
    assert len(test) == held_out
    assert times.iloc[train].max() < times.iloc[test].min()


GROUPS: dict[str, tuple[list[Any], int]] = {
    "of one size": ([row // 5 for row in EVERY], 20),
    "of all sizes": ([int(row**0.5) for row in EVERY], 20),
    "of one row": ([f"g{row}" for row in EVERY], 20),
    "of many rows": ([row // 50 for row in EVERY], 50),
    "one large, one small": ([row > 96 for row in EVERY], 3),
    "one that is too large and others": ([max(row, 60) for row in EVERY], 20),
}


@pytest.mark.parametrize(("groups", "held_out"), GROUPS.values(), ids=GROUPS)
def test_no_group_is_on_both_sides(groups: list[Any], held_out: int) -> None:
    frame = pd.DataFrame({"g": groups})
    for seed in range(10):
        train, test = divide(Split(group_column="g"), frame=frame, seed=seed)
        assert sorted([*train, *test]) == EVERY.tolist()
        assert set(frame["g"].iloc[train]).isdisjoint(frame["g"].iloc[test])
        assert abs(len(test) - held_out) <= 3


def test_the_seed_decides_which_groups_whatever_the_order_of_the_rows() -> None:
    def groups_of(frame: pd.DataFrame, seed: int) -> set[str]:
        return set(frame["home"].iloc[divide(Split(group_column="home"), frame=frame, seed=seed)[1]])

    turned = HOURS.iloc[::-1].reset_index(drop=True)
    assert groups_of(HOURS, 1) == groups_of(turned, 1)
    assert groups_of(HOURS, 1) != groups_of(HOURS, 2)


CONTRADICTIONS: dict[str, tuple[Split, str]] = {
    "random with a time column": (
        Split(method="Random", time_column="when"),
        "remove timeColumn, or set method: Time",
    ),
    "by time with a group column": (
        Split(method="Time", group_column="home"),
        "remove groupColumn, or set method: Group",
    ),
    "a time and a group column": (
        Split(time_column="when", group_column="home"),
        "set timeColumn or groupColumn",
    ),
    "by groups without a column": (Split(method="Group"), "spec.data.split.groupColumn: method Group needs it"),
    "a group column that is not there": (Split(group_column="house"), 'column "house" is not in rows.csv'),
}  # fmt: skip


@pytest.mark.parametrize(("split", "words"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_told_by_its_field(split: Split, words: str) -> None:
    with pytest.raises(InputRefused) as refused:
        divide(split)
    assert words in refused.value.message
    assert "spec.data.split" in refused.value.message


def test_a_row_without_a_group_is_told() -> None:
    frame = pd.DataFrame({"g": ["a", None, *["b"] * 98]})
    with pytest.raises(InputRefused, match='column "g" row 2: "nan" is no group'):
        divide(Split(group_column="g"), frame=frame)


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(InputRefused, match="is the same in all rows"):
        divide(Split(group_column="g"), frame=pd.DataFrame({"g": ["a"] * 100}))


SHARES: dict[str, tuple[Split, int, int, str]] = {
    "as wished": (Split(time_column="day"), 20, 100, ""),
    "within five points": (Split(time_column="day"), 25, 100, ""),
    "moments that stay together": (
        Split(time_column="day"),
        1200,
        1500,
        "1200 of 1500 rows (80.0 %) are held out, not the 20 % of testPercent, since rows of one moment",
    ),
    "groups that stay together": (Split(group_column="home"), 10, 100, '"home" stay together'),
    "one of three rows": (Split(), 1, 3, ""),
    "nothing": (Split(test_percent=0), 0, 100, ""),
}


@pytest.mark.parametrize(("split", "held_out", "rows", "words"), SHARES.values(), ids=SHARES)
def test_a_share_that_is_far_from_the_wish_is_warned_of(
    split: Split, held_out: int, rows: int, words: str
) -> None:
    warning = share_warning(split, held_out, rows)
    assert words in warning
    assert bool(warning) == bool(words)
