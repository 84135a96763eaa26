"""What makes the metrics look better than the model is, or the model worse than it could be: told, never mended."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from model_server.contract.manifest import Feature
from model_server.train.prepare.split import Places
from model_server.train.prepare.target import Labels

if TYPE_CHECKING:
    import pandas as pd

MIN_ROWS = 20  # below, every column may be unique, or go with the target, by chance
MIN_ID_ROWS = 100  # for whole numbers, which are unique among few rows more easily
HEAD = 1000  # rows that are looked at before all are
OVERLAP_SHARE = 0.01  # of the held-out rows; fewer change no metric by much


def overlap(table: "pd.DataFrame", target: Labels, train: Places, test: Places) -> int:
    """Return how many held-out rows have target and features of a training row, compared by hashes of 64 bits."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    whole = pd.concat([table, pd.Series(target, index=table.index, name="target")], axis="columns")
    keys = pd.util.hash_pandas_object(whole, index=False).to_numpy()
    return int(np.isin(keys[test], keys[train]).sum())


def overlap_warning(overlapping: int, held_out: int) -> str:
    """Return the warning of held-out rows that the model is fitted on too, empty for none or very few."""
    if overlapping <= OVERLAP_SHARE * held_out:
        return ""
    return (
        f"{overlapping} of {held_out} held-out rows ({100 * overlapping / held_out:.1f} %) repeat a training row in "
        "target and every feature, so that the metrics look better than they are; set "
        "spec.cleaning.dropDuplicates: true, or keep what belongs together on one side by spec.data.split.groupColumn"
    )


def copies(table: "pd.DataFrame", target: Labels, classifier: bool) -> tuple[str, ...]:
    """Return a warning for each feature that is the target in another spelling."""
    if len(table) < MIN_ROWS:
        return ()
    return tuple(
        f'feature "{name}" is a copy of the target: each of its values goes with one of the target; '
        "list it in spec.data.exclude, unless it is known when the model is asked"
        for name in map(str, table.columns)
        if is_copy(table[name], target, classifier)
    )


def is_copy(column: "pd.Series[Any]", target: Labels, classifier: bool) -> bool:
    """Return whether the column has the values of a regressor's target, or tells a classifier's classes one by one."""
    if not classifier:
        return column.dtype == np.float64 and bool(np.array_equal(column.to_numpy(), target))
    # Few rows tell for nearly every column that it is none.
    if len(column) > HEAD and not is_copy(column.iloc[:HEAD], target[:HEAD], classifier):
        return False
    if column.isna().any() or column.nunique() != len(np.unique(target)):
        return False
    return int(column.groupby(target).nunique().max()) == 1


def columns_warnings(table: "pd.DataFrame", features: Sequence[Feature]) -> tuple[str, ...]:
    """Return warnings of features that name their row, or that tell nothing."""
    if len(table) < MIN_ROWS:
        return ()
    ids = [one.name for one in features if is_id(table[one.name], one.type)]
    constant = [name for name in map(str, table.columns) if bool((table[name] == table[name].iloc[0]).all())]
    return (
        *(
            f'feature "{name}" differs in each of the {len(table)} rows, as an id does; if it is one, '
            "list it in spec.data.exclude"
            for name in ids
        ),
        *(
            f'feature "{name}" is the same in all {len(table)} rows and tells nothing; list it in spec.data.exclude'
            for name in constant
        ),
    )


def is_id(column: "pd.Series[Any]", kind: str) -> bool:
    """Return whether the column is unique in every row, as whole numbers or texts are that name their row."""
    if kind == "boolean" or column.isna().any() or not column.iloc[:HEAD].is_unique:
        return False
    if kind == "numeric" and (len(column) < MIN_ID_ROWS or (column.to_numpy() % 1 != 0).any()):
        return False
    return bool(column.is_unique)
