"""Which counters a version has, and with which series. Names and labels are a contract with the operator."""

from collections.abc import Iterable, Sequence

from model_server.contract.profile import FeatureProfile, ReferenceProfile, ScoreProfile
from model_server.contract.signature import ColumnType
from model_server.counts.tally import Family
from model_server.rows.refusal import Cell, Reason

MAX_FEATURES = 100  # of a profile, which lists the most important first
ROWS = "leeway_model_rows"
DRAWN = "leeway_model_drawn_rows"
INVALID = "leeway_model_invalid_requests"
FEATURE_BIN = "leeway_model_feature_bin"
SCORE_BIN = "leeway_model_score_bin"
DECISION = "leeway_model_decision"
RAW_INVALID = "leeway_model_raw_invalid"
REASONS: dict[ColumnType, tuple[Reason, ...]] = {
    "numeric": ("type", "missing", "range"),
    "boolean": ("type", "missing", "range"),
    "categorical": ("type", "missing", "range", "category"),
}


def counted_features(profile: ReferenceProfile | None) -> tuple[FeatureProfile, ...]:
    """Return the features whose bins are counted."""
    return profile.features[:MAX_FEATURES] if profile else ()


def families_of(profile: ReferenceProfile | None, classes: Sequence[str]) -> tuple[Family, ...]:
    """Return the counters of a version; without a profile there are no bins, without classes no decisions."""
    found = [
        Family(ROWS, "Rows answered."),
        Family(DRAWN, "Rows counted by bin and decision: one of each answered request, drawn at random."),
        Family(INVALID, "Prediction requests refused for what is in their rows."),
        Family(DECISION, "Drawn rows by the class answered.", ("decision",), singles(classes), True),
    ]
    if profile:
        found += [*feature_families(counted_features(profile)), score_family(profile.score)]
    return tuple(family for family in found if family.series)


def feature_families(features: Sequence[FeatureProfile]) -> tuple[Family, Family]:
    """Return the counters of each feature's bins and invalid cells."""
    bins = tuple((feature.name, label) for feature in features for label in feature.labels)
    return (
        Family(FEATURE_BIN, "Drawn rows by the bin of the feature's value.", ("feature", "bin"), bins, True),
        Family(
            RAW_INVALID,
            "Refused requests by the feature that has invalid cells, and what is wrong with them.",
            ("feature", "reason"),
            invalid_cells(features),
            is_restricted=True,
            is_sparse=True,  # a quarter of the page, and hardly ever more than 0
        ),
    )


def score_family(score: ScoreProfile) -> Family:
    """Return the counter of the bins of scores."""
    bins = singles(str(place) for place in range(len(score.edges) + 1))
    return Family(SCORE_BIN, "Drawn rows by the bin of their score.", ("bin",), bins, True)


def invalid_cells(features: Sequence[FeatureProfile]) -> tuple[Cell, ...]:
    """Return every way in which a cell of these features may be invalid."""
    return tuple((feature.name, reason) for feature in features for reason in REASONS[feature.type])


def singles(values: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return the series of a counter with one label."""
    return tuple((value,) for value in values)
