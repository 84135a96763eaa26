"""Which rows are held out. The same seed holds out the same rows."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.manifest import Split
from model_server.contract.outcome import InputRefused
from model_server.train.rows.cells import refuse_first
from model_server.train.rows.inference import refuse_no_value
from model_server.train.rows.times import moments

if TYPE_CHECKING:
    import pandas as pd

Places = NDArray[np.int64]
FAR_OFF = 0.05  # of the rows: a share of held-out rows that is further from the wish is warned of


class Division(NamedTuple):
    """The places of the training and of the held-out rows, and the moment or group of every row that decided it."""

    train: Places
    test: Places
    times: NDArray[Any] | None = None
    groups: NDArray[Any] | None = None


def split_rows(
    split: Split, seed: int, target: NDArray[Any], classifier: bool, frame: "pd.DataFrame", name: str
) -> Division:
    """Return the places of the training and of the held-out rows, which share none and leave none out.

    `testPercent: 0` holds nothing out. At least one row is held out otherwise, and one trains.
    Raises InputRefused (InvalidSpec, ColumnMissing, WrongType, DataEmpty).
    """
    refuse_contradiction(split)
    every = np.arange(len(target))
    if split.test_percent == 0:
        return Division(every, every[:0])
    if len(target) < 2:
        raise InputRefused(
            reasons.DATA_EMPTY,
            f"{name}: one row cannot be split; add rows, or set spec.data.split.testPercent: 0",
        )
    held_out = wished(split, len(target))
    if split.time_column or split.method == "Time":
        return by_time(split, frame, held_out, name)
    if split.group_column or split.method == "Group":
        return by_group(split, seed, frame, held_out, name)
    return Division(*by_chance(split, seed, target, classifier, held_out))


def wished(split: Split, rows: int) -> int:
    """Return how many of the rows are to be held out."""
    return max(1, round(rows * split.test_percent / 100))


def refuse_contradiction(split: Split) -> None:
    """Raise InputRefused (InvalidSpec) where a column means another split than the method: the CRD refuses it too."""
    if split.time_column and split.group_column:
        raise InputRefused(
            reasons.INVALID_SPEC, "spec.data.split: set timeColumn or groupColumn, not both of them"
        )
    for column, field, method in (
        (split.time_column, "timeColumn", "Time"),
        (split.group_column, "groupColumn", "Group"),
    ):
        if column and split.method not in (None, method):
            raise InputRefused(
                reasons.INVALID_SPEC,
                f"spec.data.split: remove {field}, or set method: {method}; it means that",
            )


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


def by_time(split: Split, frame: "pd.DataFrame", held_out: int, name: str) -> Division:
    """Return the latest rows as held out: every one of them is later than every training row.

    Rows of one moment stay together, so that as many are held out as comes nearest to `held_out`.
    """
    times = moments(column_of(split.time_column, "timeColumn", "Time", frame, name), name)
    found, counts = np.unique(times, return_counts=True)
    if len(found) < 2:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f'spec.data.split.timeColumn: "{split.time_column}" is the same in all rows; use Random',
        )
    # From the last moment back: of two that are equally near, the one that trains on more rows is taken.
    later = counts[:0:-1].cumsum()
    first = found[:0:-1][np.abs(later - held_out).argmin()]
    return Division(np.flatnonzero(times < first), np.flatnonzero(times >= first), times=times)


def by_group(split: Split, seed: int, frame: "pd.DataFrame", held_out: int, name: str) -> Division:
    """Return whole groups as held out, chosen by the seed, so that their rows come near to `held_out`."""
    column = column_of(split.group_column, "groupColumn", "Group", frame, name)
    refuse_no_value(column)
    refuse_first(column, column.isna(), name, "is no group; name one, or drop the row")
    names = column.astype(str)
    groups, counts = np.unique(names.to_numpy(dtype=object), return_counts=True)
    if len(groups) < 2:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f'spec.data.split.groupColumn: "{split.group_column}" is the same in all rows; use Random',
        )
    chosen = nearest_groups(counts, held_out, seed)
    is_test = names.isin(groups[chosen]).to_numpy()
    return Division(np.flatnonzero(~is_test), np.flatnonzero(is_test), groups=names.to_numpy(dtype=object))


def nearest_groups(counts: NDArray[np.int64], held_out: int, seed: int) -> list[int]:
    """Return the places of groups in an order of chance, each of which brings the rows nearer to `held_out`.

    At least one group is chosen, and one is not.
    """
    chosen: list[int] = []
    rows = 0
    for place in np.random.default_rng(seed).permutation(len(counts)).tolist():
        if abs(rows + counts[place] - held_out) < abs(rows - held_out) and len(chosen) < len(counts) - 1:
            chosen.append(place)
            rows += counts[place]
    return chosen or [int(counts.argmin())]


def column_of(
    column: str | None, field: str, method: str, frame: "pd.DataFrame", name: str
) -> "pd.Series[Any]":
    """Return the column that a method of splitting needs, or raise InputRefused naming the field."""
    if not column:
        raise InputRefused(
            reasons.INVALID_SPEC, f"spec.data.split.{field}: method {method} needs it; name the column"
        )
    if column not in frame.columns:
        raise InputRefused(
            reasons.COLUMN_MISSING, f'spec.data.split.{field}: column "{column}" is not in {name}'
        )
    return frame[column]


def share_warning(split: Split, held_out: int, rows: int) -> str:
    """Return the warning of a share of held-out rows that is far from the wish, empty where it is near."""
    if split.test_percent == 0 or abs(held_out - wished(split, rows)) <= max(1, FAR_OFF * rows):
        return ""
    together = (
        f'rows of one moment of timeColumn "{split.time_column}"'
        if split.time_column
        else f'rows of one group of groupColumn "{split.group_column}"'
    )
    return (
        f"spec.data.split: {held_out} of {rows} rows ({100 * held_out / rows:.1f} %) are held out, not the "
        f"{split.test_percent} % of testPercent, since {together} stay together"
    )
