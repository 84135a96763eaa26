"""Types are inferred where they are plain, and refused with the remedy where they are almost something else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.server.train.making import LOGISTIC, make_job, parquet_of, refuse_rows, train_rows

EVERY = range(40)
CELLS: dict[str, list[Any]] = {
    "a day, the German way": ["05.11.2024"],
    "a day with slashes": ["25/11/2024", "05/11/2024"],
    "a day, the American way": ["11/25/2024"],
    "a day with a short year": ["25.11.24"],
    "a month by name": ["Jan-2018", "Feb-2018"],
    "a day by name": ["5 Nov 2024", "25 March 2024"],
    "a day after its month": ["Nov 5, 2024"],
    "a moment": ["2024-11-05 13:00"],
    "a moment of half a day": ["11/25/2024 1:05 PM"],
    "a month of a year": ["2024-11", "2024-12"],
}


def column_of(cells: list[Any]) -> str:
    """Return a table with these cells, over and over, beside a number and a target."""
    return "c,x,y\n" + "".join(f'"{cells[row % len(cells)]}",{row % 7},{row}\n' for row in EVERY)


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS)
def test_times_are_no_categories_however_they_are_spelled(cells: list[Any], tmp_path: Path) -> None:
    reason, message = refuse_rows(tmp_path, column_of(cells), make_job())
    assert reason == "WrongType"
    assert 'column "c" holds times' in message
    assert "list it in spec.data.exclude, or name it as spec.data.split.timeColumn" in message


CODES = column_of(["20095", "01234", "00501", "60601"])


def test_codes_are_not_taken_for_numbers(tmp_path: Path) -> None:
    reason, message = refuse_rows(tmp_path, CODES, make_job())
    assert reason == "WrongType"
    assert 'column "c" row 2: "01234" begins with a zero, as codes do' in message
    assert "declare the column's type in spec.data.features" in message


@pytest.mark.parametrize(
    ("kind", "known"), [("numeric", None), ("categorical", ("00501", "01234", "20095", "60601"))]
)
def test_codes_are_what_they_are_declared_to_be(
    kind: str, known: tuple[str, ...] | None, tmp_path: Path
) -> None:
    features = [{"name": "c", "type": kind}, {"name": "x", "type": "numeric"}]
    outcome = train_rows(tmp_path, CODES, make_job(data={"features": features}))
    assert outcome.signature is not None
    assert outcome.signature["inputs"][0].get("categories") == known


DRESSED: dict[str, list[str]] = {
    "a currency before": ["$12.50", "$7.00"],
    "a currency behind": ["12,50 €", "7,00 €"],
    "a currency by its letters": ["12.50 USD", "7.00 USD"],
    "a decimal comma": ["1,5", "2,75"],
    "thousands and a decimal comma": ["1.234,56", "2.345,67"],
    "thousands": ["1,234", "12,345"],
    "thousands apart": ["1 234", "12 345"],
    "a percent sign": ["12.5%", "7 %"],
    "parentheses for what is owed": ["(12.50)", "(7.00)"],
}


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("cells", DRESSED.values(), ids=DRESSED)
def test_a_number_that_is_dressed_is_to_be_written_plainly(
    cells: list[str], declared: bool, tmp_path: Path
) -> None:
    features = [{"name": "c", "type": "numeric"}] if declared else []
    reason, message = refuse_rows(tmp_path, column_of(cells), make_job(data={"features": features}))
    assert reason == "WrongType"
    assert f'column "c" row 1: "{cells[0]}" is not a plain number' in message
    assert "decimal point" in message
    assert "most other values" not in message


def test_the_odd_cell_among_numbers_is_told_with_how_many_are_numbers(tmp_path: Path) -> None:
    rows = column_of(["1", "2", "3", "4", "5", "6", "7", "unknown"])
    _, message = refuse_rows(tmp_path, rows, make_job())
    assert 'column "c" row 8: "unknown" is not a number, but 35 of 40 values are' in message


def test_a_column_of_names_is_left_out_or_declared(tmp_path: Path) -> None:
    rows = column_of([f"person {row}" for row in EVERY])
    reason, message = refuse_rows(tmp_path, rows, make_job())
    assert reason == "WrongType"
    assert 'column "c" has 40 different texts in 40 rows' in message
    assert "spec.data.exclude" in message
    features = [{"name": "c", "type": "categorical"}, {"name": "x", "type": "numeric"}]
    assert train_rows(tmp_path, rows, make_job(data={"features": features})).outcome == "Succeeded"


def test_a_column_of_many_levels_is_left_out_or_declared_and_warned_of(tmp_path: Path) -> None:
    rows = "c,y\n" + "".join(f"level {row % 300},{row}\n" for row in range(900))
    assert "300 different texts in 900 rows" in refuse_rows(tmp_path, rows, make_job())[1]
    job = make_job(data={"features": [{"name": "c", "type": "categorical"}]})
    outcome = train_rows(tmp_path, rows, job)
    assert [one for one in outcome.warnings if 'feature "c" has 300 categories' in one]


def test_every_bad_column_is_told_in_one_run(tmp_path: Path) -> None:
    lines = [f"2024-11-{row % 9 + 1:02},${row},{row % 3},note {row},{row}\n" for row in EVERY]
    rows = "day,price,x,note,y\n" + "".join(lines)
    _, message = refuse_rows(tmp_path, rows, make_job())
    assert message.startswith("3 columns are refused: (1) ")
    assert [
        word for word in ('"day" holds times', '"price" row 1: "$0"', '"note"') if word not in message
    ] == []


def test_every_declared_column_that_does_not_fit_is_told_in_one_run(tmp_path: Path) -> None:
    features = [{"name": name, "type": "numeric"} for name in ("a", "b", "c")]
    rows = "a,b,c,y\n1,two,3,4\n1,2,three,4\n"
    _, message = refuse_rows(tmp_path, rows, make_job(data={"features": features}))
    assert '(1) rows.csv: column "b" row 1: "two"' in message
    assert '(2) rows.csv: column "c" row 2: "three"' in message


def test_every_declared_column_that_is_not_there_is_told_in_one_run(tmp_path: Path) -> None:
    features = [{"name": name, "type": "numeric"} for name in ("a", "q", "r")]
    reason, message = refuse_rows(tmp_path, "a,b,y\n1,2,3\n", make_job(data={"features": features}))
    assert reason == "ColumnMissing"
    assert '(1) spec.data.features: column "q"' in message
    assert '(2) spec.data.features: column "r"' in message


def test_more_bad_columns_than_a_message_holds_are_counted(tmp_path: Path) -> None:
    names = [f"column_{place}" for place in range(50)]
    rows = ",".join([*names, "y"]) + "\n" + "2024-11-05," * 50 + "1\n" + "2024-11-06," * 50 + "2\n"
    _, message = refuse_rows(tmp_path, rows, make_job())
    assert message.startswith("50 columns are refused: (1)")
    assert message.endswith(" more")
    assert len(message) <= 1024


def test_a_target_of_text_asks_for_a_classifier_and_not_to_declare_it(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{row},{'low' if row < 20 else 'high'}\n" for row in EVERY)
    reason, message = refuse_rows(tmp_path, rows, make_job())
    assert reason == "WrongType"
    assert 'column "y" row 1: "low" is not a number' in message
    assert "spec.estimator.class is a regressor: use a classifier" in message
    assert "declare" not in message


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_truth_is_no_number_for_a_regressor(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"made.{form}"
    table = pd.DataFrame({"x": EVERY, "y": [row % 2 == 0 for row in EVERY]})
    table.to_parquet(path) if form == "parquet" else table.to_csv(path, index=False)
    _, message = refuse_rows(tmp_path, path.read_bytes(), make_job(), f"rows.{form}")
    assert '"y" row 1: "true" is not a number; spec.estimator.class is a regressor' in message


PARQUET_REFUSED: dict[str, tuple[Any, str]] = {
    "durations": ([timedelta(seconds=row) for row in EVERY], 'column "c" holds durations; write them as numbers'),
    "numbers as text": ([str(row % 3) for row in EVERY], 'row 1: "0" and all other values are numbers'),
    "bytes that are no text": ([b"\xff\xfe" + bytes([row]) for row in EVERY], "holds bytes that are no UTF-8"),
    "days": (["05.11.2024"] * 40, 'column "c" holds times'),
}  # fmt: skip


@pytest.mark.parametrize(("values", "words"), PARQUET_REFUSED.values(), ids=PARQUET_REFUSED)
def test_columns_of_parquet_that_are_no_values(values: Any, words: str, tmp_path: Path) -> None:
    rows = parquet_of(tmp_path, c=values, x=EVERY, y=EVERY)
    reason, message = refuse_rows(tmp_path, rows, make_job(), "rows.parquet")
    assert reason == "WrongType"
    assert words in message
    features = [{"name": "x", "type": "numeric"}]
    job = make_job(data={"features": features})
    assert train_rows(tmp_path, rows, job, "rows.parquet").outcome == "Succeeded"


DECLARED: dict[str, tuple[Any, str, str]] = {
    "durations as numbers": ([timedelta(1)] * 40, "numeric", "holds durations"),
    "times as numbers": (pd.date_range("2024-01-01", periods=40), "numeric", "is a time, not a number"),
    "times as categories": (pd.date_range("2024-01-01", periods=40), "categorical", "write it as text"),
    "lists as categories": ([[1]] * 40, "categorical", "holds lists or structures"),
    "bytes as categories": ([b"\xff"] * 40, "categorical", "no UTF-8"),
}


@pytest.mark.parametrize(("values", "kind", "words"), DECLARED.values(), ids=DECLARED)
def test_a_declared_type_does_not_make_a_value(values: Any, kind: str, words: str, tmp_path: Path) -> None:
    rows = parquet_of(tmp_path, c=values, x=EVERY, y=EVERY)
    job = make_job(data={"features": [{"name": "c", "type": kind}]})
    assert words in refuse_rows(tmp_path, rows, job, "rows.parquet")[1]


INFERRED: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "bytes that are text": ([b"own", b"rent"] * 20, "categorical", ("own", "rent")),
    "a dictionary of numbers": (pd.Categorical([3, 7] * 20), "numeric", ()),
    "truths as text": (["True", "FALSE"] * 20, "boolean", ()),
    "text": (["own", " rent"] * 20, "categorical", ("own", "rent")),
    "text with words for missing": (["own", "rent", "NA", ""] * 10, "categorical", ("own", "rent")),
    "numbers as text, with blanks around": ([" 1.5", "2 "] * 20, "", ()),
}


@pytest.mark.parametrize(("values", "kind", "categories"), INFERRED.values(), ids=INFERRED)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_csv_and_parquet_have_the_same_types(
    form: str, values: Any, kind: str, categories: tuple[str, ...], tmp_path: Path
) -> None:
    cells = [value.decode() if isinstance(value, bytes) else value for value in values]
    table = pd.DataFrame({"c": values if form == "parquet" else cells, "x": EVERY, "y": np.arange(40) % 2})
    path = tmp_path / f"made.{form}"
    table.to_parquet(path) if form == "parquet" else table.to_csv(path, index=False)
    job = make_job(estimator=LOGISTIC)
    if not kind:
        if form == "parquet":
            assert "stored as text" in refuse_rows(tmp_path, path.read_bytes(), job, f"rows.{form}")[1]
        return
    signature: Any = train_rows(tmp_path, path.read_bytes(), job, f"rows.{form}").signature
    assert signature["inputs"][0]["type"] == kind
    assert tuple(signature["inputs"][0].get("categories", ())) == categories


def test_columns_may_have_any_name(tmp_path: Path) -> None:
    rows = "self,target,y\n" + "".join(f"t{row % 3},{row * 7 % 11},{row}\n" for row in EVERY)
    assert train_rows(tmp_path, rows, make_job()).outcome == "Succeeded"


def test_words_for_missing_with_blanks_leave_a_column_of_numbers(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{' NA' if row == 7 else row},{row}\n" for row in EVERY)
    signature: Any = train_rows(tmp_path, rows, make_job()).signature
    assert signature["inputs"][0]["type"] == "numeric"


EXCLUDED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an id": ({"exclude": ["id"]}, ["x", "z"]),
    "an id and a time": ({"exclude": ["id"], "split": {"timeColumn": "z"}}, ["x"]),
    "a group": ({"split": {"groupColumn": "z"}}, ["id", "x"]),
}


@pytest.mark.parametrize(("data", "names"), EXCLUDED.values(), ids=EXCLUDED)
def test_a_column_that_is_no_feature_is_left_out(
    data: dict[str, Any], names: list[str], tmp_path: Path
) -> None:
    rows = "id,x,z,y\n" + "".join(f"{row},{row % 3},{row % 4},{row}\n" for row in EVERY)
    signature: Any = train_rows(tmp_path, rows, make_job(data=data)).signature
    assert [one["name"] for one in signature["inputs"]] == names


def test_features_and_what_is_left_out_of_them_contradict(tmp_path: Path) -> None:
    data = {"exclude": ["z"], "features": [{"name": "x", "type": "numeric"}]}
    reason, message = refuse_rows(tmp_path, "x,z,y\n1,2,3\n2,3,4\n", make_job(data=data))
    assert reason == "InvalidSpec"
    assert "spec.data.exclude" in message


def test_what_is_excluded_must_be_there(tmp_path: Path) -> None:
    job = make_job(data={"exclude": ["x", "Z"]})
    reason, message = refuse_rows(tmp_path, "x,z,y\n1,2,3\n2,3,4\n", job)
    assert reason == "ColumnMissing"
    assert 'spec.data.exclude: column "Z" is not in rows.csv (columns: x, z, y)' in message
