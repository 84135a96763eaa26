"""A model keeps nothing of the machine that fitted it, and answers as before."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model_server.artifact.models.neutral import forget_random_states, settle_threads
from model_server.artifact.models.soundness import walk

ROWS = np.random.default_rng(0).normal(size=(200, 3))
TRUTH = (ROWS[:, 0] > 0).astype(int)
BUSY: dict[str, Any] = {
    "a forest": RandomForestClassifier(5, n_jobs=2, warm_start=True, random_state=0),
    "bagging": BaggingClassifier(RandomForestClassifier(3, n_jobs=2, random_state=0), 3, n_jobs=2),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=3, random_state=0),
    "neighbours": KNeighborsClassifier(n_jobs=-1),
    "the last step of a pipeline": make_pipeline(StandardScaler(), KNeighborsClassifier(n_jobs=2)),
}


def kept(model: Any, names: set[str]) -> set[tuple[str, Any]]:
    """Return the attributes of these names that any part of the model has, with their values."""
    states = [getattr(part, "__dict__", {}) for part in walk(model)]
    return {(name, state[name]) for state in states for name in names & state.keys()}


@pytest.mark.parametrize("case", BUSY)
def test_threads_and_warm_starts_are_those_of_an_untouched_estimator(case: str) -> None:
    model = clone(BUSY[case]).fit(ROWS, TRUTH)
    before = model.predict_proba(ROWS)
    settle_threads(model)
    assert kept(model, {"n_jobs", "n_threads"}) <= {("n_jobs", None), ("n_threads", None)}
    assert kept(model, {"warm_start"}) <= {("warm_start", False)}
    assert model.predict_proba(ROWS) == pytest.approx(before, abs=0)


def test_verbosity_is_that_of_the_class() -> None:
    boosting = GradientBoostingClassifier(n_estimators=2, verbose=1).fit(ROWS, TRUTH)
    pipeline = make_pipeline(boosting, verbose=True)
    settle_threads(pipeline)
    assert boosting.verbose == 0
    assert pipeline.verbose is False


RANDOM: dict[str, Any] = {
    "boosting": GradientBoostingClassifier(n_estimators=3, subsample=0.5, random_state=1),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=3, max_features=0.5, random_state=1),
    "layers": MLPClassifier(tol=0.1, random_state=1),
    "a line": LogisticRegression(random_state=1),
}


@pytest.mark.parametrize("case", RANDOM)
def test_generators_of_random_numbers_are_dropped_and_the_seed_stays(case: str) -> None:
    model = clone(RANDOM[case]).fit(ROWS, TRUTH)
    before = model.predict_proba(ROWS)
    forget_random_states(model)
    assert not any(isinstance(part, np.random.RandomState | np.random.Generator) for part in walk(model))
    assert model.random_state == 1
    assert model.predict_proba(ROWS) == pytest.approx(before, abs=0)
