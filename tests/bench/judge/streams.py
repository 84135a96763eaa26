"""Recorded rows as the judge sees them: bins against a reference, and wrong answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model_server.contract.manifest import Feature, FeatureType
from model_server.contract.profile import ScoreProfile
from model_server.counts.bins import bins_of, score_bins
from model_server.train.describe.reference import described, quantile_edges

Bins = NDArray[np.int8]
Wide = NDArray[np.int64]
SCORE = "score"


@dataclass(frozen=True, slots=True)
class Series:
    """One column in bins: of the reference rows, of further rows of their time, and of the traffic that came later."""

    name: str
    bins: int
    reference: tuple[int, ...]
    same_time: Bins
    traffic: Bins


@dataclass(frozen=True, slots=True)
class Fault:
    """What the same model answers to the same traffic when one of its columns reaches it broken."""

    name: str
    scores: Bins
    wrong: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stream:
    """What was recorded of one model: its score and its columns, in order of time."""

    name: str
    score: Series
    features: tuple[Series, ...]
    wrong: NDArray[np.bool_] | None = None  # of each row of the traffic: the decision was not the label
    drifts_at: int | None = None  # row of the traffic from which on the columns are known to have drifted
    faults: tuple[Fault, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of the traffic."""
        return len(self.score.traffic)

    @property
    def series(self) -> tuple[Series, ...]:
        """Score and columns."""
        return (self.score, *self.features)


@dataclass(frozen=True, slots=True)
class Parts:
    """Which rows of a table are the reference, which are of its time but not counted, and which are traffic."""

    reference: NDArray[np.int64]
    same_time: NDArray[np.int64]
    traffic: NDArray[np.int64]


def make_feature_series(name: str, column: pd.Series, parts: Parts) -> Series:
    """Return a column in the bins that the trainer makes of its reference rows and the server counts in."""
    feature = Feature(name=name, type=type_of(column))
    values = column.to_numpy(dtype=object if feature.type == "categorical" else np.float64)
    profile = described(feature, values[parts.reference])
    return make_series(name, len(profile.labels), bins_of(profile, values), parts)


def make_score_series(scores: NDArray[np.float64], parts: Parts) -> Series:
    """Return the score in bins between quantiles of its reference rows."""
    profile = make_score_profile(scores, parts)
    return make_series(SCORE, len(profile.edges) + 1, score_bins(profile, scores), parts)


def make_score_profile(scores: NDArray[np.float64], parts: Parts) -> ScoreProfile:
    """Return the edges of the score's bins."""
    return ScoreProfile(edges=quantile_edges(scores[parts.reference]), counts=())


def make_series(name: str, bins: int, found: Wide, parts: Parts) -> Series:
    """Return the bins of each part."""
    narrow = found.astype(np.int8)  # thousands of rollouts are counted from them
    reference = np.bincount(found[parts.reference], minlength=bins)
    return Series(name, bins, tuple(reference.tolist()), narrow[parts.same_time], narrow[parts.traffic])


def type_of(column: pd.Series) -> FeatureType:
    """Return the type that the trainer would see in the column."""
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    return "numeric" if pd.api.types.is_numeric_dtype(column) else "categorical"


def shuffled(rng: np.random.Generator, rows: int, at_most: int) -> NDArray[np.int64]:
    """Return some of so many rows in random order."""
    return rng.permutation(rows)[:at_most]
