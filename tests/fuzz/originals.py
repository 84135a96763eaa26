"""Sound models of every family whose answers compiled code computes, as files that equal seeds make equal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import KBinsDiscretizer, PolynomialFeatures, PowerTransformer, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from model_server.contract.signature import Column, Output, Signature
from model_server.train.describe.reproducible import archive_of
from tests.server import models

WIDTH = 3
ROWS = np.random.default_rng(0).normal(size=(90, WIDTH)).round(3)
LABELS = (ROWS.sum(axis=1) > 0).astype(int) + (ROWS[:, 0] > 1)
NUMBERS = ROWS @ np.arange(1.0, WIDTH + 1)
INPUTS = tuple(Column(f"x{place}", "numeric") for place in range(WIDTH))
CLASSIFIER = Signature(INPUTS, (Output("prediction", "categorical", ("0", "1", "2")),))
REGRESSOR = Signature(INPUTS)

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "random forest": lambda: RandomForestClassifier(4, max_depth=4, random_state=0),
    "histogram boosting": lambda: HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=3, random_state=0),
    "neighbours in a k-d tree": lambda: KNeighborsClassifier(algorithm="kd_tree", leaf_size=10),
    "neighbours in balls": lambda: KNeighborsClassifier(algorithm="ball_tree", leaf_size=10, p=3),
    "neighbours in a table": lambda: KNeighborsClassifier(algorithm="brute"),
    "vector machine": lambda: make_pipeline(StandardScaler(), SVC()),
    "neural network": lambda: MLPClassifier((5,), max_iter=5000, random_state=0),
    "histogram boosting of categories": lambda: HistGradientBoostingClassifier(
        max_iter=3, min_samples_leaf=5, categorical_features=[1]
    ),
    "a stack": lambda: StackingClassifier(
        [("near", KNeighborsClassifier()), ("tree", DecisionTreeClassifier(max_depth=3))]
    ),
    "bins and powers": lambda: make_pipeline(
        make_union(KBinsDiscretizer(3), PolynomialFeatures(), PowerTransformer()),
        LogisticRegression(max_iter=5000),
    ),
    "bagging": lambda: BaggingClassifier(n_estimators=3, random_state=0),
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "extra trees": lambda: ExtraTreesRegressor(3, max_depth=4, random_state=0),
    "regression by neighbours": lambda: KNeighborsRegressor(algorithm="kd_tree", leaf_size=10),
    "regression by vectors": SVR,
    "isolation": lambda: IsolationForest(n_estimators=5, max_features=2, random_state=0),
}


@dataclass(frozen=True)
class Original:
    """A sound model: its name, its file, its signature, and what it answers to some rows."""

    name: str
    content: bytes
    signature: Signature
    golden: bytes


def make_originals() -> list[Original]:
    """Return the models, fitted and written."""
    classifiers = [original(name, make().fit(ROWS, LABELS), CLASSIFIER) for name, make in CLASSIFIERS.items()]
    regressors = [original(name, make().fit(ROWS, NUMBERS), REGRESSOR) for name, make in REGRESSORS.items()]
    return [*classifiers, *regressors, original("loans", models.make_loan_model(), models.LOAN)]


def original(name: str, model: Any, signature: Signature) -> Original:
    """Return a fitted model as the trainer would write it; the loan model has no golden rows."""
    rows = ROWS[:9] if signature.inputs == INPUTS else ROWS[:0]
    predictions = model.predict(rows).tolist() if len(rows) else []
    golden = msgspec.json.encode({"rows": rows.tolist(), "predictions": predictions})
    return Original(name, archive_of(model), signature, golden)
