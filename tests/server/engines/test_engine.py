"""Models that have no probabilities, that take their time, that fail."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from joblib import parallel_backend
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from model_server.contract.signature import Column, Signature
from model_server.engines.choose import MODEL, choose
from model_server.engines.engine import ModelFailed
from model_server.engines.sklearn import ARGMAX_CLASSIFIERS, SklearnEngine
from model_server.rows.matrix import OTHER_CODE, Matrix
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


def test_what_only_huge_numbers_bring_about_is_a_refusal() -> None:
    engine = SklearnEngine(RandomForestClassifier(2).fit(ROWS, LABELS), SIGNATURE)
    with pytest.raises(Refusal) as refusal:
        engine.predict(plain(np.array([[1e300, 0.0, 0.0]])))
    assert refusal.value.status == 400
    assert "too large for dtype" in refusal.value.error


def test_what_only_an_unknown_category_brings_about_is_a_refusal() -> None:
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit([["own"], ["rent"]], [0, 1])
    engine = SklearnEngine(model, Signature((Column("home", "categorical", ("own", "rent")),)))
    codes = np.array([[OTHER_CODE]], np.int32)
    with pytest.raises(Refusal, match="Found unknown categories") as refusal:
        engine.predict(Matrix(np.empty((1, 0)), codes, ("boat",)))
    assert refusal.value.status == 400


def test_an_answer_that_is_not_finite_is_a_refusal() -> None:
    # The verifier has seen finite answers to ordinary rows, so that these are out of the ordinary.
    model = PoissonRegressor().fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0])
    engine = SklearnEngine(model, Signature((Column("a", "numeric"),)))
    with pytest.raises(Refusal, match="no finite answer for row 1") as refusal:
        engine.predict(plain(np.array([[1.0], [1e6]])))
    assert refusal.value.status == 400


def make_broken_model() -> Any:
    """Return a classifier that fails on every row, for no reason that a client could know."""
    model = LogisticRegression().fit(ROWS, LABELS)
    model.coef_ = model.coef_[:, :2]
    return model


def test_what_the_model_fails_on_is_its_own_fault() -> None:
    with pytest.raises(ModelFailed, match="ValueError"):
        SklearnEngine(make_broken_model(), SIGNATURE).predict(plain(ROWS[:1]))


async def test_a_failing_model_is_a_500_with_a_count_of_its_own(versions: dict[str, Path]) -> None:
    served = replace(served_from(versions["point"]), engine=SklearnEngine(make_broken_model(), SIGNATURE))
    async with listening(served, SETTINGS) as client:
        sample = 'leeway_model_failures_total{model="point",profile="",version="point-1"}'
        assert f"{sample} 0.0" in (await client.get("/metrics")).body.decode()
        answer = await client.post("/predict", {"features": [1, 1]})
        assert (answer.status, answer.json) == (
            500,
            {"error": "the model failed on these rows; the server's log says why"},
        )
        assert (await client.post("/predict", {"features": [1, "one"]})).status == 400
        page = (await client.get("/metrics")).body.decode()
        assert f"{sample} 1.0" in page
        assert 'code="500",model="point",profile="",version="point-1"} 1.0' in page


def processes() -> set[int]:
    """Return the children of this process, and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may have ended meanwhile
            after_name = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(after_name[1])
    found: set[int] = set()
    waiting = {os.getpid()}
    while waiting:
        waiting = {child for child, parent in parents.items() if parent in waiting} - found
        found |= waiting
    return found


def test_a_model_fitted_by_several_processes_answers_in_this_one(tmp_path: Path) -> None:
    model = BaggingClassifier(n_estimators=8, n_jobs=2, verbose=1, random_state=0)
    with parallel_backend("threading"):
        model.fit(ROWS, LABELS)
    content = skops.io.dumps(model)
    before = processes()
    engine = choose({MODEL: lambda: content}, SIGNATURE)
    values = engine.predict(plain(ROWS)).values
    assert processes() <= before
    model.n_jobs = 1
    assert np.array_equal(values, model.predict(ROWS))
