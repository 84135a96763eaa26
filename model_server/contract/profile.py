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

TAIL = ("missing", "other", "unseen")


class Part(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A part of the profile; what is not known is left out."""


class Source(Part, frozen=True):
    """Which rows were counted."""

    rows: int
    kind: Literal["holdout", "out-of-fold", "production-window"]
    data_digest: str | None = None
    # The dates that a split by time covers, as ISO 8601 has them.
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


class FeatureProfile(Part, frozen=True):
    """One column: counts of its bins, of missing values, of others and, if categorical, of unseen values.

    Numeric bins are half-open between inner edges; others lie further outside [min, max] than its width.
    Categorical and boolean bins are the frequent categories. Of a categorical column, others are the rare categories
    that the signature lists, and unseen values are none of its categories.
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
    importance: float | None = None

    @property
    def bins(self) -> int:
        """Number of bins without those of `TAIL`, which follow them."""
        return len(self.edges) + 1 if self.type == "numeric" else len(self.categories)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all counts in their order, as the metrics page has them: 0, 1, ..., missing, other, unseen."""
        tail = TAIL if self.type == "categorical" else TAIL[:-1]
        return (*map(str, range(self.bins)), *tail)


class LeftOut(Part, frozen=True):
    """A column that is not counted, and why."""

    name: str
    reason: str


class Bridge(Part, frozen=True):
    """How the scores of this version and of the one it is to replace go together, on the same rows.

    `counts` has a row for each score bin of the other version's profile, and a column for each of this one's.
    """

    against: str
    against_digest: str
    against_profile: str
    counts: tuple[tuple[int, ...], ...]


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


class ReferenceProfile(Part, frozen=True):
    """The profile as stored beside the model."""

    schema_version: Literal["2"]
    model: str
    version: str
    model_digest: str
    created_at: str
    source: Source
    features: tuple[FeatureProfile, ...]
    score: ScoreProfile
    performance: Performance = Performance()
    left_out: tuple[LeftOut, ...] = ()
    bridge: Bridge | None = None

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
