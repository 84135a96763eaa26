"""The reference profile of a version: how its columns and scores were distributed on rows it had not seen.

Bins are fixed here once. Trainer and server count with the same functions, so their counts can be compared.
"""

import hashlib
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from model_server.outcome import InputRefused
from model_server.signature import ColumnType

Bins = NDArray[np.int64]
Values = NDArray[Any]


class Part(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A part of the profile; what is not known is left out."""


class Source(Part, frozen=True):
    """Which rows were counted."""

    rows: int
    kind: Literal["holdout", "out-of-fold", "production-window"]
    data_digest: str | None = None


class FeatureProfile(Part, frozen=True):
    """One column: counts of its bins, then of missing values, then of others.

    Numeric bins are half-open between inner edges; others lie further outside [min, max] than its width.
    Categorical and boolean bins are the categories; others are all further values.
    """

    name: str
    type: ColumnType
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    categories: tuple[str | bool, ...] = ()
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None

    @property
    def bins(self) -> int:
        """Number of bins without `missing` and `other`, which follow them."""
        return len(self.edges) + 1 if self.type == "numeric" else len(self.categories)


class ScoreProfile(Part, frozen=True):
    """The model's own answer: counts between quantiles of the reference, and of each decision."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    threshold: float | None = None
    decisions: dict[str, int] = {}


class Loss(Part, frozen=True):
    """Sums of a loss over the reference rows."""

    name: str
    sum: float
    sumsq: float
    count: int


class Performance(Part, frozen=True):
    """How good the answers were; rows of the table are score bins, columns label by decision."""

    confusion_by_score_bin: tuple[tuple[int, ...], ...] = ()
    auc: float | None = None
    brier: float | None = None
    error_rate: float | None = None
    base_rate: float | None = None
    loss: Loss | None = None


class ReferenceProfile(Struct, frozen=True, rename="camel", kw_only=True):
    """The profile as stored beside the model."""

    schema_version: Literal["1"]
    model: str
    version: str
    model_digest: str
    created_at: str
    source: Source
    features: tuple[FeatureProfile, ...]
    score: ScoreProfile
    performance: Performance = Performance()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of features and score: equal bins and counts, equal digest."""
        counted = {"features": self.features, "score": self.score}
        return hashlib.sha256(msgspec.json.encode(counted, order="sorted")).hexdigest()


def read_profile(content: bytes) -> ReferenceProfile:
    """Return the profile in a JSON text, or raise InputRefused (ArtifactUnreadable) naming the field."""
    try:
        return msgspec.json.decode(content, type=ReferenceProfile)
    except msgspec.MsgspecError as error:
        raise InputRefused("ArtifactUnreadable", f"profile.json: {error}") from error


def profile_json(profile: ReferenceProfile) -> bytes:
    """Return the profile as JSON of one line per part."""
    return msgspec.json.format(msgspec.json.encode(profile), indent=1) + b"\n"


def bins_of(feature: FeatureProfile, values: Values) -> Bins:
    """Return the bin of each value of a matrix column: 0..bins-1, bins = missing, bins + 1 = other."""
    if feature.type == "categorical":
        return category_bins(feature, values)
    numbers = np.asarray(values, dtype=np.float64)
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
    width = most - least
    near: NDArray[np.bool_] = (numbers >= least - width) & (numbers <= most + width)
    return ~near


def category_bins(feature: FeatureProfile, values: Values) -> Bins:
    """Return the place of each value among the categories; NaN is missing, the rest is other."""
    places = {category: place for place, category in enumerate(feature.categories)}
    missing, other = feature.bins, feature.bins + 1
    return np.fromiter(
        (places.get(value, other) if isinstance(value, str) else missing for value in values),
        dtype=np.int64,
        count=len(values),
    )


def score_bins(score: ScoreProfile, scores: Values) -> Bins:
    """Return the bin of each score: between the inner edges, half-open."""
    return np.searchsorted(np.asarray(score.edges, dtype=np.float64), scores, side="right").astype(np.int64)


def scores_of(model: Any, matrix: Values) -> tuple[NDArray[np.float64], float | None]:
    """Return one number per row that stands for the model's answer, and the threshold of its decision.

    Regression: the prediction. Two classes: the probability (threshold 0.5) or the decision value
    (threshold 0) of the second. More classes: the highest probability or decision value, no threshold.
    """
    if hasattr(model, "predict_proba"):
        return class_scores(np.asarray(model.predict_proba(matrix), dtype=np.float64), 0.5)
    if hasattr(model, "decision_function"):
        return class_scores(np.asarray(model.decision_function(matrix), dtype=np.float64), 0.0)
    return np.asarray(model.predict(matrix), dtype=np.float64).reshape(len(matrix)), None


def class_scores(answers: NDArray[np.float64], threshold: float) -> tuple[NDArray[np.float64], float | None]:
    """Return the score of the second of two classes with its threshold, or the highest of many."""
    if answers.ndim == 1:
        return answers, threshold
    if answers.shape[1] == 2:
        return answers[:, 1], threshold
    return answers.max(axis=1), None
