"""What training makes of a cell is what a request of the same spelling makes of it, from csv and parquet alike."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server.contract.manifest import RowSource
from model_server.contract.signature import Column, Signature, read_signature
from model_server.engines.sklearn import SklearnEngine
from model_server.rows.convert import matrix_of
from model_server.rows.table import table_from_list
from model_server.train.prepare.matrices import check_rows
from model_server.train.profile.make import known_categories
from model_server.train.rows.columns import matrix_of as trained_matrix
from model_server.train.rows.columns import typed
from model_server.train.rows.source import RowFile
from tests.server.train.making import LOGISTIC, make_job, train_rows

WORDS = (None, ("", "-9", "none"))
NUMBERS = st.integers(-20, 20).map(str) | st.floats(allow_nan=False, allow_infinity=False).map(str)
SPELLED = (
    NUMBERS
    | st.sampled_from(("6.0", " 6", "6.00", "06", "+6", "6e0", "1e+16", "-0.0", "-9.0", "1.10", "12E4"))
    | st.sampled_from(("True", "TRUE", "true ", "yes", "No", "NA", " NA", "nan", "null", "none", "", "  "))
    | st.text(st.characters(exclude_categories=["C"]), max_size=6)
)
TRUTHS = st.sampled_from(("yes", "No ", "TRUE", "false", "1", "0.0", "NA", "", " null"))


def files_of(directory: Path, cells: list[str]) -> dict[str, Path]:
    """Write the cells as a column beside a target, in both formats."""
    text = io.StringIO()
    csv.writer(text).writerows([["c", "y"], *([cell, row] for row, cell in enumerate(cells))])
    (directory / "rows.csv").write_text(text.getvalue(), newline="")
    table = pd.DataFrame({"c": cells, "y": np.arange(len(cells))})
    table.to_parquet(directory / "rows.parquet")
    return {form: directory / f"rows.{form}" for form in ("csv", "parquet")}


def trained(path: Path, kind: str, words: tuple[str, ...] | None) -> Any:
    """What the trainer makes of the column."""
    data: dict[str, Any] = {"features": [{"name": "c", "type": kind}]}
    checked = check_rows(
        RowFile(path, path.name, ""), make_job(data=data | ({"missingValues": words} if words else {})).spec
    )
    return trained_matrix(typed(checked.frame, checked.features, path.name))


@pytest.mark.parametrize("words", WORDS, ids=["default words", "other words"])
@given(cells=st.lists(SPELLED, min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_category_is_the_same_in_training_and_in_a_request(
    words: tuple[str, ...] | None, cells: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        made = {
            form: trained(path, "categorical", words)
            for form, path in files_of(Path(directory), cells).items()
        }
    known = known_categories(made["csv"][:, 0])
    for column in (
        Column("c", "categorical", known, nullable=True, missing_values=words),
        Column("c", "categorical", nullable=True, missing_values=words),
    ):
        signature = Signature((column,))
        asked = matrix_of(signature, table_from_list(signature, "rows", [[cell] for cell in cells], 10))
        rows = SklearnEngine(None, signature).rows_of(asked)
        assert same(made["csv"], rows)
        assert same(made["parquet"], rows)


@given(cells=st.lists(TRUTHS, min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_truth_is_the_same_in_training_and_in_a_request(cells: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        made = {
            form: trained(path, "boolean", None) for form, path in files_of(Path(directory), cells).items()
        }
    signature = Signature((Column("c", "boolean", nullable=True),))
    asked = matrix_of(signature, table_from_list(signature, "rows", [[cell] for cell in cells], 10))
    assert same(made["csv"], asked.numbers)
    assert same(made["parquet"], asked.numbers)


def same(one: Any, other: Any) -> bool:
    """Whether two columns hold the same values, NaN included."""
    return [str(value) for value in one.ravel()] == [str(value) for value in other.ravel()]


CODES: dict[str, Any] = {
    "whole numbers": [1, 2, 3, 6],
    "whole numbers with a gap": pd.array([1, None, 3, 6], dtype="Int64"),
    "floats": [1.0, 2.0, 3.0, 6.0],
    "floats with a gap": [1.0, np.nan, 3.0, 6.0],
    "texts of floats": ["1.0", "2.0", "3.0", "6.0"],
    "texts with blanks": ["1", " 2", "3", "6 "],
    "a dictionary": pd.Categorical([1, 2, 3, 6]),
}
ASKED: list[Any] = [6, 6.0, "6", "6.0", " 6.0 "]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("codes", CODES.values(), ids=CODES)
def test_a_column_of_codes_is_asked_in_every_spelling(codes: Any, form: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"code": codes, "x": [1, 2, 3, 4], "y": [1, 2, 3, 4]})
    table = pd.concat([table] * 5)
    path = tmp_path / f"rows.{form}"
    table.to_parquet(path) if form == "parquet" else table.to_csv(path, index=False)
    features = [{"name": "code", "type": "categorical"}, {"name": "x", "type": "numeric"}]
    train_rows(tmp_path, path.read_bytes(), make_job(data={"features": features}), path.name)
    signature = read_signature((tmp_path / "out" / "signature.json").read_bytes())
    assert set(signature.inputs[0].categories) >= {"1", "3", "6"}
    asked = matrix_of(signature, table_from_list(signature, "rows", [[code, 1] for code in ASKED], 10))
    assert set(asked.codes.ravel().tolist()) == {signature.inputs[0].categories.index("6")}


def test_words_for_missing_travel_with_the_signature_when_they_are_not_the_default(tmp_path: Path) -> None:
    cells = [(("NA", "EU", "?")[row % 3], -1 if row == 4 else row, row % 2) for row in range(60)]
    rows = "c,x,y\n" + "".join(f"{c},{x},{y}\n" for c, x, y in cells)
    data = {"missingValues": ["?", "-1"]}
    train_rows(tmp_path, rows, make_job(estimator=LOGISTIC, data=data))
    signature = read_signature((tmp_path / "out" / "signature.json").read_bytes())
    assert signature.inputs[0].categories == ("EU", "NA")
    assert signature.inputs[0].missing_values == ("?", "-1")
    asked = matrix_of(signature, table_from_list(signature, "rows", [["?", -1]], 10))
    assert asked.codes.tolist() == [[-1]]
    assert np.isnan(asked.numbers).all()


def test_the_default_words_are_not_repeated(tmp_path: Path) -> None:
    rows = "c,y\n" + "".join(f"{('EU', 'US')[row % 2]},{row}\n" for row in range(60))
    signature: Any = train_rows(tmp_path, rows, make_job()).signature
    assert "missingValues" not in signature["inputs"][0]


def test_the_default_words_are_those_of_the_api() -> None:
    assert Column("c", "categorical").missing_words == RowSource(uri="", target="").missing_values
