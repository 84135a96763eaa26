"""A real data set by way of the cluster: the Service answers what plain scikit-learn does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import yaml

from tests.cluster.kube import Kube
from tests.cluster.manifests import config_map, model_deployment
from tests.server.train.plain_scikit_learn import DATA, learn_flights


def flights_job() -> dict[str, Any]:
    """Return the TrainingJob of the flights, with its table in a ConfigMap."""
    job: dict[str, Any] = yaml.safe_load((DATA / "flights.yaml").read_text())
    job["spec"]["data"]["uri"] = "configmap://tables/flights.csv"
    return job


def sent(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def test_flights_are_answered_as_plain_scikit_learn_answers(ml: Kube) -> None:
    table = config_map("tables", "flights.csv", (DATA / "flights.csv").read_text())
    ml.apply(table, flights_job(), model_deployment("flights", "flights-1", modelName="flights"))
    ml.await_condition("mdep", "flights", "Ready", "True", patience=240)
    plain = learn_flights()
    columns = [column["name"] for column in ml.get("mver", "flights-1")["spec"]["signature"]["inputs"]]
    rows = [[sent(value) for value in row] for row in plain.rows[columns].itertuples(index=False)]
    answer = ml.ask("flights", "/predict", {"features": rows})
    assert answer["prediction"] == plain.predicted.tolist()
    assert plain.probabilities is not None
    np.testing.assert_allclose(answer["probability"], plain.probabilities[:, 1], rtol=0, atol=1e-9)
