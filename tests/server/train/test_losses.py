"""Rows that are lost are counted, and a class or more than a small share of them is not lost in silence."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.train.making import LOGISTIC, make_job, parquet_of, refuse_rows, train_rows


def table(target: list[str], x: list[str] | None = None) -> str:
    """Return rows with this target, and a feature that may be given."""
    cells = x or [str(row % 11) for row in range(len(target))]
    return "id,x,y\n" + "".join(f"{row},{cells[row]},{value}\n" for row, value in enumerate(target))


def job(**spec: Any) -> Any:
    """Return a classifier's job that leaves the id out."""
    data = {"exclude": ["id"], **spec.pop("data", {})}
    return make_job(estimator=LOGISTIC, data=data, **spec)


REGIONS = [("NA", "EU", "APAC")[row % 3] for row in range(300)]
FEW = ["NA" if row == 5 else ("EU", "APAC")[row % 2] for row in range(300)]
GAPS = ["" if row % 10 == 0 else str(row % 2) for row in range(300)]
LOST = (["rare"] * 6 + ["a", "b"] * 147, [""] * 6 + ["1", "2"] * 147)

REFUSED: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "a class that is called NA": (
        table(REGIONS),
        {},
        ['spec.data.missingValues: the target "y" is "NA" in 100 of 300 rows', "if NA is a class, list the texts"],
    ),
    "one row of it": (table(FEW), {}, ['is "NA" in 1 of 300 rows', 'such as ["", "NA"]']),
    "more rows than are allowed": (
        table(GAPS),
        {},
        [
            "rows.csv: 30 of 300 rows (10.0 %) would be dropped for missing values (dropMissingTarget: 30)",
            "more than the 5 % of spec.cleaning.maxDroppedPercent",
        ],
    ),
    "more rows than are allowed, over two steps": (
        table(GAPS, ["" if row % 10 == 1 else "1" for row in range(300)]),
        {"cleaning": {"dropMissingRows": True, "maxDroppedPercent": 19}},
        ["60 of 300 rows (20.0 %)", "(dropMissingTarget: 30, dropMissingRows: 30)", "the 19 %"],
    ),
    "every row of a class, though few rows": (
        table(*LOST),
        {"cleaning": {"dropMissingRows": True}},
        ["spec.cleaning.dropMissingRows drops every row of class rare (6 rows)", "set it to false"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "spec", "words"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_lost_is_told(
    rows: str, spec: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    reason, message = refuse_rows(tmp_path, rows, job(**spec))
    assert reason == "TooManyRowsDropped"
    assert [word for word in words if word not in message] == []


def test_a_class_in_parquet_that_is_called_na_is_told(tmp_path: Path) -> None:
    rows = parquet_of(tmp_path, x=[row % 7 for row in range(300)], y=REGIONS)
    assert (
        refuse_rows(tmp_path, rows, make_job(estimator=LOGISTIC), "rows.parquet")[0] == "TooManyRowsDropped"
    )


TAKEN: dict[str, tuple[str, dict[str, Any], dict[str, int], int]] = {
    "a class that is called NA, when NA is a value": (
        table(REGIONS),
        {"data": {"missingValues": [""]}},
        {},
        3,
    ),
    "few rows that say NA, when it means missing": (
        table(FEW),
        {"data": {"missingValues": ["", "NA"]}},
        {"dropMissingTarget": 1},
        2,
    ),
    "as many rows as are allowed": (
        table(GAPS),
        {"cleaning": {"maxDroppedPercent": 10}},
        {"dropMissingTarget": 30},
        2,
    ),
    "rows that repeat others cost nothing": (
        table([str(row % 2) for row in range(300)]),
        {"cleaning": {"dropDuplicates": True}},
        {"dropDuplicates": 278},
        2,
    ),
    "a class that is imputed": (table(*LOST), {}, {}, 3),
}


@pytest.mark.parametrize(("rows", "spec", "dropped", "classes"), TAKEN.values(), ids=TAKEN)
def test_what_is_read_and_dropped_is_counted(
    rows: str, spec: dict[str, Any], dropped: dict[str, int], classes: int, tmp_path: Path
) -> None:
    outcome = train_rows(tmp_path, rows, job(**spec))
    assert outcome.dataset
    assert outcome.dataset.rows_read == 300
    assert outcome.dataset.dropped == dropped
    assert outcome.dataset.rows == 300 - sum(dropped.values())
    signature: Any = outcome.signature
    assert len(signature["outputs"][0]["classes"]) == classes


def test_a_regressor_has_no_class_to_lose(tmp_path: Path) -> None:
    rows = table(["NA" if row == 5 else str(row) for row in range(300)])
    outcome = train_rows(tmp_path, rows, make_job(data={"exclude": ["id"]}))
    assert outcome.dataset
    assert outcome.dataset.dropped == {"dropMissingTarget": 1}


def test_the_rows_that_were_read_are_told_when_expectations_fail(tmp_path: Path) -> None:
    expectations = [{"name": "many", "check": "RowCount", "min": "1000"}]
    outcome = train_rows(tmp_path, table(GAPS), job(data={"expectations": expectations}))
    assert outcome.dataset
    assert outcome.dataset.rows_read == 300
