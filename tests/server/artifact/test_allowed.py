"""Steps and estimators that are not the trainer's but are common: they are read, and answer as they did."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    IsolationForest,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from model_server.artifact.models.model_file import model_from_bytes
from model_server.contract.outcome import InputRefused

CHANCE = np.random.default_rng(0)
ROWS = np.column_stack([CHANCE.normal(size=(120, 2)), CHANCE.integers(0, 4, 120)])
GAPS = np.where(CHANCE.random(ROWS.shape) < 0.1, np.nan, ROWS)
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
TWO_CLASSIFIERS = [("line", LogisticRegression()), ("tree", DecisionTreeClassifier(max_depth=2))]
TWO_REGRESSORS = [("line", LinearRegression()), ("tree", DecisionTreeRegressor(max_depth=2))]

STEPS: dict[str, tuple[Callable[[], Any], Any]] = {
    "a remainder that is passed through": (
        lambda: make_column_transformer((StandardScaler(), [0]), remainder="passthrough"),
        ROWS,
    ),
    "an imputer that tells what was missing": (lambda: SimpleImputer(add_indicator=True), GAPS),
    "what is missing": (MissingIndicator, GAPS),
    "the largest value": (MaxAbsScaler, ROWS),
    "powers": (PowerTransformer, ROWS),
    "quantiles": (lambda: QuantileTransformer(n_quantiles=20), ROWS),
    "bins": (lambda: KBinsDiscretizer(strategy="uniform"), ROWS),
    "numbers of bins": (lambda: KBinsDiscretizer(encode="ordinal", strategy="uniform"), ROWS),
    "products": (PolynomialFeatures, ROWS),
    "columns that vary": (VarianceThreshold, ROWS),
    "singular vectors": (lambda: TruncatedSVD(2), ROWS),
    "means of the target": (TargetEncoder, ROWS.round()),
    "steps side by side": (lambda: make_union(StandardScaler(), MaxAbsScaler()), ROWS),
    "a function that is none": (FunctionTransformer, ROWS),
}
ESTIMATORS: dict[str, tuple[Callable[[], Any], Any]] = {
    "calibration by a curve": (lambda: CalibratedClassifierCV(LogisticRegression(), cv=2), ROWS),
    "calibration by steps": (
        lambda: CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=2),
        ROWS,
    ),
    "votes": (lambda: VotingClassifier(TWO_CLASSIFIERS, voting="soft"), ROWS),
    "a mean": (lambda: VotingRegressor(TWO_REGRESSORS), ROWS),
    "a stack": (lambda: StackingClassifier(TWO_CLASSIFIERS), ROWS),
    "a stack of regressors": (lambda: StackingRegressor(TWO_REGRESSORS), ROWS),
    "isolation": (lambda: IsolationForest(n_estimators=5, random_state=0), ROWS),
    "isolation by some columns": (
        lambda: IsolationForest(n_estimators=5, max_features=2, random_state=0),
        ROWS,
    ),
    "a target that was scaled": (
        lambda: TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()),
        ROWS,
    ),
    "histogram boosting of categories": (
        lambda: HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5, categorical_features=[2]),
        ROWS,
    ),
}


def fitted(case: str) -> tuple[Any, Any]:
    """Return a fitted model and its rows; a step has a classifier behind it."""
    if case in ESTIMATORS:
        make, rows = ESTIMATORS[case]
        return make().fit(rows, LABELS), rows
    make, rows = STEPS[case]
    return make_pipeline(make(), LogisticRegression()).fit(rows, LABELS), rows


@pytest.mark.parametrize("case", [*STEPS, *ESTIMATORS])
def test_what_was_fitted_elsewhere_answers_as_it_did(case: str) -> None:
    model, rows = fitted(case)
    assert np.array_equal(model_from_bytes(skops.io.dumps(model)).predict(rows), model.predict(rows))


def break_columns(forest: Any) -> None:
    """Give the trees fewer columns than they read."""
    forest.estimators_features_ = [columns[:1] for columns in forest.estimators_features_]


def break_method(stack: Any) -> None:
    """Have an estimator of the stack do something else than answer."""
    stack.stack_method_[0] = "densify"


def break_order(boosting: Any) -> None:
    """Put fewer columns before the trees than they read."""
    name, step, columns = boosting._preprocessor.transformers_[1]
    boosting._preprocessor.transformers_[1] = (name, step, columns & [True, False, False])


def break_bits(boosting: Any) -> None:
    """Look up categories behind the table of categories."""
    for round_ in boosting._predictors:
        for tree in round_:
            tree.nodes["is_categorical"] = 1
            tree.nodes["feature_idx"] = 0
            tree.nodes["bitset_idx"] = 10**6


def break_kind(boosting: Any) -> None:
    """Look up categories of a column of numbers."""
    boosting._bin_mapper.is_categorical_[:] = 0


BROKEN: dict[str, tuple[str, Callable[[Any], None]]] = {
    "trees with fewer columns than they read": ("isolation by some columns", break_columns),
    "a stack that does something else": ("a stack", break_method),
    "boosting that loses columns": ("histogram boosting of categories", break_order),
    "categories behind their table": ("histogram boosting of categories", break_bits),
    "categories of a number": ("histogram boosting of categories", break_kind),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_model_that_would_crash_the_process_is_refused(case: str) -> None:
    name, break_it = BROKEN[case]
    make, rows = ESTIMATORS[name]
    labels = (rows[:, 2] % 2).astype(int)  # so that the categories tell something
    model = make().fit(rows, labels)
    break_it(model)
    with pytest.raises(InputRefused) as refused:
        model_from_bytes(skops.io.dumps(model))
    assert refused.value.reason == "UnsafeArtifact"


def test_a_function_that_calls_another_is_refused() -> None:
    with pytest.raises(InputRefused, match=r"numpy.*log1p"):
        model_from_bytes(skops.io.dumps(FunctionTransformer(np.log1p).fit(abs(ROWS))))
