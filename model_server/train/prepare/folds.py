"""All rows of a small data set, divided so that each is left out once: where few are held out, these are counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract.manifest import ClipOutliers, Feature
from model_server.engines.sklearn import Rows
from model_server.train.prepare.cleaning import clipped
from model_server.train.prepare.split import Division, Places
from model_server.train.prepare.target import Labels
from model_server.train.rows.columns import matrix_of

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
WANTED_ROWS = 2000  # of a profile; as many held-out rows need no folds
MIN_ROWS = 200  # of a profile; below, counts say little
MAX_ROWS = 20_000  # of a data set that is fitted several times


@dataclass(frozen=True)
class Fold:
    """Rows to fit on, and the rows that they leave out."""

    train: Rows
    train_target: Labels
    left: Rows
    left_target: Labels


@dataclass(frozen=True)
class Whole:
    """All rows after cleaning, typed and in order, and what divides them."""

    table: "pd.DataFrame"
    target: Labels
    features: tuple[Feature, ...]
    clip: ClipOutliers | None
    groups: NDArray[Any] | None

    def folds(self, seed: int, classifier: bool) -> Iterator[Fold]:
        """Yield FOLDS folds, chosen by the seed; groups stay together, and so do, nearly, the shares of classes."""
        for train, left in self.divided(seed, classifier):
            training = clipped(self.table.iloc[train], self.clip, self.features)
            yield Fold(
                matrix_of(training), self.target[train], matrix_of(self.table.iloc[left]), self.target[left]
            )

    def divided(self, seed: int, classifier: bool) -> Iterator[tuple[Places, Places]]:
        """Yield the places of the rows of each fold."""
        from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold  # noqa: PLC0415  a second of start-up

        every = np.arange(len(self.target))
        if self.groups is not None:
            folds = GroupKFold(min(FOLDS, len(np.unique(self.groups))), shuffle=True, random_state=seed)
            yield from folds.split(every, groups=self.groups)
        elif classifier and np.unique(self.target, return_counts=True)[1].min() >= FOLDS:
            yield from StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(every, self.target)
        else:
            yield from KFold(FOLDS, shuffle=True, random_state=seed).split(every)


def why_no_folds(division: Division, rows: int) -> str:
    """Return why the rows are not divided into folds, empty when they are."""
    if len(division.test) >= WANTED_ROWS:
        return f"{WANTED_ROWS} held-out rows are enough"
    if division.times is not None:
        return "of rows that are split by time, none may be answered by a model that has seen later ones"
    if rows < MIN_ROWS:
        return f"{rows} rows are too few, {MIN_ROWS} are needed"
    if rows > MAX_ROWS:
        return f"{rows} rows are too many to be fitted several times, {MAX_ROWS} are the most"
    return ""
