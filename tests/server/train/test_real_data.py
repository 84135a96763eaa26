"""Six real data sets, trained, verified and served as users do it: the answers are those of plain scikit-learn."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_server.__main__ import main
from model_server.http.messages import Request
from model_server.http.paths import ROUTES
from model_server.http.readiness import Readiness
from model_server.http.respond import respond
from model_server.http.routes import Site
from model_server.settings import Settings
from tests.server.conftest import served_from
from tests.server.train.plain_scikit_learn import DATA, LEARNT, Plain, get_table

FORMS = ("csv", "parquet")
DATATYPES = {"numeric": "FP64", "boolean": "BOOL", "categorical": "BYTES"}


@dataclass(frozen=True)
class Trained:
    """A version that the trainer made of one data set in one form, and what plain scikit-learn makes of the same."""

    name: str
    directory: Path
    plain: Plain

    def read(self, name: str) -> Any:
        """Return one of the files that the trainer wrote."""
        return json.loads((self.directory / name).read_text())

    def ask(self, path: str, document: Any) -> Any:
        """Return what the server answers to a POST."""
        site = Site(ROUTES, Readiness(served_from(self.directory), ""), Settings())
        reply = respond(site, Request("POST", path, {}, json.dumps(document).encode()))
        assert reply.status == 200, reply.body
        return json.loads(reply.body)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The place of tables and versions."""
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module", params=[(name, form) for name in LEARNT for form in FORMS], ids="-".join)
def trained(request: pytest.FixtureRequest, directory: Path) -> Trained:
    """Each data set in each form, trained by the command."""
    name, form = request.param
    return train(name, form, directory)


def train(name: str, form: str, directory: Path) -> Trained:
    """Train the data set in that form, unless this was done."""
    output = directory / f"{name}-{form}"
    if not output.exists():
        rows, job = write_table(name, form, directory), DATA / f"{name}.yaml"
        assert main(["train", "--job", str(job), "--data", str(rows), "--output", str(output)]) == 0
    return Trained(name, output, learn(name))


@cache
def learn(name: str) -> Plain:
    """Return what plain scikit-learn makes of the data set."""
    return LEARNT[name]()


def write_table(name: str, form: str, directory: Path) -> Path:
    """Return the table in that form: as it came, or as pandas reads and writes it."""
    path = directory / f"{name}.{form}"
    if form == "parquet":
        get_table(name).to_parquet(path)
    elif name == "digits":
        get_table(name).to_csv(path, index=False)
    else:
        path.write_bytes((DATA / f"{name}.csv").read_bytes())
    return path


def test_it_trains_on_the_rows_that_plain_scikit_learn_trains_on(trained: Trained) -> None:
    dataset = trained.read("report.json")["dataset"]
    assert (dataset["trainRows"], dataset["testRows"]) == (trained.plain.trained_on, len(trained.plain.rows))


def test_its_metrics_are_those_of_plain_scikit_learn(trained: Trained) -> None:
    metrics = trained.read("report.json")["metrics"]
    found = {name: float(metrics[name]) for name in trained.plain.metrics}
    assert found == pytest.approx(trained.plain.metrics, rel=1e-5)


def test_the_verifier_accepts_it(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify", "--model", str(trained.directory)])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (code, told["outcome"], told["goldenRows"]) == (0, "Succeeded", 20)


def test_rows_as_objects_are_answered_as_plain_scikit_learn_answers(trained: Trained) -> None:
    inputs = trained.read("signature.json")["inputs"]
    columns = {column["name"]: sent(trained.plain.rows[column["name"]], column["type"]) for column in inputs}
    instances = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    answer = trained.ask(f"/v1/models/{trained.name}:predict", {"instances": instances})
    assert_same(answer["predictions"], trained.plain.predicted)


def test_tensors_are_answered_as_plain_scikit_learn_answers(trained: Trained) -> None:
    rows = trained.plain.rows
    tensors = [
        {
            "name": column["name"],
            "shape": [len(rows)],
            "datatype": DATATYPES[column["type"]],
            "data": sent(rows[column["name"]], column["type"]),
        }
        for column in trained.read("signature.json")["inputs"]
    ]
    answer = trained.ask(f"/v2/models/{trained.name}/infer", {"inputs": tensors})
    outputs = {
        output["name"]: np.array(output["data"]).reshape(output["shape"]) for output in answer["outputs"]
    }
    assert_same(outputs["predict"], trained.plain.predicted)
    if trained.plain.probabilities is not None:
        assert_same(outputs["probabilities"], trained.plain.probabilities)


@pytest.mark.parametrize("name", LEARNT)
def test_csv_and_parquet_make_the_same_model(name: str, directory: Path) -> None:
    reports = [train(name, form, directory).read("report.json") for form in FORMS]
    assert len({report["files"]["model"]["digest"] for report in reports}) == 1


def sent(column: "pd.Series[Any]", kind: str) -> list[Any]:
    """Return a column as a client sends it: JSON's numbers, truths and texts, and null for a gap."""
    make = {"numeric": float, "boolean": bool, "categorical": str}[kind]
    return [None if pd.isna(value) else make(value) for value in column]


def assert_same(found: Any, want: Any) -> None:
    """Raise unless numbers are equal to 1e-9, and everything else exactly."""
    found, want = np.asarray(found), np.asarray(want)
    assert found.shape == want.shape
    if want.dtype.kind == "f":
        np.testing.assert_allclose(found, want, rtol=0, atol=1e-9)
    else:
        assert found.tolist() == want.tolist()
