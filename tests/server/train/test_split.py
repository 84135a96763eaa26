"""Held-out rows: none of them trains, the same seed holds out the same, and time does not leak."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_server.contract.manifest import Split
from model_server.train.prepare.split import split_rows

EVERY = np.arange(100)
TARGET = (EVERY % 10 == 0).astype(int)  # one in ten
HOURS = pd.DataFrame(
    {"when": pd.date_range("2024-01-01", periods=100, freq="h").astype(str), "tick": EVERY // 7}
)


def divide(
    split: Split, target: Any = TARGET, classifier: bool = True, frame: Any = HOURS, seed: int = 0
) -> Any:
    return split_rows(split, seed, target, classifier, frame, "rows.csv")


SPLITS = {
    "the default": (Split(), 20),
    "random": (Split(method="Random"), 20),
    "stratified": (Split(method="Stratified", test_percent=30), 30),
    "by time": (Split(method="Time", time_column="when"), 20),
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
}


@pytest.mark.parametrize(("times", "held_out"), TIMES.values(), ids=TIMES)
def test_every_held_out_row_is_later(times: "pd.Series[Any]", held_out: int) -> None:
    train, test = divide(Split(method="Time", time_column="t"), frame=pd.DataFrame({"t": times}))
    assert len(test) == held_out
    assert times.iloc[train].max() < times.iloc[test].min()
