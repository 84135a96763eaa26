"""Classes are those that the data spell: none is merged with another, and each is answered as it was written."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model_server.artifact.models.model_file import read_model
from tests.server.train.making import LOGISTIC, make_job, refuse_rows, train_rows

FIRST = 9007199254740992  # 2**53, from which on floats are two apart

CLASSES: dict[str, tuple[list[Any], list[Any]]] = {
    "whole numbers": ([0, 1], [0, 1]),
    "whole numbers below zero": ([-1, 1], [-1, 1]),
    "codes with leading zeros": (["007", "010", "100"], ["007", "010", "100"]),
    "codes with and without": (["7", "07"], ["07", "7"]),
    "whole numbers that floats merge": ([FIRST, FIRST + 1], [FIRST, FIRST + 1]),
    "whole numbers beyond 64 bits": (["1" + "0" * 30, "2"], ["1" + "0" * 30, "2"]),
    "floats that are whole": ([1.0, 2.0], [1, 2]),
    "one class in two spellings": (["1", "1.0", "2"], [1, 2]),
    "words": (["yes", "no"], ["no", "yes"]),
    "words with blanks": (["yes", "no "], ["no", "yes"]),
    "truths": ([True, False], ["false", "true"]),
    "truths as text": (["True", "FALSE", "true"], ["false", "true"]),
    "numbers and words": (["1", "2", "other"], ["1", "2", "other"]),
    "releases": (["1.10", "1.1", "next"], ["1.1", "1.10", "next"]),
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(("values", "labels"), CLASSES.values(), ids=CLASSES)
def test_classes_are_answered_as_they_are_written(
    values: list[Any], labels: list[Any], form: str, tmp_path: Path
) -> None:
    table = pd.DataFrame({"x": range(60), "y": [values[row % len(values)] for row in range(60)]})
    path = tmp_path / f"rows.{form}"
    table.to_parquet(path) if form == "parquet" else table.to_csv(path, index=False)
    outcome = train_rows(tmp_path, path.read_bytes(), make_job(estimator=LOGISTIC), path.name)
    assert read_model(tmp_path / "out" / "model.skops").classes_.tolist() == labels
    signature: Any = outcome.signature
    assert list(signature["outputs"][0]["classes"]) == [str(one) for one in labels]


def test_whole_numbers_with_gaps_are_not_merged(tmp_path: Path) -> None:
    values = [FIRST, FIRST + 1, *[FIRST, FIRST + 1] * 40, None]
    table = pd.DataFrame({"x": range(len(values)), "y": pd.array(values, dtype="Int64")})
    table.to_parquet(tmp_path / "rows.parquet")
    job = make_job(estimator=LOGISTIC)
    train_rows(tmp_path, (tmp_path / "rows.parquet").read_bytes(), job, "rows.parquet")
    assert read_model(tmp_path / "out" / "model.skops").classes_.tolist() == [FIRST, FIRST + 1]


@pytest.mark.parametrize("values", [("0.5", "1"), ("0.25", "0.75")])
def test_numbers_that_are_no_classes_ask_for_a_regressor(values: tuple[str, ...], tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{row},{values[row % 2]}\n" for row in range(40))
    reason, message = refuse_rows(tmp_path, rows, make_job(estimator=LOGISTIC))
    assert reason == "WrongType"
    assert f"row 1 is {values[0]}, which is no class" in message
    assert "use a regressor" in message
