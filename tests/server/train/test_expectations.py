"""Expectations are answered with counts, first rows and shares."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.train.making import make_job, train_rows

ROWS = (
    "id,size,colour,sold,y\n1,5,red,True,1\n2,-3,green,False,2\n3,,red,True,3\n4,8,,True,4\n4,9,blue,True,5\n"
)

CASES: dict[str, tuple[dict[str, Any], bool, str]] = {
    "enough rows": ({"check": "RowCount", "min": "5", "max": "5"}, True, ""),
    "too few rows": ({"check": "RowCount", "min": "100"}, False, "5 rows, at least 100 expected"),
    "within a range": ({"check": "Range", "column": "size", "min": "-3", "max": "9"}, True, ""),
    "below a range": (
        {"check": "Range", "column": "size", "min": "0"},
        False,
        '1 of 4 values of column "size" are not at least 0 (first: row 2, value "-3.0"); 0.75 pass',
    ),
    "mostly within a range": ({"check": "Range", "column": "size", "min": "0", "minFraction": "0.75"}, True, ""),
    "too seldom within a range": (
        {"check": "Range", "column": "size", "min": "0", "minFraction": "0.8"},
        False,
        "0.75 pass, at least 0.8 must",
    ),
    "text is in no range": ({"check": "Range", "column": "colour", "min": "0"}, False, '(first: row 1, value "red")'),
    "all there": ({"check": "NonNull", "column": "id"}, True, ""),
    "something missing": ({"check": "NonNull", "column": "colour"}, False, "1 of 5 values"),
    "where it is missing": ({"check": "NonNull", "column": "colour"}, False, "are missing (first: row 4"),
    "known colours": ({"check": "AllowedValues", "column": "colour", "values": ["red", "green", "blue"]}, True, ""),
    "an unknown colour": (
        {"check": "AllowedValues", "column": "colour", "values": ["red", "green"]},
        False,
        'are not one of red, green (first: row 5, value "blue")',
    ),
    "numbers by name": ({"check": "AllowedValues", "column": "id", "values": ["1", "2", "3", "4"]}, True, ""),
    "numbers with gaps by name": (
        {"check": "AllowedValues", "column": "size", "values": ["5", "-3", "8", "9"]},
        True,
        "",
    ),
    "truths as the file spells them": (
        {"check": "AllowedValues", "column": "sold", "values": ["True", "False"]},
        True,
        "",
    ),
    "truths by name": ({"check": "AllowedValues", "column": "sold", "values": ["true", "false"]}, True, ""),
    "no repetition": ({"check": "Unique", "column": "size"}, True, ""),
    "a repetition": ({"check": "Unique", "column": "id"}, False, 'repeat an earlier one (first: row 5, value "4")'),
}  # fmt: skip


@pytest.mark.parametrize(("expectation", "kept", "words"), CASES.values(), ids=CASES)
def test_expectations(expectation: dict[str, Any], kept: bool, words: str, tmp_path: Path) -> None:
    expectations = [{"name": "as-agreed", **expectation}]
    features = [{"name": "id", "type": "numeric"}]
    outcome = train_rows(tmp_path, ROWS, make_job(data={"expectations": expectations, "features": features}))
    assert outcome.outcome == ("Succeeded" if kept else "Failed")
    assert words in outcome.message


def test_all_failed_expectations_are_told_and_nothing_is_stored(tmp_path: Path) -> None:
    expectations = [
        {"name": "many", "check": "RowCount", "min": "10"},
        {"name": "some", "check": "RowCount", "min": "1"},
        {"name": "coloured", "check": "NonNull", "column": "colour"},
    ]
    outcome = train_rows(tmp_path, ROWS, make_job(data={"expectations": expectations}))
    assert outcome.reason == "ExpectationFailed"
    assert outcome.message.startswith("rows.csv: 2 of 3 expectations failed: many: 5 rows")
    assert [one.name for one in outcome.expectations] == ["many", "coloured"]
    assert outcome.dataset
    assert outcome.dataset.rows == 5
    assert list((tmp_path / "out").iterdir()) == []


def test_a_share_that_is_just_reached_is_enough(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{n},{n}\n" for n in range(10))
    expectation = {"name": "most", "check": "Range", "column": "x", "max": "1", "minFraction": "0.2"}
    assert train_rows(tmp_path, rows, make_job(data={"expectations": [expectation]})).outcome == "Succeeded"
