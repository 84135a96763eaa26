"""Which rows are held out. The same seed holds out the same rows."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.manifest import Split
from model_server.contract.outcome import InputRefused
from model_server.train.rows.inference import first_row

if TYPE_CHECKING:
    import pandas as pd

Places = NDArray[np.int64]


def split_rows(
    split: Split, seed: int, target: NDArray[Any], classifier: bool, frame: "pd.DataFrame", name: str
) -> tuple[Places, Places]:
    """Return the places of the training and of the held-out rows, which share none and leave none out.

    `testPercent: 0` holds nothing out. At least one row is held out otherwise, and one trains.
    Raises InputRefused (InvalidSpec, ColumnMissing, WrongType, DataEmpty).
    """
    every = np.arange(len(target))
    if split.test_percent == 0:
        return every, every[:0]
    if len(target) < 2:
        raise InputRefused(
            reasons.DATA_EMPTY,
            f"{name}: one row cannot be split; add rows, or set spec.data.split.testPercent: 0",
        )
    held_out = max(1, round(len(target) * split.test_percent / 100))
    if split.method == "Time":
        return by_time(split, frame, held_out, name)
    return by_chance(split, seed, target, classifier, held_out)


def by_chance(
    split: Split, seed: int, target: NDArray[Any], classifier: bool, held_out: int
) -> tuple[Places, Places]:
    """Return a random split, with equal shares of each class when asked for, or when it can be had."""
    from sklearn.model_selection import train_test_split  # noqa: PLC0415  a second of start-up

    problem = why_not_stratified(target, held_out) if classifier else "the estimator is not a classifier"
    if split.method == "Stratified" and problem:
        raise InputRefused(
            reasons.INVALID_SPEC, f"spec.data.split.method: Stratified is not possible, {problem}; use Random"
        )
    strata = target if split.method != "Random" and not problem else None
    train, test = train_test_split(
        np.arange(len(target)), test_size=held_out, random_state=seed, stratify=strata
    )
    return np.sort(train), np.sort(test)


def why_not_stratified(target: NDArray[Any], held_out: int) -> str:
    """Return why classes cannot be split evenly, empty when they can."""
    classes, counts = np.unique(target, return_counts=True)
    if counts.min() < 2:
        return f"class {classes[counts.argmin()]} has one row"
    if min(held_out, len(target) - held_out) < len(classes):
        return f"{held_out} of {len(target)} rows cannot hold all {len(classes)} classes on both sides"
    return ""


def by_time(split: Split, frame: "pd.DataFrame", held_out: int, name: str) -> tuple[Places, Places]:
    """Return the latest rows as held out: every one of them is later than every training row."""
    times = times_of(split, frame, name)
    order = np.sort(times)
    first = order[len(order) - held_out]
    if first == order[0]:  # rows of one moment stay together, so the boundary moves up to the next moment
        later = order[order > first]
        if len(later) == 0:
            raise InputRefused(
                reasons.INVALID_SPEC,
                f'spec.data.split.timeColumn: "{split.time_column}" is the same in all rows; use Random',
            )
        first = later[0]
    return np.flatnonzero(times < first), np.flatnonzero(times >= first)


def times_of(split: Split, frame: "pd.DataFrame", name: str) -> NDArray[Any]:
    """Return the time column as sortable values, or raise InputRefused naming the first row without one."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    column_name = split.time_column
    if not column_name:
        raise InputRefused(
            reasons.INVALID_SPEC, "spec.data.split.timeColumn: method Time needs it; name the column"
        )
    if column_name not in frame.columns:
        raise InputRefused(
            reasons.COLUMN_MISSING, f'spec.data.split.timeColumn: column "{column_name}" is not in {name}'
        )
    column = frame[column_name]
    if pd.api.types.is_numeric_dtype(column.dtype):
        times = column
    else:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # "could not infer format": the next check answers it
            times = pd.to_datetime(column, errors="coerce", utc=True)
    if times.isna().any():
        row = first_row(times.isna())
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'{name}: column "{column_name}" row {row + 1}: "{str(column.loc[row])[:40]}" is not a time',
        )
    return np.asarray(times.to_numpy())
