"""Jobs and rows for the tests of the trainer."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from model_server.contract.manifest import TrainingJob
from model_server.contract.outcome import InputRefused, Outcome
from model_server.train.run import Order, train
from model_server.train.stages import Lines

LINE = "x,y\n1,2\n2,4\n3,6\n"
JOB = """
apiVersion: leeway.dev/v1alpha1
kind: TrainingJob
metadata: {name: line-1}
spec:
  modelName: line
  data: {uri: "%s", target: y, split: {testPercent: 0}}
  estimator: {class: %s}
"""
LINEAR = "sklearn.linear_model.LinearRegression"
LOGISTIC = {"class": "sklearn.linear_model.LogisticRegression"}
# The command in this process: exit code and log lines.
Call = Callable[..., tuple[int, list[dict[str, Any]]]]
EXAMPLES = Path(__file__).parents[3] / "examples"


def loans(rows: int = 1200) -> str:
    """Return rows whose target follows income and home, with gaps, in a fixed order."""
    lines = ["id,income,home,employed,defaulted"]
    for row in range(rows):
        income = (row * 37) % 101
        home = ("rent", "own", "loft")[(row * 7) % 3]
        employed = "true" if (row * 13) % 5 else "false"
        defaulted = int(income < 40) ^ int(row % 17 == 0)
        shown = "" if row % 50 == 3 else str(income)
        lines.append(f"{row},{shown},{'' if row % 60 == 9 else home},{employed},{defaulted}")
    return "\n".join(lines) + "\n"


def make_job(**spec: Any) -> TrainingJob:
    """Return a TrainingJob whose spec has these fields over those of a linear regression."""
    fields = {
        "modelName": "line",
        "estimator": {"class": "sklearn.linear_model.LinearRegression"},
        **spec,
        "data": {"uri": "rows.csv", "target": "y", **spec.get("data", {})},
    }
    document = {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "line-1", "namespace": "ml", "uid": "1a2b3c4d"},
        "spec": fields,
    }
    return msgspec.convert(document, TrainingJob)


def loan_job(**spec: Any) -> TrainingJob:
    """Return a TrainingJob for `loans`."""
    features = [
        {"name": "income", "type": "numeric"},
        {"name": "home", "type": "categorical"},
        {"name": "employed", "type": "boolean"},
    ]
    data = {"target": "defaulted", "features": features, **spec.pop("data", {})}
    return make_job(**{"modelName": "loan", "estimator": LOGISTIC, **spec, "data": data})


def train_rows(directory: Path, rows: str | bytes, job: TrainingJob, name: str = "rows.csv") -> Outcome:
    """Return the outcome of training on these rows; the files are in `directory / "out"`."""
    path = directory / name
    path.write_bytes(rows.encode() if isinstance(rows, str) else rows)
    return train(Order(job, directory / "out", rows=path), Lines(io.StringIO()))


def refuse_rows(
    directory: Path, rows: str | bytes, job: TrainingJob, name: str = "rows.csv"
) -> tuple[str, str]:
    """Return reason and message of the refusal that training on these rows ends with."""
    with pytest.raises(InputRefused) as refused:
        train_rows(directory, rows, job, name)
    return refused.value.reason, refused.value.message


def parquet_of(directory: Path, **columns: Any) -> bytes:
    """Return a parquet file of these columns."""
    path = directory / "made.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path.read_bytes()
