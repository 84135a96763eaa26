"""Counting what the reference profile holds: edges at quantiles, counts of bins, and how good the answers were."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model_server.contract.manifest import Feature
from model_server.contract.profile import FeatureProfile, Loss, Performance, ScoreProfile
from model_server.counts.bins import bins_of, score_bins
from model_server.train.fit.answers import Answers, Value
from model_server.train.fit.classification import brier, roc_auc

BINS = 10
MAX_CATEGORIES = 12
MIN_CATEGORY_ROWS = 10  # a rarer category could point at one person
MAX_CONFUSION_CLASSES = 10
# Values of a column, and all categories that the model which answered these rows has known.
Counted = tuple[NDArray[Any], Collection[str]]


def feature_profile(feature: Feature, parts: Sequence[Counted]) -> FeatureProfile:
    """Return the counted column: bins by all of its values, and those of each part by what its model has known."""
    made = described(feature, np.concatenate([values for values, _ in parts]))
    counts = np.sum([counts_of(made, values, known) for values, known in parts], axis=0)
    return msgspec.structs.replace(made, counts=tuple(counts.tolist()))


def described(feature: Feature, values: NDArray[Any]) -> FeatureProfile:
    """Return the bins of a column, not yet counted."""
    if feature.type == "boolean":
        return FeatureProfile(name=feature.name, type="boolean", counts=(), categories=(False, True))
    if feature.type == "categorical":
        return FeatureProfile(
            name=feature.name, type="categorical", counts=(), categories=frequent_categories(values)
        )
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) == 0:
        return FeatureProfile(name=feature.name, type="numeric", counts=())
    return FeatureProfile(
        name=feature.name,
        type="numeric",
        counts=(),
        edges=quantile_edges(numbers),
        min=finite(numbers.min()),
        max=finite(numbers.max()),
        mean=finite(numbers.mean()),
        std=finite(numbers.std()),
    )


def counts_of(feature: FeatureProfile, values: NDArray[Any], known: Collection[str]) -> NDArray[np.int64]:
    """Return a count for each of the feature's labels."""
    return np.bincount(bins_of(feature, values, known), minlength=len(feature.labels))


def quantile_edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Return at most 18 distinct inner edges at values that occur; none at the least, or its bin were empty.

    A value that fills a bin by itself has an edge on both sides, so few or often repeated values are seen too.
    """
    values, counts = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
    if len(values) <= BINS:
        return tuple(values[1:].tolist())
    shares = np.arange(1, BINS) / BINS
    quantiles = np.quantile(numbers, shares, method="inverted_cdf")
    places = np.searchsorted(values, quantiles[np.isfinite(quantiles)])
    heavy = places[counts[places] >= len(numbers) / BINS]
    edges = np.unique(np.r_[places, np.minimum(heavy + 1, len(values) - 1)])
    return tuple(values[edges[edges > 0]].tolist())


def finite(number: Any) -> float | None:
    """Return the number, or None when it is too large for JSON."""
    return float(number) if np.isfinite(number) else None


def frequent_categories(values: NDArray[Any]) -> tuple[str, ...]:
    """Return the most frequent categories, by falling count, then by name."""
    counts = Counter(value for value in values if isinstance(value, str))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(name for name, count in ordered[:MAX_CATEGORIES] if count >= MIN_CATEGORY_ROWS)


def score_profile(answers: Answers) -> ScoreProfile:
    """Return the distribution of the scores and the number of each decision."""
    edges = quantile_edges(answers.scores)
    positive = str(answers.classes[answers.positive]) if len(answers.classes) == 2 else ""
    made = ScoreProfile(edges=edges, counts=(), threshold=answers.threshold, positive_class=positive)
    counts = np.bincount(score_bins(made, answers.scores), minlength=len(edges) + 1)
    decisions: dict[str, int] = {}
    if len(answers.classes):
        found = Counter(str(one) for one in answers.predicted.tolist())
        decisions = {str(one): found[str(one)] for one in answers.classes.tolist()}
    return msgspec.structs.replace(made, counts=tuple(counts.tolist()), decisions=decisions)


def performance(answers: Answers, score: ScoreProfile) -> Performance:
    """Return what later labels are compared with: a table of errors by score, or sums of the loss."""
    if len(answers.classes) == 0:
        return Performance(loss=squared_error(answers))
    two = len(answers.classes) == 2
    return Performance(
        confusion_by_score_bin=confusion(answers, score),
        auc=known(roc_auc(answers)),
        brier=known(brier(answers)),
        error_rate=float(np.mean(answers.truth != answers.predicted)),
        base_rate=float(np.mean(answers.is_positive)) if two else None,
    )


def known(value: Value) -> float | None:
    """Return a metric's value, None when it is not defined."""
    return value if isinstance(value, float) else None


def squared_error(answers: Answers) -> Loss | None:
    """Return the sums of the squared error, or None when they are too large for JSON."""
    with np.errstate(over="ignore"):
        squares = (answers.truth - answers.predicted) ** 2
        total, squared = float(squares.sum()), float((squares**2).sum())
    if not np.isfinite((total, squared)).all():
        return None
    return Loss(name="squaredError", sum=total, sumsq=squared, count=len(squares))


def confusion(answers: Answers, score: ScoreProfile) -> tuple[tuple[int, ...], ...]:
    """Return counts of label by decision (columns, label first) for each score bin (rows)."""
    size = len(answers.classes)
    if size > MAX_CONFUSION_CLASSES or not answers.known:
        return ()
    labels = np.searchsorted(answers.classes, answers.truth)
    decisions = np.searchsorted(answers.classes, answers.predicted)
    table = np.zeros((len(score.counts), size * size), dtype=np.int64)
    np.add.at(table, (score_bins(score, answers.scores), labels * size + decisions), 1)
    return tuple(tuple(row) for row in table.tolist())
