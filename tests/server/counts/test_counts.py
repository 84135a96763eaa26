"""Counts are whole numbers that nobody loses, of one row drawn from each answered request."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import numpy as np
import pytest

from model_server.contract.profile import FeatureProfile, ReferenceProfile
from model_server.contract.signature import Column, Output, Signature
from model_server.counts.counts import Counts, draw_row
from model_server.counts.families import MAX_FEATURES
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import Cell
from tests.server.counts.reading import all_of, counted, identity_of, profile_of

X = FeatureProfile(name="x", type="numeric", counts=(), edges=(1.0, 2.0), min=0.0, max=3.0)
PROFILE = profile_of(X, score=(0.25, 0.5))
CLASSES = Output("prediction", "categorical", ("no", "yes"))
CLASSIFIER = Signature((Column("x", "numeric"), Column("y", "numeric")), (CLASSES,))
REGRESSOR = Signature((Column("x", "numeric"), Column("y", "numeric")))
MATRIX = Matrix(np.array([[0.5, 7.0], [1.5, 7.0], [np.nan, 7.0]]), np.empty((3, 0), np.int32))
ANSWERS = Prediction(np.array(["no", "yes", "yes"]), np.array([0.1, 0.3, 0.9]))


def counts_of(
    signature: Signature = CLASSIFIER, profile: ReferenceProfile | None = PROFILE, row: int | None = None
) -> Counts:
    """New counts, that draw always the same row if one is given."""
    identity = identity_of(signature, profile)
    return Counts(identity, profile) if row is None else Counts(identity, profile, draw=lambda _: row)


ROWS = {
    "the first row": (0, {"feature_bin x 0": 1, "score_bin 0": 1, "decision no": 1}),
    "the second row": (1, {"feature_bin x 1": 1, "score_bin 1": 1, "decision yes": 1}),
    "a row with a gap": (2, {"feature_bin x missing": 1, "score_bin 2": 1, "decision yes": 1}),
}


@pytest.mark.parametrize("case", ROWS)
def test_of_an_answered_request_all_rows_are_counted_and_one_by_its_bins(case: str) -> None:
    row, want = ROWS[case]
    counts = counts_of(row=row)
    counts.add(MATRIX, ANSWERS)
    assert counted(counts) == {"rows": 3, "drawn_rows": 1} | want


def test_without_a_profile_there_are_decisions_and_no_bins() -> None:
    counts = counts_of(profile=None, row=1)
    assert set(all_of(counts.tally)) == {
        "rows",
        "drawn_rows",
        "invalid_requests",
        "decision no",
        "decision yes",
    }
    counts.add(MATRIX, ANSWERS)
    counts.add_invalid([("x", "type")])
    assert counted(counts) == {"rows": 3, "drawn_rows": 1, "decision yes": 1, "invalid_requests": 1}


def test_a_number_is_no_decision() -> None:
    counts = counts_of(REGRESSOR, row=2)
    counts.add(MATRIX, Prediction(np.array([0.1, 0.3, 0.9]), np.array([0.1, 0.3, 0.9])))
    assert counted(counts) == {"rows": 3, "drawn_rows": 1, "feature_bin x missing": 1, "score_bin 2": 1}


LABELS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "texts": (["a", "b"], ("a", "b")),
    "texts of Python": (np.array(["a", "b"], dtype=object), ("a", "b")),
    "whole numbers": ([0, 1], ("0", "1")),
    "numbers with a point": ([1.0, 2.5], ("1", "2.5")),
    "truths": ([False, True], ("false", "true")),
}


@pytest.mark.parametrize("case", LABELS)
def test_decisions_are_named_as_the_signature_names_the_classes(case: str) -> None:
    labels, classes = LABELS[case]
    signature = Signature((Column("x", "numeric"),), (Output("prediction", "categorical", classes),))
    matrix = Matrix(np.zeros((2, 1)), np.empty((2, 0), np.int32))
    for row, name in enumerate(classes):
        counts = counts_of(signature, None, row)
        counts.add(matrix, Prediction(np.asarray(labels), np.zeros(2)))
        assert counted(counts) == {"rows": 2, "drawn_rows": 1, f"decision {name}": 1}


INVALID: dict[str, tuple[list[Cell], list[str]]] = {
    "a column that is unknown": ([], []),
    "a cell of another type": ([("x", "type")], ["raw_invalid x type"]),
    "several": ([("x", "type"), ("x", "range")], ["raw_invalid x type", "raw_invalid x range"]),
    "a column that is not among the profile's": ([("y", "missing")], []),
}


@pytest.mark.parametrize("case", INVALID)
def test_a_refused_request_is_seen_and_in_no_bin(case: str) -> None:
    cells, series = INVALID[case]
    counts = counts_of()
    counts.add_invalid(cells)
    assert counted(counts) == {"invalid_requests": 1} | dict.fromkeys(series, 1)


def test_a_hundred_features_are_counted_the_first_of_the_profile() -> None:
    names = [f"x{number}" for number in range(MAX_FEATURES + 20)]
    signature = Signature(tuple(Column(name, "numeric") for name in names))
    features = [
        FeatureProfile(name=name, type="numeric", counts=(), edges=(1.0,)) for name in reversed(names)
    ]
    counts = counts_of(signature, profile_of(*features))
    counts.add(
        Matrix(np.zeros((1, len(names))), np.empty((1, 0), np.int32)), Prediction(np.zeros(1), np.zeros(1))
    )
    seen = {series.split()[1] for series in all_of(counts.tally) if series.startswith("feature_bin")}
    assert seen == set(names[-MAX_FEATURES:])
    assert (
        sum(number for series, number in counted(counts).items() if series.startswith("feature_bin")) == 100
    )


def test_every_row_of_a_request_is_drawn_as_often_as_the_others() -> None:
    times = np.bincount([draw_row(8) for _ in range(8000)], minlength=8)
    # Beyond six standard deviations lies one run in 500 million.
    assert (abs(times - 1000) < 6 * np.sqrt(8000 * 7 / 64)).all()
    assert {draw_row(1) for _ in range(10)} == {0}


def test_each_request_has_a_draw_of_its_own() -> None:
    generator, asked = Random(0), []

    def draw(rows: int) -> int:
        asked.append(rows)
        return generator.randrange(rows)

    counts = Counts(identity_of(CLASSIFIER, PROFILE), PROFILE, draw)
    for part in ANSWERS.split([1, 2]):
        counts.add(Matrix(MATRIX.numbers[: part.rows], MATRIX.codes[: part.rows]), part)
    assert asked == [1, 2]
    assert (counted(counts)["rows"], counted(counts)["drawn_rows"]) == (3, 2)


def test_what_many_threads_count_is_all_there() -> None:
    counts = counts_of(row=1)

    def count(_: int) -> None:
        counts.add(MATRIX, ANSWERS)
        counts.add_invalid([("x", "type")])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(2000)))
    assert counted(counts) == {
        "rows": 6000,
        "drawn_rows": 2000,
        "feature_bin x 1": 2000,
        "score_bin 1": 2000,
        "decision yes": 2000,
        "invalid_requests": 2000,
        "raw_invalid x type": 2000,
    }


def test_a_page_keeps_its_numbers_while_more_is_counted() -> None:
    counts = counts_of(profile=None)
    metrics = Metrics(identity_of(CLASSIFIER), counts)
    counts.add(MATRIX, ANSWERS)
    page = metrics.page("")[1].decode()
    counts.add(MATRIX, ANSWERS)
    sample = 'leeway_model_rows_total{model="loan",profile="",version="loan-1"}'
    assert f"{sample} 3" in page.splitlines()
    assert f"{sample} 6" in metrics.page("")[1].decode().splitlines()
