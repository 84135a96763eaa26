"""Models whose node tables would lead compiled code out of its memory: all refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, SVR

from model_server.artifact.model_file import model_from_bytes
from model_server.contract.outcome import InputRefused

ROWS = np.array([[0.0, 0.1], [0.3, 0.0], [1.0, 0.9], [0.8, 1.0]] * 20)
LABELS = np.array([0, 0, 1, 1] * 20)


def break_child(forest: Any) -> None:
    """Point a node outside the table."""
    state = forest.estimators_[0].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 10**9
    forest.estimators_[0].tree_.__setstate__(state)


def break_loop(forest: Any) -> None:
    """Let the root be its own child."""
    state = forest.estimators_[0].tree_.__getstate__()
    state["nodes"]["right_child"][0] = 0
    forest.estimators_[0].tree_.__setstate__(state)


def break_feature(forest: Any) -> None:
    """Let the root read a column that is not there."""
    state = forest.estimators_[0].tree_.__getstate__()
    state["nodes"]["feature"][0] = 10**6
    forest.estimators_[0].tree_.__setstate__(state)


def break_width(forest: Any) -> None:
    """Promise fewer columns than the trees read."""
    forest.n_features_in_ = 1


def break_histogram(model: Any) -> None:
    """Point a node of a histogram tree outside its table."""
    model._predictors[0][0].nodes["left"][0] = 10**6


def break_histogram_feature(model: Any) -> None:
    """Let a histogram tree read a column that is not there."""
    model._predictors[0][0].nodes["feature_idx"][0] = 10**6


def break_stages(model: Any) -> None:
    """Have more trees in a stage than the answer has room for."""
    model.estimators_ = np.hstack([model.estimators_] * 3)


def break_categories(model: Any) -> None:
    """Let a histogram tree look up categories that are not there."""
    model._predictors[0][0].nodes["is_categorical"][0] = 1


def with_zeros(name: str, *shape: int) -> Callable[[Any], None]:
    """Return a change of one table to zeros of another shape."""

    def change(model: Any) -> None:
        setattr(model, name, np.zeros(shape, dtype=getattr(model, name).dtype))

    return change


def break_counts(machine: Any) -> None:
    """Promise as many vectors as there are, but less than none of one class."""
    machine._n_support = np.array([-1, len(machine.support_) + 1], dtype=np.int32)


def break_kernel(machine: Any) -> None:
    """Have rows stand for distances to rows."""
    machine.kernel = "precomputed"


BROKEN: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "a child outside the table": (lambda: RandomForestClassifier(3), break_child),
    "an endless walk": (lambda: RandomForestClassifier(3), break_loop),
    "a column outside the row": (lambda: RandomForestClassifier(3), break_feature),
    "a forest that promises a narrower row": (lambda: RandomForestClassifier(3), break_width),
    "a histogram tree outside its table": (
        lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2),
        break_histogram,
    ),
    "a histogram tree outside the row": (
        lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2),
        break_histogram_feature,
    ),
    "boosting stages wider than the answer": (
        lambda: GradientBoostingClassifier(n_estimators=2),
        break_stages,
    ),
    "a histogram tree of categories": (
        lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2),
        break_categories,
    ),
    "fewer coefficients than vectors": (SVC, with_zeros("_dual_coef_", 1, 1)),
    "more vectors than coefficients": (SVC, with_zeros("support_vectors_", 10**6, 2)),
    "vectors narrower than the row": (SVC, with_zeros("support_vectors_", 40, 1)),
    "no intercept": (SVC, with_zeros("_intercept_", 0)),
    "half of the probabilities": (SVC, with_zeros("_probA", 2)),
    "less than no vectors": (SVC, break_counts),
    "a kernel of distances": (SVC, break_kernel),
    "fewer coefficients of a regressor": (SVR, with_zeros("_dual_coef_", 1, 1)),
    "neighbours wider than the row": (
        lambda: KNeighborsClassifier(algorithm="brute"),
        with_zeros("_fit_X", 80, 10**5),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_model_whose_tables_would_crash_the_process_is_refused(case: str) -> None:
    make, break_it = BROKEN[case]
    model = make().fit(ROWS, LABELS)
    model_from_bytes(skops.io.dumps(model))
    break_it(model)
    with pytest.raises(InputRefused) as refused:
        model_from_bytes(skops.io.dumps(model))
    assert refused.value.reason == "UnsafeArtifact"


def test_a_machine_of_three_classes_is_read() -> None:
    labels = np.arange(len(ROWS)) % 3
    model = SVC().fit(ROWS, labels)
    assert np.array_equal(model_from_bytes(skops.io.dumps(model)).predict(ROWS), model.predict(ROWS))


def test_a_neighbour_model_is_read_with_its_tree() -> None:
    model = KNeighborsClassifier(algorithm="kd_tree").fit(ROWS, LABELS)
    assert model_from_bytes(skops.io.dumps(model)).predict(ROWS[:4]).tolist() == [0, 0, 1, 1]
