"""How well each column alone tells the target: one that is nearly perfect is often the target in another form."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model_server.train.prepare.matrices import Prepared
from model_server.train.prepare.target import Labels

NEARLY_PERFECT = {"AUC": 0.99, "R2": 0.999}
MIN_ROWS = 30  # among fewer, a column ranks all rows rightly by chance
MAX_ROWS = 20_000  # more tell nothing further
Numbers = NDArray[np.float64]
# A column's judged values as numbers that rank rows by a class, or by the target itself for None.
Shown = Callable[[Any], Numbers]


class Alone(NamedTuple):
    """How well one column by itself tells the target of the held-out rows: AUC between classes, or R2."""

    feature: str
    measure: str
    value: float


def leaks(alone: Sequence[Alone]) -> tuple[str, ...]:
    """Return a warning for each column that by itself tells the target; a model of one column has its metrics."""
    if len(alone) < 2:
        return ()
    return tuple(
        f'column "{one.feature}" alone tells the target: {one.measure} {one.value:.4g} on held-out rows; when it is '
        "known only after what is predicted, or is another form of the target, leave it out by spec.data.exclude"
        for one in alone
        if one.value > NEARLY_PERFECT[one.measure]
    )


def measured_alone(prepared: Prepared, classifier: bool) -> tuple[Alone, ...]:
    """Return how well each column by itself tells the target of the held-out rows; nothing for few rows.

    Numbers are taken as they are; categories as the mean target that they had among the training rows.
    """
    truth = prepared.judged_target[:MAX_ROWS]
    if prepared.held_out < MIN_ROWS or (truth == truth[0]).all():
        return ()
    measure, told = ("AUC", least_auc) if classifier else ("R2", r2_of)
    return tuple(
        Alone(feature.name, measure, told(column_of(prepared, place), truth))
        for place, feature in enumerate(prepared.features)
    )


def column_of(prepared: Prepared, place: int) -> Shown:
    """Return the judged values of a column as numbers."""
    train, judged = prepared.train[:, place], prepared.judged[:MAX_ROWS, place]
    target = prepared.train_target
    if prepared.features[place].type == "categorical":
        return lambda one: means(train, target if one is None else target == one, judged)
    return lambda _: numbers(judged)


def numbers(column: NDArray[Any]) -> Numbers:
    """Return a column of numbers; a missing value ranks below all, since that it is missing may tell as much."""
    found = np.asarray(column, dtype=np.float64)
    return np.where(np.isnan(found), -np.inf, found)


def means(train: NDArray[Any], target: Labels, judged: NDArray[Any]) -> Numbers:
    """Return for each judged value the mean target it had among the training rows; the mean of all for new ones."""
    names, places = np.unique([str(value) for value in train], return_inverse=True)
    sums, counts = np.bincount(places, target.astype(np.float64)), np.bincount(places)
    known = dict(zip(names.tolist(), (sums / counts).tolist(), strict=True))
    overall = float(target.mean())
    return np.array([known.get(str(value), overall) for value in judged])


def least_auc(shown: Shown, truth: Labels) -> float:
    """Return the area under the curve of the class that the column tells worst from the rest."""
    classes = np.unique(truth)
    told = classes[:1] if len(classes) == 2 else classes
    return min(auc(shown(one), truth == one) for one in told)


def auc(shown: Numbers, positive: NDArray[np.bool_]) -> float:
    """Return the area under the curve by ranks, in whichever direction is the better one."""
    from scipy.stats import rankdata  # noqa: PLC0415  loaded with scikit-learn

    count = int(positive.sum())
    pairs = count * (len(positive) - count)
    area = float(rankdata(shown)[positive].sum() - count * (count + 1) / 2) / pairs
    return max(area, 1 - area)


def r2_of(shown: Shown, truth: Labels) -> float:
    """Return the share of the target's variance that a straight line through the column explains."""
    column = shown(None)
    finite = np.isfinite(column)
    if finite.sum() < MIN_ROWS or np.ptp(column[finite]) == 0 or np.ptp(truth[finite]) == 0:
        return 0.0
    with np.errstate(all="ignore"):  # numbers too large to be squared tell nothing
        correlation = float(np.corrcoef(column[finite], truth[finite])[0, 1])
    return correlation**2 if np.isfinite(correlation) else 0.0
