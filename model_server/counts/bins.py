"""Which bin a value or a score falls into. Trainer and server count with these, so their counts can be compared."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract.profile import FeatureProfile, ScoreProfile

Bins = NDArray[np.int64]


Values = NDArray[Any]


def bins_of(feature: FeatureProfile, values: Values, known: Collection[str] = ()) -> Bins:
    """Return the place of each value of a matrix column among the feature's labels.

    `known` are all categories of a categorical column, the rare ones included.
    """
    if feature.type == "categorical":
        return category_bins(feature, values, known)
    numbers = np.asarray(values, dtype=np.float64)
    # side="right": a value equal to an edge lies above it, in trainer and server alike.
    found = np.searchsorted(inner_edges(feature), numbers, side="right")
    found = np.where(is_far(feature, numbers), feature.bins + 1, found)
    return np.where(np.isnan(numbers), feature.bins, found)


def inner_edges(feature: FeatureProfile) -> NDArray[np.float64]:
    """Return where one bin ends and the next begins; false and true meet at a half."""
    return np.asarray((0.5,) if feature.type == "boolean" else feature.edges, dtype=np.float64)


def is_far(feature: FeatureProfile, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which values lie far outside the reference: by more than its whole width, or not finite.

    A column that never varied has no width, so any other value is far from it.
    """
    least, most = (0.0, 1.0) if feature.type == "boolean" else (feature.min, feature.max)
    if least is None or most is None:
        return ~np.isfinite(numbers)
    # A little outside is the tail of the same distribution; a whole width outside is another unit or a fault.
    width = most - least
    near: NDArray[np.bool_] = (numbers >= least - width) & (numbers <= most + width)
    return ~near


def category_bins(feature: FeatureProfile, values: Values, known: Collection[str]) -> Bins:
    """Return the place of each value among the categories; NaN is missing, a rare one other, the rest unseen."""
    missing, other, unseen = range(feature.bins, feature.bins + 3)
    places = dict.fromkeys(known, other) | {name: place for place, name in enumerate(feature.categories)}
    return np.fromiter(
        (places.get(value, unseen) if isinstance(value, str) else missing for value in values),
        dtype=np.int64,
        count=len(values),
    )


def score_bins(score: ScoreProfile, scores: Values) -> Bins:
    """Return the bin of each score: between the inner edges, half-open."""
    return np.searchsorted(np.asarray(score.edges, dtype=np.float64), scores, side="right").astype(np.int64)
