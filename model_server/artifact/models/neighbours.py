"""Checks of stored neighbours and their trees, whose compiled code believes every number it finds there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTED_METRICS = frozenset({"MinkowskiDistance64"})


def is_sound_kd_tree(tree: Any) -> bool:
    """Return whether a k-d tree stays inside its tables; it has two bounds for each node and column."""
    return is_sound_neighbour_tree(tree, bounds=2)


def is_sound_ball_tree(tree: Any) -> bool:
    """Return whether a ball tree stays inside its tables; it has a centre for each node."""
    return is_sound_neighbour_tree(tree, bounds=1)


def is_sound_neighbour_tree(tree: Any, bounds: int) -> bool:
    """Return whether row numbers, nodes, bounds and the metric fit the table of rows."""
    rows, index, nodes, limits = (np.asarray(array) for array in tree.get_arrays())
    count, width = rows.shape
    return (
        index.shape == (count,)
        and limits.shape == (bounds, len(nodes), width)
        and bool(np.all((index >= 0) & (index < count)))
        and has_sound_nodes(nodes, count)
        and is_sound_metric(tree.__getstate__()[11], width)
    )


def has_sound_nodes(nodes: NDArray[Any], count: int) -> bool:
    """Return whether every node's rows exist and every node that is no leaf has both children."""
    # Children are not stored: those of node i are nodes 2i + 1 and 2i + 2.
    second_child = 2 * np.arange(len(nodes)) + 2
    return (
        len(nodes) > 0
        and bool(np.all((nodes["is_leaf"] != 0) | (second_child < len(nodes))))
        and bool(np.all((nodes["idx_start"] >= 0) & (nodes["idx_end"] <= count)))
        and bool(np.all(nodes["idx_start"] <= nodes["idx_end"]))
    )


def is_sound_metric(metric: Any, width: int) -> bool:
    """Return whether there is a metric, and one that weighs columns has a weight for each or none at all."""
    if metric is None:
        return False
    _, weights, _ = metric.__getstate__()
    return type(metric).__name__ not in WEIGHTED_METRICS or len(weights) in (0, width)


def is_sound_neighbourhood(estimator: Any) -> bool:
    """Return whether the stored rows are as wide as the rows that are asked, and their classes exist."""
    rows = vars(estimator).get("_fit_X")
    if rows is None:  # never fitted, so it refuses to answer
        return True
    return (
        len(rows) > 0
        and np.shape(rows)[1:] == (estimator.n_features_in_,)
        and (not type(estimator).__name__.endswith("Classifier") or has_known_classes(estimator, len(rows)))
    )


def has_known_classes(classifier: Any, count: int) -> bool:
    """Return whether every stored row has one of the classes; votes are counted without looking."""
    if classifier.outputs_2d_:
        return True  # counted by numpy, which looks
    labels = classifier._y
    return labels.shape == (count,) and bool(np.all((labels >= 0) & (labels < len(classifier.classes_))))
