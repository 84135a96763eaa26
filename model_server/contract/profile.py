"""The reference profile of a version: how its columns and scores were distributed on rows it had not seen.

Bins are fixed here once. Trainer and server count with the same functions, so their counts can be compared.
"""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.contract.signature import ColumnType


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
    """The model's own answer: counts between quantiles of the reference, and of each decision.

    Of two classes, the scores are those of the positive one.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    threshold: float | None = None
    positive_class: str = ""
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
        raise InputRefused(reasons.ARTIFACT_UNREADABLE, f"profile.json: {error}") from error


def profile_json(profile: ReferenceProfile) -> bytes:
    """Return the profile as JSON of one line per part."""
    return msgspec.json.format(msgspec.json.encode(profile), indent=1) + b"\n"
