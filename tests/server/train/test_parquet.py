"""Columns of parquet files as other tools write them."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_server.artifact.models.model_file import read_model
from model_server.contract.outcome import InputRefused
from tests.server.train.making import make_job, train_rows

EVERY = range(30)
KINDS: dict[str, tuple[Any, str]] = {
    "whole numbers": (list(EVERY), "numeric"),
    "whole numbers with gaps": (pd.array([None, *EVERY[1:]], dtype="Int64"), "numeric"),
    "short fractions": (np.arange(30, dtype="float32"), "numeric"),
    "truths": ([row % 2 == 0 for row in EVERY], "boolean"),
    "truths with gaps": (pd.array([None, *(row % 2 == 0 for row in EVERY[1:])], dtype="boolean"), "boolean"),
    "texts": ([f"t{row % 3}" for row in EVERY], "categorical"),
    "texts with gaps": ([None, *(f"t{row % 3}" for row in EVERY[1:])], "categorical"),
    "categories": (pd.Categorical([f"t{row % 3}" for row in EVERY]), "categorical"),
    "categories with gaps": (pd.Categorical([None, *(f"t{row % 3}" for row in EVERY[1:])]), "categorical"),
    "decimals": ([Decimal(row) / 4 for row in EVERY], "numeric"),
}


def write_parquet(directory: Path, values: Any) -> bytes:
    path = directory / "made.parquet"
    pd.DataFrame({"c": values, 7: np.arange(30) * 0.5, "y": np.arange(30) * 2.0}).rename(
        columns=str
    ).to_parquet(path)
    return path.read_bytes()


@pytest.mark.parametrize(("values", "kind"), KINDS.values(), ids=KINDS)
def test_column_types_are_inferred_and_trained(values: Any, kind: str, tmp_path: Path) -> None:
    outcome = train_rows(tmp_path, write_parquet(tmp_path, values), make_job(), "rows.parquet")
    assert isinstance(outcome.signature, dict)
    assert [one["type"] for one in outcome.signature["inputs"]] == [kind, "numeric"]
    row: list[Any] = ["t1" if kind == "categorical" else 1.0, 3.0]
    model = read_model(tmp_path / "out" / "model.skops")
    assert np.isfinite(model.predict(np.array([row], dtype=object if kind == "categorical" else float))).all()


def test_decimals_are_numbers_when_declared(tmp_path: Path) -> None:
    features = [{"name": "c", "type": "numeric"}]
    rows = write_parquet(tmp_path, [Decimal(row) / 4 for row in EVERY])
    train_rows(tmp_path, rows, make_job(data={"features": features}), "rows.parquet")
    assert read_model(tmp_path / "out" / "model.skops").predict(np.array([[1.0]])) == pytest.approx([8])


REFUSED = {
    "times": (pd.date_range("2024-01-01", periods=30), "WrongType", 'column "c" holds times'),
    "dates": ([date(2024, 1, row + 1) for row in EVERY], "WrongType", 'column "c" holds times'),
    "days as text": ([f"2024-01-{row % 3 + 1:02}" for row in EVERY], "WrongType", 'column "c" holds times'),
    "moments as text": ([f"2024-01-01T{row % 3 + 1:02}:00:00Z" for row in EVERY], "WrongType", "holds times"),
    "lists": ([[1, 2]] * 30, "DataUnreadable", 'column "c" holds lists'),
    "structures": ([{"a": 1}] * 30, "DataUnreadable", 'column "c" holds lists or structures'),
}


@pytest.mark.parametrize(("values", "reason", "words"), REFUSED.values(), ids=REFUSED)
def test_columns_no_model_reads(values: Any, reason: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        train_rows(tmp_path, write_parquet(tmp_path, values), make_job(), "rows.parquet")
    assert refused.value.reason == reason
    assert words in refused.value.message
