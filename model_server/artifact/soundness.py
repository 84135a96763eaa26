"""Checks of loaded estimators whose tables scikit-learn's compiled code trusts.

A crafted node table makes `predict` read outside its memory, so tables are checked once, after loading.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.artifact.machines import MACHINES, is_sound_machine, is_sound_neighbourhood
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

TREE = "sklearn.tree._tree.Tree"
HISTOGRAM_TREE = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
NEIGHBOUR_TREES = ("sklearn.neighbors._kd_tree.KDTree", "sklearn.neighbors._ball_tree.BallTree")


def refuse_unsound(model: Any) -> None:
    """Raise `InputRefused` (UnsafeArtifact) naming the first estimator whose tables point outside of themselves."""
    for part in walk(model):
        check = CHECKS.get(type_name(part))
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
        if id(part) in seen or isinstance(part, str | bytes | int | float | type(None)):
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


def is_sound_tree(tree: Any) -> bool:
    """Return whether children come after their parent and the columns that are asked for exist."""
    inner = tree.children_left != -1
    features = tree.feature[inner]
    return (
        comes_after(tree.children_left, inner)
        and comes_after(tree.children_right, inner)
        and bool(np.all((features >= 0) & (features < tree.n_features)))
    )


def is_sound_histogram_tree(tree: Any) -> bool:
    """Return whether children come after their parent, and no node splits by categories: the trainer makes none."""
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    return (
        len(nodes) > 0
        and comes_after(nodes["left"].astype(np.int64), inner)
        and comes_after(nodes["right"].astype(np.int64), inner)
        and not np.any(nodes["is_categorical"][inner])
    )


def is_sound_neighbour_tree(tree: Any) -> bool:
    """Return whether row index and node ranges stay inside the table of rows."""
    rows, index, nodes, _ = (np.asarray(array) for array in tree.get_arrays())
    count = len(rows)
    return (
        bool(np.all((index >= 0) & (index < count)))
        and bool(np.all((nodes["idx_start"] >= 0) & (nodes["idx_end"] <= count)))
        and bool(np.all(nodes["idx_start"] <= nodes["idx_end"]))
    )


def is_sound_ensemble(estimator: Any) -> bool:
    """Return whether every tree of the estimator reads only columns that the estimator itself checks."""
    # predict() checks the width of its rows against the estimator, never against the trees inside it.
    width = getattr(estimator, "n_features_in_", -1)  # an estimator that was never fitted has no tree
    stages = getattr(estimator, "n_trees_per_iteration_", None)
    # Boosting fills one output column for each tree of a round, without looking how many columns there are.
    if stages is not None and isinstance(estimator.__dict__.get("estimators_"), np.ndarray):
        fits = estimator.estimators_.shape[1:] == (stages,)
    else:
        fits = True
    return fits and all(reads_within(part, width) for part in walk(estimator))


def reads_within(part: Any, width: int) -> bool:
    """Return whether the part is no tree, or a tree of rows with this many columns."""
    if type_name(part) == TREE:
        return bool(part.n_features == width)
    if type_name(part) == HISTOGRAM_TREE:
        return bool(np.all(part.nodes["feature_idx"][part.nodes["is_leaf"] == 0] < width))
    return True


def comes_after(child: NDArray[Any], inner: NDArray[np.bool_]) -> bool:
    """Return whether each inner node's child exists and has a greater number, so that no walk is endless."""
    numbers = np.flatnonzero(inner)
    return bool(np.all((child[inner] > numbers) & (child[inner] < len(child))))


def type_name(part: Any) -> str:
    """Return the full name of the object's class."""
    return f"{type(part).__module__}.{type(part).__qualname__}"


CHECKS = {
    TREE: is_sound_tree,
    HISTOGRAM_TREE: is_sound_histogram_tree,
    **dict.fromkeys(NEIGHBOUR_TREES, is_sound_neighbour_tree),
    **{f"sklearn.svm._classes.{name}": is_sound_machine for name in MACHINES},
    "sklearn.neighbors._classification.KNeighborsClassifier": is_sound_neighbourhood,
    "sklearn.neighbors._regression.KNeighborsRegressor": is_sound_neighbourhood,
    **{
        f"sklearn.{module}.{name}{kind}": is_sound_ensemble
        for module, name in (
            ("tree._classes", "DecisionTree"),
            ("tree._classes", "ExtraTree"),
            ("ensemble._forest", "RandomForest"),
            ("ensemble._forest", "ExtraTrees"),
            ("ensemble._gb", "GradientBoosting"),
            ("ensemble._hist_gradient_boosting.gradient_boosting", "HistGradientBoosting"),
        )
        for kind in ("Classifier", "Regressor")
    },
}
