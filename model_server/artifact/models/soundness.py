"""Checks of loaded estimators whose tables scikit-learn's compiled code trusts.

A crafted node table makes `predict` read outside its memory, so tables are checked once, after loading.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from model_server.artifact.models.encoders import is_sound_encoder
from model_server.artifact.models.machines import MACHINES, is_sound_machine
from model_server.artifact.models.neighbours import (
    is_sound_ball_tree,
    is_sound_kd_tree,
    is_sound_neighbourhood,
)
from model_server.artifact.models.trees import is_sound_histogram_tree, is_sound_tree
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

TREE = "sklearn.tree._tree.Tree"
HISTOGRAM_TREE = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
METHODS = frozenset({"predict", "predict_proba", "decision_function"})
INIT_ROWS = 3  # more than one, so that an answer that has one row for any number of them is noticed


def refuse_unsound(model: Any) -> None:
    """Raise `InputRefused` (UnsafeArtifact) naming the first estimator whose tables point outside of themselves."""
    # What is asked for an answer is asked last, when every table is known to be sound.
    for checks in (CHECKS, TRIALS):
        for part in walk(model):
            check = checks.get(type_name(part))
            if check and not check(part):
                raise InputRefused(
                    reasons.UNSAFE_ARTIFACT,
                    f"a {type(part).__name__} in the model points outside itself; train it again",
                )


def walk(root: Any) -> Iterator[Any]:
    """Yield every object reachable from the root through attributes and containers, each once."""
    # Estimators need not be hashable. The model keeps whatever is visited alive, so no id comes twice.
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | type | None):
            continue
        seen.add(id(part))
        yield part
        waiting.extend(children(part))


def children(part: Any) -> list[Any]:
    """Return what an object holds directly."""
    if isinstance(part, np.ndarray):
        return list(part.ravel()) if part.dtype == object else []
    if isinstance(part, dict):
        return list(part.values())
    if isinstance(part, list | tuple | set):
        return list(part)
    return list(getattr(part, "__dict__", {}).values())


def is_sound_ensemble(estimator: Any) -> bool:
    """Return whether every tree of the estimator reads only columns that the estimator itself checks."""
    # predict() checks the width of its rows against the estimator, never against the trees inside it.
    width = getattr(estimator, "n_features_in_", -1)  # an estimator that was never fitted has no tree
    return all(reads_within(part, width) for part in walk(estimator))


def reads_within(part: Any, width: int) -> bool:
    """Return whether the part is no tree, or a tree of rows with this many columns."""
    if type_name(part) == TREE:
        return bool(part.n_features == width)
    if type_name(part) == HISTOGRAM_TREE:
        return bool(np.all(part.nodes["feature_idx"][part.nodes["is_leaf"] == 0] < width))
    return True


def is_sound_boosting(estimator: Any) -> bool:
    """Return whether every round has a tree for each column of the answer."""
    if "estimators_" not in vars(estimator):
        return True
    # Boosting fills one output column for each tree of a round, without looking how many columns there are.
    stages = estimator.estimators_
    return (
        isinstance(stages, np.ndarray)
        and stages.shape[1:] == (estimator.n_trees_per_iteration_,)
        and all(type_name(tree.tree_) == TREE for tree in stages.ravel())
        and is_sound_ensemble(estimator)
    )


def has_room(boosting: Any) -> bool:
    """Return whether the answer that boosting starts from has a row for each row and a column for each tree."""
    if "estimators_" not in vars(boosting):
        return True
    rows = np.zeros((INIT_ROWS, boosting.n_features_in_), np.float32)
    start = boosting._raw_predict_init(rows)
    return bool(start.shape == (INIT_ROWS, boosting.n_trees_per_iteration_))


def is_sound_histogram_boosting(estimator: Any) -> bool:
    """Return whether rows reach the trees as wide as they came, and only columns of categories are split by them."""
    if "_predictors" not in vars(estimator):
        return True
    categorical = estimator._bin_mapper.is_categorical_
    return (
        keeps_width(estimator._preprocessor, estimator.n_features_in_)
        and np.shape(categorical) == (estimator.n_features_in_,)
        and is_sound_ensemble(estimator)
        and all(splits_categories(part, categorical) for part in walk(estimator))
    )


def keeps_width(preprocessor: Any, width: int) -> bool:
    """Return whether nothing changes the rows, or what boosting itself puts before its trees: columns in new order."""
    if preprocessor is None:
        return True
    if type(preprocessor).__name__ != "ColumnTransformer":
        return False
    steps = [(step, columns) for _, step, columns in preprocessor.transformers_ if not isinstance(step, str)]
    return (
        all(type(step).__name__ in {"OrdinalEncoder", "FunctionTransformer"} for step, _ in steps)
        and sum(int(np.sum(np.asarray(columns, np.bool_))) for _, columns in steps) == width
    )


def splits_categories(part: Any, categorical: Any) -> bool:
    """Return whether the part is no tree, or one that looks up categories only in columns that have them."""
    if type_name(part) != HISTOGRAM_TREE:
        return True
    looked_up = (part.nodes["is_leaf"] == 0) & (part.nodes["is_categorical"] != 0)
    return bool(np.all(categorical[part.nodes["feature_idx"][looked_up]]))


def is_sound_isolation(forest: Any) -> bool:
    """Return whether every tree reads as many columns as it is given, of all or of its own."""
    if "estimators_" not in vars(forest):
        return True
    has_all = forest._max_features == forest.n_features_in_
    return all(
        type_name(tree.tree_) == TREE
        and columns.dtype.kind == "i"
        and tree.tree_.n_features == (forest.n_features_in_ if has_all else len(columns))
        for tree, columns in zip(forest.estimators_, forest.estimators_features_, strict=True)
    )


def is_sound_stack(stack: Any) -> bool:
    """Return whether the estimators below are asked for answers, not for anything else that they can do."""
    return METHODS.issuperset(vars(stack).get("stack_method_", ()))


def type_name(part: Any) -> str:
    """Return the full name of the object's class."""
    return f"{type(part).__module__}.{type(part).__qualname__}"


def both(name: str) -> tuple[str, str]:
    """Return the names of the classifier and the regressor of a family."""
    return f"sklearn.{name}Classifier", f"sklearn.{name}Regressor"


Check = Callable[[Any], bool]

TREE_FAMILIES = (
    "tree._classes.DecisionTree",
    "tree._classes.ExtraTree",
    "ensemble._forest.RandomForest",
    "ensemble._forest.ExtraTrees",
)
BOOSTING = both("ensemble._gb.GradientBoosting")
CHECKS: dict[str, Check] = {
    TREE: is_sound_tree,
    HISTOGRAM_TREE: is_sound_histogram_tree,
    "sklearn.neighbors._kd_tree.KDTree": is_sound_kd_tree,
    "sklearn.neighbors._ball_tree.BallTree": is_sound_ball_tree,
    "sklearn.preprocessing._encoders.OneHotEncoder": is_sound_encoder,
    **{f"sklearn.svm._classes.{name}": is_sound_machine for name in MACHINES},
    "sklearn.neighbors._classification.KNeighborsClassifier": is_sound_neighbourhood,
    "sklearn.neighbors._regression.KNeighborsRegressor": is_sound_neighbourhood,
    **{name: is_sound_ensemble for family in TREE_FAMILIES for name in both(family)},
    **dict.fromkeys(BOOSTING, is_sound_boosting),
    **dict.fromkeys(both("ensemble._stacking.Stacking"), is_sound_stack),
    "sklearn.ensemble._iforest.IsolationForest": is_sound_isolation,
    **dict.fromkeys(
        both("ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoosting"),
        is_sound_histogram_boosting,
    ),
}
TRIALS: dict[str, Check] = dict.fromkeys(BOOSTING, has_room)
