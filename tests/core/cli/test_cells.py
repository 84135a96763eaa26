"""A cell of a CSV file falls into the bin that the server counts the same value in."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from leeway.cli.read.cells import make_place, spelled
from leeway.core.evidence.profile import Column, read_profile
from model_server.counts.bins import bins_of
from model_server.rows.spelling import category_of
from tests.core.cli.profiles import FEATURES, profile_bytes

NUMBERS = ("0", "19.999", "20", "20.0001", "40", "60", "120", "120.1", "-60", "-60.1", "1e300", "inf", "-inf")
CATEGORIES = {
    "a frequent category": ("york", "york"),
    "blanks around it": (" york\t", "york"),
    "a code that became a float": ("7.0", "7"),
    "a rare or unknown category": ("leeds", "leeds"),
}
TRUTHS = {"true": 1.0, "TRUE": 1.0, "yes": 1.0, "1": 1.0, "1.0": 1.0, "False": 0.0, "no": 0.0, "0": 0.0}
SPELLINGS = ("york", " 7.0 ", "7.00", "07", "True", "FALSE", "1e+16", "1.5", "-3.0", "\u00a0x", "", "6.")
CONTENT = profile_bytes()
INCOME, TOWN, OWNER = read_profile(CONTENT, f"sha256:{hashlib.sha256(CONTENT).hexdigest()}").features


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_number_is_in_the_servers_bin(cell: str) -> None:
    assert make_place(INCOME)(cell) == bins_of(FEATURES[0], np.array([float(cell)]))[0]


@pytest.mark.parametrize(("cell", "value"), CATEGORIES.values(), ids=CATEGORIES)
def test_a_category_is_in_the_servers_bin(cell: str, value: str) -> None:
    known = ("7", "york", "leeds")
    assert make_place(TOWN)(cell) == bins_of(FEATURES[1], np.array([value], dtype=object), known)[0]


@pytest.mark.parametrize(("cell", "value"), TRUTHS.items())
def test_a_truth_is_in_the_servers_bin(cell: str, value: float) -> None:
    assert make_place(OWNER)(cell) == bins_of(FEATURES[2], np.array([value]))[0]


@pytest.mark.parametrize("place", range(3))
def test_an_empty_cell_is_missing(place: int) -> None:
    column = (INCOME, TOWN, OWNER)[place]
    assert column.labels[make_place(column)(" ")] == "missing"


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_category_is_spelled_as_the_trainer_spells_it(text: str) -> None:
    assert spelled(text) == category_of(text)


def test_a_category_is_unseen_where_the_profile_has_no_rare_ones() -> None:
    column = replace(TOWN, counts=(600, 380, 20, 0, 0))
    assert column.labels[make_place(column)("leeds")] == "unseen"


@pytest.mark.parametrize(("column", "cell"), [(INCOME, "much"), (OWNER, "perhaps")], ids=["number", "truth"])
def test_a_cell_that_does_not_fit_is_refused(column: Column, cell: str) -> None:
    with pytest.raises(ValueError, match=r"could not convert|neither true nor false"):
        make_place(column)(cell)
