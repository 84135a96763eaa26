"""A single row is counted in the very bins that the trainer counted the reference in, to the last value."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_server.contract.profile import FeatureProfile
from model_server.contract.signature import Column, Signature
from model_server.counts.bins import bins_of
from model_server.counts.places import FeaturePlaces
from model_server.engines.sklearn import SklearnEngine
from model_server.rows.convert import matrix_of
from model_server.rows.matrix import Matrix
from model_server.rows.table import Table

NUMBERS = st.one_of(st.floats(), st.integers(-12, 12).map(float), st.just(math.nan))


def places_of(feature: FeatureProfile, matrix: Matrix, column: Column) -> list[int]:
    """The place of each row of a matrix of one column."""
    places = FeaturePlaces(Signature((column,)), [feature])
    return [place for row in range(matrix.rows) for place in places.of(matrix, row)]


@st.composite
def numeric_features(draw: st.DrawFn) -> FeatureProfile:
    """A numeric column as a profile may have it: without rows, without width, or of any width there is."""
    edges = tuple(sorted(draw(st.sets(st.floats(allow_nan=False, allow_infinity=False), max_size=10))))
    limits = draw(
        st.none() | st.tuples(*(st.floats(allow_nan=False, allow_infinity=False),) * 2).map(sorted).map(tuple)
    )
    least, most = limits or (None, None)
    return FeatureProfile(name="x", type="numeric", counts=(), edges=edges, min=least, max=most)


TEN = FeatureProfile(
    name="x", type="numeric", counts=(), edges=tuple(map(float, range(1, 10))), min=0.0, max=10.0
)
CONSTANT = FeatureProfile(name="x", type="numeric", counts=(), edges=(), min=3.0, max=3.0)
UNKNOWN = FeatureProfile(name="x", type="numeric", counts=())
BORDERS = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, math.nextafter(1.0, 0), -10.0, 20.0]


@given(numeric_features(), st.lists(NUMBERS, min_size=1, max_size=5))
@example(TEN, [*BORDERS, math.nextafter(-10.0, -11), math.nextafter(20.0, 21)])
@example(CONSTANT, [*BORDERS, 3.0, math.nextafter(3.0, 4)])
@example(UNKNOWN, BORDERS)
@settings(max_examples=1000, deadline=None)
def test_a_number_is_counted_where_the_trainer_counts_it(
    feature: FeatureProfile, values: list[float]
) -> None:
    limits = [value for value in (feature.min, feature.max) if value is not None]
    around = [*feature.edges, *limits, *(math.nextafter(edge, -math.inf) for edge in feature.edges)]
    column = np.array([*values, *around])
    matrix = Matrix(column[:, np.newaxis], np.empty((len(column), 0), np.int32))
    with np.errstate(over="ignore"):
        want = bins_of(feature, column).tolist()
    assert places_of(feature, matrix, Column("x", "numeric")) == want


@given(st.lists(st.sampled_from((0.0, 1.0, math.nan)), min_size=1))
def test_a_truth_is_counted_where_the_trainer_counts_it(values: list[float]) -> None:
    feature = FeatureProfile(name="x", type="boolean", counts=(), categories=(False, True))
    matrix = Matrix(np.array(values)[:, np.newaxis], np.empty((len(values), 0), np.int32))
    assert places_of(feature, matrix, Column("x", "boolean")) == bins_of(feature, np.array(values)).tolist()


TEXTS = st.sampled_from(
    ("own", "rent", "boat", "tent", "6", "true", "ä", 'a "b"\n\\', "unseen", " own", "", "NA")
)


@given(
    listed=st.lists(TEXTS, unique=True, max_size=5),
    frequent=st.lists(TEXTS, unique=True, max_size=5),
    values=st.lists(TEXTS | st.none(), min_size=1),
)
@settings(max_examples=1000, deadline=None)
def test_a_category_is_counted_where_the_trainer_counts_it(
    listed: list[str], frequent: list[str], values: list[Any]
) -> None:
    # A category may have a bin without being listed: then the model was fitted on it, and knows it by its text.
    column = Column("home", "categorical", tuple(listed), nullable=True)
    feature = FeatureProfile(name="home", type="categorical", counts=(), categories=tuple(frequent))
    signature = Signature((column, Column("other", "categorical", nullable=True)))
    cells = [cell for value in values for cell in (value, "more")]
    matrix = matrix_of(signature, Table("rows", 2, cells))
    texts = SklearnEngine(None, signature).rows_of(matrix)[:, 0]
    places = FeaturePlaces(signature, [feature])
    found = [place for row in range(matrix.rows) for place in places.of(matrix, row)]
    assert found == bins_of(feature, texts, listed).tolist()


MIXED = Signature(
    (
        Column("home", "categorical", ("own", "rent", "boat"), nullable=True),
        Column("income", "numeric", nullable=True),
        Column("employed", "boolean"),
        Column("area", "categorical", ("north", "south")),
    )
)
HOME = FeatureProfile(name="home", type="categorical", counts=(), categories=("rent", "own"))
INCOME = FeatureProfile(name="income", type="numeric", counts=(), edges=(10.0, 20.0), min=0.0, max=30.0)
EMPLOYED = FeatureProfile(name="employed", type="boolean", counts=(), categories=(False, True))
ROWS: dict[str, tuple[list[Any], list[str]]] = {
    "frequent values": (["rent", 15, True, "north"], ["income 1", "employed 1", "home 0"]),
    "a rare category": (["boat", 15, True, "north"], ["income 1", "employed 1", "home other"]),
    "a category that was never seen": (
        ["tent", 15, False, "north"],
        ["income 1", "employed 0", "home unseen"],
    ),
    "an unseen category of another column": (["own", 15, True, "west"], ["income 1", "employed 1", "home 1"]),
    "missing values": ([None, None, True, "north"], ["income missing", "employed 1", "home missing"]),
    "a number a little outside": (["own", 59, True, "north"], ["income 2", "employed 1", "home 1"]),
    "a number far outside": (["own", 61, True, "north"], ["income other", "employed 1", "home 1"]),
}


@pytest.mark.parametrize("case", ROWS)
def test_features_are_counted_by_their_names_in_whatever_order(case: str) -> None:
    row, want = ROWS[case]
    features = (INCOME, HOME, EMPLOYED)
    labels = [f"{feature.name} {label}" for feature in features for label in feature.labels]
    places = FeaturePlaces(MIXED, features, start=7).of(matrix_of(MIXED, Table("rows", 4, row)), 0)
    assert [labels[place - 7] for place in places] == want
