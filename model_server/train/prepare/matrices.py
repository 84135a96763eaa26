"""From a file of rows to matrices that an estimator can learn from and be judged on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_server.contract import reasons
from model_server.contract.manifest import Feature, TrainingJobSpec
from model_server.contract.outcome import ExpectationResult, InputRefused
from model_server.engines.sklearn import Rows
from model_server.train.prepare.cleaning import clean, clipped
from model_server.train.prepare.split import split_rows
from model_server.train.prepare.target import Labels, one_class, target_of
from model_server.train.rows.columns import features_of, matrix_of, typed
from model_server.train.rows.expectations import check_expectations
from model_server.train.rows.source import RowFile, read_rows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Checked:
    """The rows as read, what was expected of them, and which columns are features."""

    file: RowFile
    frame: "pd.DataFrame"
    features: tuple[Feature, ...]
    expectations: tuple[ExpectationResult, ...]


@dataclass(frozen=True)
class Prepared:
    """Training rows, and the rows to judge by: held-out ones, or the training rows when none were held out."""

    features: tuple[Feature, ...]
    train: Rows
    train_target: Labels
    judged: Rows
    judged_target: Labels
    held_out: int
    dropped: dict[str, int]
    rows_read: int = 0
    overlapping_rows: int = 0
    warnings: tuple[str, ...] = ()


def check_rows(file: RowFile, spec: TrainingJobSpec) -> Checked:
    """Return the rows with the result of every expectation, or raise InputRefused naming field and file."""
    frame = read_rows(file, spec.data)
    features = features_of(frame, spec.data, file.name)
    expectations = check_expectations(frame, spec.data.expectations, file.name)
    return Checked(file, frame, features, expectations)


def prepare(checked: Checked, spec: TrainingJobSpec, classifier: bool) -> Prepared:
    """Return clean, typed, divided rows, or raise InputRefused naming column, file and row."""
    name = checked.file.name
    columns = [feature.name for feature in checked.features]
    frame, dropped = clean(checked.frame, spec.cleaning, spec.data.target, columns, name)
    target = target_of(frame[spec.data.target], classifier, name)
    table = typed(frame, checked.features, name)
    train, test = split_rows(spec.data.split, spec.seed, target, classifier, frame, name)
    if classifier and len(np.unique(target[train])) < 2:
        raise InputRefused(reasons.TRAINING_FAILED, one_class(spec.data.target, target[train][0], len(train)))
    judged = test if len(test) else train
    training = clipped(table.iloc[train], spec.cleaning.clip_outliers, checked.features)
    return Prepared(
        features=checked.features,
        train=matrix_of(training),
        train_target=target[train],
        judged=matrix_of(table.iloc[judged]),
        judged_target=target[judged],
        held_out=len(test),
        dropped=dropped,
    )
