"""Checks of the node tables of decision trees, which compiled code walks without looking where it steps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_sound_tree(tree: Any) -> bool:
    """Return whether there is a root, children come after their parent, and the columns that are asked for exist."""
    inner = tree.children_left != -1
    features = tree.feature[inner]
    return (
        tree.node_count > 0
        and tree.value.size >= tree.node_count  # boosting reads one number for each node
        and comes_after(tree.children_left, inner)
        and comes_after(tree.children_right, inner)
        and bool(np.all((features >= 0) & (features < tree.n_features)))
    )


def is_sound_histogram_tree(tree: Any) -> bool:
    """Return whether there is a root, children come after their parent, and tables of categories have their length."""
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    return (
        len(nodes) > 0
        and comes_after(nodes["left"].astype(np.int64), inner)
        and comes_after(nodes["right"].astype(np.int64), inner)
        and bool(np.all(nodes["feature_idx"][inner] >= 0))
        and has_bitsets(tree, inner & (nodes["is_categorical"] != 0))
    )


def has_bitsets(tree: Any, categorical: NDArray[np.bool_]) -> bool:
    """Return whether every node that splits by categories finds its 256 bits."""
    bits = tree.raw_left_cat_bitsets
    return bits.shape[1:] == (8,) and bool(np.all(tree.nodes["bitset_idx"][categorical] < len(bits)))


def comes_after(child: NDArray[Any], inner: NDArray[np.bool_]) -> bool:
    """Return whether each inner node's child exists and has a greater number, so that no walk is endless."""
    numbers = np.flatnonzero(inner)
    return bool(np.all((child[inner] > numbers) & (child[inner] < len(child))))
