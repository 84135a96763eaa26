"""From a file of rows to matrices that an estimator can learn from and be judged on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.manifest import Feature, ProfileColumns, TrainingJobSpec
from model_server.contract.outcome import ExpectationResult, InputRefused
from model_server.engines.sklearn import Rows
from model_server.train.prepare.cleaning import clean, clipped, refuse_lost_classes, refuse_words
from model_server.train.prepare.folds import Whole, why_no_folds
from model_server.train.prepare.leakage import columns_warnings, copies, overlap, overlap_warning
from model_server.train.prepare.nature import by_nature
from model_server.train.prepare.split import share_warning, split_rows
from model_server.train.prepare.target import Labels, one_class, target_of
from model_server.train.rows.columns import features_of, matrix_of, typed
from model_server.train.rows.expectations import check_expectations
from model_server.train.rows.inference import MAX_LEVELS
from model_server.train.rows.quoting import listed
from model_server.train.rows.source import RowFile, read_rows
from model_server.train.rows.times import iso_span

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Checked:
    """The rows as read, what was expected of them, which columns are features, and what to know of them.

    `words` has how many rows spell out, as their target, a text that means a missing value.
    """

    file: RowFile
    frame: "pd.DataFrame"
    features: tuple[Feature, ...]
    expectations: tuple[ExpectationResult, ...]
    warnings: tuple[str, ...] = ()
    words: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """Training rows, and the rows to judge by: held-out ones, or the training rows when none were held out.

    `warnings` are sentences about the data, most important first; `overlapping_rows` counts held-out rows that equal
    a training row in target and features. `nature` has why columns drift by nature, `dates` the first and the last
    moment of the held-out rows, `held_out_index` where these were in the file. `whole` has all rows, where they are to
    be divided into folds; else `no_folds` says why not.
    """

    features: tuple[Feature, ...]
    train: Rows
    train_target: Labels
    judged: Rows
    judged_target: Labels
    held_out: int
    dropped: dict[str, int]
    rows_read: int
    overlapping_rows: int
    warnings: tuple[str, ...]
    nature: dict[str, str] = field(default_factory=dict)
    dates: tuple[str, str] | None = None
    held_out_index: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.int64))
    whole: Whole | None = None
    no_folds: str = ""


def check_rows(file: RowFile, spec: TrainingJobSpec) -> Checked:
    """Return the rows with the result of every expectation, or raise InputRefused naming field and file."""
    read = read_rows(file, spec.data)
    features = features_of(read.frame, spec.data, file.name)
    refuse_no_feature(spec.evaluation.profile, features)
    expectations = check_expectations(read.frame, spec.data.expectations, file.name)
    warnings = levels_warnings(read.frame, features)
    return Checked(file, read.frame, features, expectations, warnings, read.words)


def refuse_no_feature(profile: ProfileColumns, features: Sequence[Feature]) -> None:
    """Raise InputRefused (ColumnMissing, InvalidSpec) for a listed column that is no feature, or is in both lists."""
    names = [feature.name for feature in features]
    for place, columns in (("exclude", profile.exclude), ("include", profile.include)):
        unknown = [column for column in columns if column not in names]
        if unknown:
            raise InputRefused(
                reasons.COLUMN_MISSING,
                f'spec.evaluation.profile.{place}: "{listed(unknown)}" is no feature of the model; remove it '
                "or correct its name",
            )
    both = [column for column in profile.exclude if column in profile.include]
    if both:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f'spec.evaluation.profile: "{listed(both)}" is in exclude and in include; remove it from one',
        )


def levels_warnings(frame: "pd.DataFrame", features: Sequence[Feature]) -> tuple[str, ...]:
    """Return a warning for each declared category with more levels than are told apart."""
    levels = {one.name: frame[one.name].nunique() for one in features if one.type == "categorical"}
    return tuple(
        f'feature "{name}" has {count} categories: a signature lists at most {MAX_LEVELS}, and one-hot encoding tells '
        f"the {MAX_LEVELS - 1} most frequent apart"
        for name, count in levels.items()
        if count > MAX_LEVELS
    )


def prepare(checked: Checked, spec: TrainingJobSpec, classifier: bool) -> Prepared:
    """Return clean, typed, divided rows, or raise InputRefused naming column, file and row."""
    name = checked.file.name
    columns = [feature.name for feature in checked.features]
    if classifier and spec.cleaning.drop_missing_target:
        refuse_words(checked.words, spec.data, len(checked.frame))
    frame, dropped = clean(checked.frame, spec.cleaning, spec.data.target, columns, name)
    if classifier:
        refuse_lost_classes(checked.frame[spec.data.target], frame[spec.data.target], name)
    target = target_of(frame[spec.data.target], classifier, name)
    table = typed(frame, checked.features, name)
    division = split_rows(spec.data.split, spec.seed, target, classifier, frame, name)
    train, test = division.train, division.test
    if classifier and len(np.unique(target[train])) < 2:
        raise InputRefused(reasons.TRAINING_FAILED, one_class(spec.data.target, target[train][0], len(train)))
    judged = test if len(test) else train
    training = clipped(table.iloc[train], spec.cleaning.clip_outliers, checked.features)
    overlapping = overlap(table, target, train, test)
    no_folds = why_no_folds(division, len(target))
    warnings = (
        *copies(table, target, classifier),
        overlap_warning(overlapping, len(test)),
        share_warning(spec.data.split, len(test), len(target)),
        *checked.warnings,
        *columns_warnings(table, checked.features),
    )
    return Prepared(
        features=checked.features,
        train=matrix_of(training),
        train_target=target[train],
        judged=matrix_of(table.iloc[judged]),
        judged_target=target[judged],
        held_out=len(test),
        dropped=dropped,
        rows_read=len(checked.frame),
        overlapping_rows=overlapping,
        warnings=tuple(filter(None, warnings)),
        nature=by_nature(table, checked.features, spec.data.split, division),
        dates=None if division.times is None else iso_span(division.times[test]),
        held_out_index=frame.index.to_numpy()[test],
        whole=None
        if no_folds
        else Whole(table, target, checked.features, spec.cleaning.clip_outliers, division.groups),
        no_folds=no_folds,
    )
