"""Models whose tables were damaged after fitting, each so that the code that reads them would crash or be misled."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC, SVR

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


def with_state(place: int, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Return a change of one entry of a neighbour tree's state."""

    def break_it(model: Any) -> None:
        state = list(model._tree.__getstate__())
        state[place] = change(state[place])
        model._tree.__setstate__(tuple(state))

    return break_it


def without_leaves(nodes: Any) -> Any:
    """Return nodes that all have children."""
    changed = nodes.copy()
    changed["is_leaf"] = 0
    return changed


def with_more_rows(nodes: Any) -> Any:
    """Return nodes of which one has rows beyond the table."""
    changed = nodes.copy()
    changed["idx_end"][-1] += 1
    return changed


def with_weights(metric: Any) -> Any:
    """Return a metric with a weight for one column only."""
    metric.__setstate__((metric.__getstate__()[0], np.ones(1), np.zeros((1, 1))))
    return metric


def break_root(forest: Any) -> None:
    """Let a tree have no node at all."""
    tree = forest.estimators_[0].tree_
    state = tree.__getstate__()
    tree.__setstate__(state | {"nodes": state["nodes"][:0], "values": state["values"][:0], "node_count": 0})


def break_sign(model: Any) -> None:
    """Let a histogram tree read a column before the first."""
    model._predictors[0][0].nodes["feature_idx"][0] = -1


def break_preprocessor(model: Any) -> None:
    """Let rows reach the trees narrower than they came."""
    model._preprocessor = PCA(1).fit(ROWS)


def break_stage(model: Any) -> None:
    """Let a stage have no tree."""
    model.estimators_[0, 0].tree_ = None


def break_start(model: Any) -> None:
    """Start from an answer of fewer classes than there are trees in a stage."""
    model.init_ = DummyClassifier().fit(ROWS, LABELS)


def break_label(model: Any) -> None:
    """Count a vote for a class that is not there."""
    model._y[0] = 2


def break_labels(model: Any) -> None:
    """Have fewer labels than rows."""
    model._y = model._y[:2]


def with_columns(*counts: int) -> Callable[[Any], None]:
    """Return a change of how many columns an encoder makes."""

    def change(encoder: Any) -> None:
        encoder._n_features_outs = list(counts)

    return change


def break_order(encoder: Any) -> None:
    """Let a category be looked for behind the last."""
    encoder.categories_[0] = encoder.categories_[0][::-1].copy()


def break_drop(encoder: Any) -> None:
    """Drop a category before the first."""
    encoder._drop_idx_after_grouping[0] = -3


def break_group(encoder: Any) -> None:
    """Put rare categories into a column before the first."""
    encoder._default_to_infrequent_mappings[0][0] = -1


def break_kernel(machine: Any) -> None:
    """Have rows stand for distances to rows."""
    machine.kernel = "precomputed"


def near(algorithm: str) -> Callable[[], Any]:
    """Return a maker of neighbours that are kept in a tree of several nodes."""
    return lambda: KNeighborsClassifier(algorithm=algorithm, leaf_size=10)


NEAR = near("kd_tree")
NEAR_BALLS = near("ball_tree")

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
    "a machine of no class": (SVC, lambda machine: setattr(machine, "classes_", np.array([0]))),
    "a tree without a root": (lambda: RandomForestClassifier(3), break_root),
    "a histogram tree left of the row": (
        lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2),
        break_sign,
    ),
    "a histogram tree behind a narrower row": (
        lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2),
        break_preprocessor,
    ),
    "a stage without a tree": (lambda: GradientBoostingClassifier(n_estimators=2), break_stage),
    "neighbours in a tree without leaves": (NEAR, with_state(2, without_leaves)),
    "neighbours in balls without leaves": (NEAR_BALLS, with_state(2, without_leaves)),
    "neighbours beyond the table": (NEAR, with_state(2, with_more_rows)),
    "neighbours of rows that do not exist": (NEAR, with_state(1, lambda index: index + 1)),
    "fewer rows in order than rows": (NEAR, with_state(1, lambda index: index[:10].copy())),
    "bounds of half the width": (NEAR, with_state(3, lambda bounds: bounds[:, :, :1].copy())),
    "bounds of fewer nodes": (NEAR_BALLS, with_state(3, lambda bounds: bounds[:, :1].copy())),
    "neighbours by no metric": (NEAR, with_state(11, lambda _: None)),
    "a metric with too few weights": (
        lambda: KNeighborsClassifier(algorithm="ball_tree", p=3, leaf_size=10),
        with_state(11, with_weights),
    ),
    "a vote for no class": (lambda: KNeighborsClassifier(algorithm="brute"), break_label),
    "fewer votes than rows": (lambda: KNeighborsClassifier(algorithm="brute"), break_labels),
    "fewer columns than categories": (OneHotEncoder, with_columns(2, 4)),
    "categories in no order": (OneHotEncoder, break_order),
    "a dropped category that is none": (lambda: OneHotEncoder(drop="first"), break_drop),
    "rare categories that are none": (lambda: OneHotEncoder(max_categories=2), break_group),
    "neighbours wider than the row": (
        lambda: KNeighborsClassifier(algorithm="brute"),
        with_zeros("_fit_X", 80, 10**5),
    ),
}
