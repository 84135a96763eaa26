"""The target column as labels of a classifier or numbers of a regressor."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.rows.categories import category_of
from model_server.train.rows.columns import TRUTHS, numbers
from model_server.train.rows.inference import first_row

if TYPE_CHECKING:
    import pandas as pd

Labels = NDArray[Any]
MAX_CLASSES = 256  # what a signature holds
MAX_CLASS_LENGTH = 256


def target_of(column: "pd.Series[Any]", classifier: bool, name: str) -> Labels:
    """Return what the estimator learns: whole numbers or texts for a classifier, float64 for a regressor.

    The estimator decides which, not the values. Booleans become 0 and 1.
    Raises InputRefused (TargetMissing, WrongType) naming column, file and row.
    """
    missing = column.isna()
    if missing.any():
        raise InputRefused(
            reasons.TARGET_MISSING,
            f'{name}: column "{column.name}" has no value in {int(missing.sum())} rows '
            f"(first: row {first_row(missing) + 1}); set spec.cleaning.dropMissingTarget: true",
        )
    return labels(column, name) if classifier else np.asarray(numbers(column, name))


def labels(column: "pd.Series[Any]", name: str) -> Labels:
    """Return the classes of all rows, which are at least two."""
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    if types.is_bool_dtype(column.dtype) or all(isinstance(value, bool | np.bool_) for value in column):
        found: Labels = np.array([int(TRUTHS[str(value).lower()]) for value in column])
    elif types.is_numeric_dtype(column.dtype):
        found = whole_numbers(column, name)
    else:
        found = np.array([category_of(str(value)) for value in column])
    refuse_odd_classes(found, str(column.name))
    return found


def whole_numbers(column: "pd.Series[Any]", name: str) -> Labels:
    """Return the column as int64, or raise InputRefused (WrongType) when it holds fractions."""
    found = numbers(column, name)
    fractions = found % 1 != 0
    if fractions.any():
        row = first_row(fractions)
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'{name}: target column "{column.name}" row {row + 1} is {found.loc[row]}, which is no class; '
            "spec.estimator.class is a classifier: use a regressor, or classes as whole numbers or text",
        )
    return found.to_numpy().astype(np.int64)


def refuse_odd_classes(found: Labels, column: str) -> None:
    """Raise InputRefused (TrainingFailed, WrongType) unless there are 2 to 256 classes with names that fit."""
    classes = np.unique(found)
    if len(classes) < 2:
        raise InputRefused(reasons.TRAINING_FAILED, one_class(column, classes[0], len(found)))
    if len(classes) > MAX_CLASSES:
        raise InputRefused(
            reasons.TRAINING_FAILED,
            f'spec.data.target: column "{column}" has {len(classes)} different values, too many for classes; '
            "use a regressor in spec.estimator.class, or another target",
        )
    if max(len(str(one)) for one in classes) > MAX_CLASS_LENGTH:
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'spec.data.target: column "{column}" has a class of more than {MAX_CLASS_LENGTH} characters; '
            "give classes short names",
        )


def one_class(column: str, value: object, rows: int) -> str:
    """Return the sentence for a target that does not vary."""
    return (
        f'spec.data.target: column "{column}" is {value} in all {rows} rows; '
        "a classifier needs rows of at least two classes"
    )
