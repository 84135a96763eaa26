"""The main job on an example's data: apply three manifests, ask the Service, hold the answers against the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.metrics import roc_auc_score

from model_server.contract.manifest import read_training_job
from model_server.train.prepare.matrices import Prepared, check_rows, prepare
from model_server.train.rows.source import RowFile
from model_server.train.run import chosen
from tests.cluster.kube import ROOT, Kube

LINE = ROOT / "examples" / "s2-linear-regression"
LOANS = ROOT / "examples" / "s3-car-loan"
LINE_PATH = "/api/v1/models/linear_regression/predict"


def deploy(kube: Kube, example: Path, deployment: str) -> None:
    """The example is applied as a user would, and its model serves."""
    kube.apply_file(example)
    kube.await_condition("modeldeployment", deployment, "Ready", "True", patience=300)


def ask_the_line(kube: Kube) -> list[float]:
    """What S2's deployment answers for 1, 2 and 3, by the path of its source document."""
    answer = kube.ask("linear-regression", LINE_PATH, {"instances": [[1], [2], [3]]})
    predictions: list[float] = answer["predictions"]
    return predictions


def auc_through_the_service(kube: Kube, folder: Path) -> float:
    """The ROC AUC of S3's deployment on the rows that its training held out, all asked of the Service."""
    held_out = held_out_rows(folder)
    rows = held_out.judged
    request = {
        "inputs": [
            {
                "name": feature.name,
                "shape": [len(rows)],
                "datatype": _datatype(feature.type),
                "data": _column(rows, place, feature.type),
            }
            for place, feature in enumerate(held_out.features)
        ]
    }
    answer = kube.ask("car-loan", "/v2/models/car-loan/infer", request)
    probabilities = next(output for output in answer["outputs"] if output["name"] == "probabilities")
    scores = np.array(probabilities["data"]).reshape(probabilities["shape"])[:, 1]
    return float(roc_auc_score(held_out.judged_target, scores))


def held_out_rows(folder: Path) -> Prepared:
    """The rows that the TrainingJob of S3 held out: the trainer's own split of the example's data."""
    job = read_training_job(LOANS / "trainingjob.yaml")
    text = yaml.safe_load((LOANS / "configmap.yaml").read_text())["data"]["car-loans.csv"]
    path = folder / "car-loans.csv"
    path.write_text(text)
    _, classifier = chosen(job)
    return prepare(check_rows(RowFile(path, path.name, ""), job.spec), job.spec, classifier)


def _datatype(kind: str) -> str:
    return {"numeric": "FP64", "boolean": "BOOL", "categorical": "BYTES"}[kind]


def _column(rows: Any, place: int, kind: str) -> list[Any]:
    values = rows[:, place].tolist()
    return [bool(value) for value in values] if kind == "boolean" else values
