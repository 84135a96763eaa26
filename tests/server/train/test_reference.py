"""What the reference profile sees of columns and scores that are not spread evenly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_server.contract.manifest import Feature
from model_server.contract.profile import FeatureProfile, read_profile
from model_server.counts.bins import bins_of
from model_server.train.profile.reference import feature_profile, quantile_edges
from tests.server.train.making import make_job, train_rows

ROWS = np.arange(2000)
VALUES = {
    "mostly nought, else a small number": np.where(ROWS % 17, 0.0, ROWS % 8 + 1.0),
    "mostly nought, else any number": np.where(ROWS % 13, 0.0, ROWS / 7 + 1),
    "mostly the greatest": np.where(ROWS % 13, 9999.0, ROWS / 7),
    "mostly one in the middle": np.where(ROWS % 13, 100.0, ROWS / 7),
    "two values": np.where(ROWS % 50, 0.0, 1.0),
    "one value": np.full(2000, 5.0),
    "evenly spread": ROWS / 3.0,
    "with values too large to add": np.where(ROWS % 13, ROWS, np.inf),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_edges_rise_at_values_that_occur_and_no_bin_is_empty(values: Any) -> None:
    edges = np.array(quantile_edges(values))
    assert len(edges) <= 30
    assert (np.diff(edges) > 0).all()
    assert np.isin(edges, values).all()
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    assert counts.min() > 0


def counted(feature: FeatureProfile, values: Any) -> list[int]:
    """Return the counts of these values in the bins of the profile."""
    counts: list[int] = np.bincount(
        bins_of(feature, np.asarray(values)), minlength=len(feature.labels)
    ).tolist()
    return counts


def profile_of(values: Any) -> FeatureProfile:
    """Return the profile of one numeric column."""
    return feature_profile(Feature(name="x", type="numeric"), [(np.asarray(values), ())])


@pytest.mark.parametrize("case", ["mostly nought, else a small number", "mostly nought, else any number"])
def test_more_rows_that_are_not_nought_are_seen(case: str) -> None:
    feature = profile_of(VALUES[case])
    assert feature.counts[0] == (VALUES[case] == 0).sum()
    assert counted(feature, np.where(VALUES[case] == 0, 4.0, VALUES[case]))[0] == 0


def test_rare_categories_are_told_from_those_that_training_has_never_seen() -> None:
    values = np.array(["rent"] * 20 + ["boat"] * 3 + ["tent"] * 2, dtype=object)
    feature = feature_profile(Feature(name="home", type="categorical"), [(values, ("boat", "rent"))])
    assert dict(zip(feature.labels, feature.counts, strict=True)) == {
        "0": 20, "missing": 0, "other": 3, "unseen": 2,
    }  # fmt: skip


def test_another_value_in_a_column_that_never_varied_is_another_bin() -> None:
    feature = profile_of(VALUES["one value"])
    assert counted(feature, [5.0, 5.0, 6.0, 4.9, np.nan]) == [2, 1, 2]


def test_a_profile_of_huge_numbers_is_one_the_server_reads(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{n % 7},{(n % 7 + n % 11) * 1e200}\n" for n in range(1500))
    outcome = train_rows(tmp_path, rows, make_job())
    assert outcome.outcome == "Succeeded"
    content = (tmp_path / "out/profile.json").read_bytes()
    assert "null" not in json.dumps(json.loads(content))
    assert read_profile(content).performance.loss is None
