"""Models that have no probabilities, that take their time, that fail."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model_server.contract.signature import Column, Signature
from model_server.engines.sklearn import ARGMAX_CLASSIFIERS, SklearnEngine
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import Refusal
from tests.server.conftest import SETTINGS, served_from
from tests.server.engines.stand_ins import FailingEngine, WaitingEngine
from tests.server.listening import listening


async def test_a_classifier_without_probabilities_gives_none(versions: dict[str, Path]) -> None:
    async with listening(served_from(versions["vector"]), SETTINGS) as client:
        assert (await client.post("/predict", {"features": [1, 1]})).json == {"prediction": 1}
        tensor = {"name": "rows", "shape": [1, 2], "datatype": "FP64", "data": [0, 0]}
        answer = (await client.post("/v2/models/vector/infer", {"inputs": [tensor]})).json
        assert [output["name"] for output in answer["outputs"]] == ["predict"]


async def test_pages_are_answered_while_the_model_is_busy(versions: dict[str, Path]) -> None:
    engine = WaitingEngine()
    served = replace(served_from(versions["point"]), engine=engine)
    async with listening(served, SETTINGS) as client:
        answers = [asyncio.ensure_future(client.post("/predict", {"features": [1, 1]})) for _ in range(8)]
        await asyncio.to_thread(engine.asked.wait, 60)
        for path in ("/healthz", "/readyz", "/metrics", "/v2/health/live"):
            assert (await client.get(path)).status == 200
        assert not any(answer.done() for answer in answers)
        engine.allowed.set()
        assert {answer.json["prediction"] for answer in await asyncio.gather(*answers)} == {0}


async def test_a_fault_of_ours_is_a_500_that_tells_nothing(versions: dict[str, Path]) -> None:
    served = replace(served_from(versions["point"]), engine=FailingEngine())
    async with listening(served, SETTINGS) as client:
        answer = await client.post("/predict", {"features": [1, 1]})
        assert (answer.status, answer.json) == (500, {"error": "the server failed; its log says why"})
        assert b'code="500"' in (await client.get("/metrics")).body


ROWS = np.array([[0.0, 0.1, 3.0], [0.3, 0.0, 1.0], [1.0, 0.9, 2.0], [0.8, 1.0, 3.0]] * 20)
LABELS = np.array(["no", "no", "yes", "maybe"] * 20)
SIGNATURE = Signature(tuple(Column(name, "numeric") for name in ("a", "b", "c")))


def plain(rows: NDArray[np.float64]) -> Matrix:
    """Return the matrix of rows of numbers."""
    return Matrix(rows, np.empty((len(rows), 0), np.int32))


CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "forest": lambda: RandomForestClassifier(5, random_state=0),
    "extra trees": lambda: ExtraTreesClassifier(5, random_state=0),
    "bagging": lambda: BaggingClassifier(n_estimators=5, random_state=0),
    "pipeline": lambda: make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)),
    "logistic regression": LogisticRegression,
    "calibrated": lambda: CalibratedClassifierCV(LogisticRegression(), cv=2),
}


@pytest.mark.parametrize("case", CLASSIFIERS)
def test_labels_are_those_of_the_estimator_itself(case: str) -> None:
    model = CLASSIFIERS[case]().fit(ROWS, LABELS)
    rows = np.random.default_rng(0).normal(size=(500, 3))
    prediction = SklearnEngine(model, SIGNATURE).predict(plain(rows))
    assert np.array_equal(prediction.values, model.predict(rows))
    assert prediction.probabilities is not None
    assert np.array_equal(prediction.probabilities, model.predict_proba(rows))
    assert np.array_equal(prediction.scores, model.predict_proba(rows).max(axis=1))


def test_the_shortcut_is_only_for_those_that_take_it_themselves() -> None:
    assert ARGMAX_CLASSIFIERS.isdisjoint({"LogisticRegression", "SVC", "GradientBoostingClassifier"})


def test_what_the_estimator_refuses_is_a_refusal() -> None:
    engine = SklearnEngine(RandomForestClassifier(2).fit(ROWS, LABELS), SIGNATURE)
    with pytest.raises(Refusal) as refusal:
        engine.predict(plain(np.array([[1e300, 0.0, 0.0]])))
    assert refusal.value.status == 400
    assert "too large for dtype" in refusal.value.error
