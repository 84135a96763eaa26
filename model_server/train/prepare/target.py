"""The target column as labels of a classifier or numbers of a regressor."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.rows.spelling import is_number
from model_server.train.rows.cells import first_row
from model_server.train.rows.columns import named, numbers

if TYPE_CHECKING:
    import pandas as pd

Labels = NDArray[Any]
MAX_CLASSES = 256  # what a signature holds
MAX_CLASS_LENGTH = 256
INTEGER = re.compile(r"-?(0|[1-9]\d*)")
NO_NUMBER = (
    "spec.estimator.class is a regressor: use a classifier, or a target of numbers in spec.data.target"
)


def target_of(column: "pd.Series[Any]", classifier: bool, name: str) -> Labels:
    """Return what the estimator learns: whole numbers or texts for a classifier, float64 for a regressor.

    The estimator decides which, not the values.
    Raises InputRefused (TargetMissing, WrongType) naming column, file and row.
    """
    from pandas.api import types  # noqa: PLC0415  loaded with the frame

    missing = column.isna()
    if missing.any():
        raise InputRefused(
            reasons.TARGET_MISSING,
            f'{name}: column "{column.name}" has no value in {int(missing.sum())} rows '
            f"(first: row {first_row(missing) + 1}); set spec.cleaning.dropMissingTarget: true",
        )
    if not classifier:
        # A truth is no number in csv, where it is text, and so it is none here.
        truths = types.is_bool_dtype(column.dtype) or types.is_object_dtype(column.dtype)
        return np.asarray(numbers(class_names(column) if truths else column, name, NO_NUMBER))
    found = labels(column, name)
    refuse_odd_classes(found, str(column.name))
    return found


def labels(column: "pd.Series[Any]", name: str) -> Labels:
    """Return the class of each row: whole numbers where every class is one in its canonical spelling, else texts."""
    spelled = class_names(column)
    classes = set(spelled.unique())
    if all(map(is_int64, classes)):
        return spelled.astype("int64").to_numpy()
    if all(map(is_number, classes)):
        refuse_fractions(spelled, name)
    return np.array(spelled.tolist())


def class_names(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the canonical spelling of the class of each row."""
    return column.map({value: named(value) for value in column.dropna().unique()}).astype(object)


def is_int64(name: str) -> bool:
    """Return whether a canonical spelling is that of a whole number of 64 bits."""
    return INTEGER.fullmatch(name) is not None and abs(int(name)) < 2**63


def refuse_fractions(spelled: "pd.Series[Any]", name: str) -> None:
    """Raise InputRefused (WrongType) for the first number that is no whole one, where all are numbers."""
    fractions = spelled.str.contains(".", regex=False) | spelled.str.contains("e", regex=False)
    if fractions.any():
        row = first_row(fractions)
        raise InputRefused(
            reasons.WRONG_TYPE,
            f'{name}: target column "{spelled.name}" row {row + 1} is {spelled.loc[row][:40]}, which is no class; '
            "spec.estimator.class is a classifier: use a regressor, or classes as whole numbers or text",
        )


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
