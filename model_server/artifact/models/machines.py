"""Checks of support vector machines, whose compiled code does not look at table lengths."""

from typing import Any

import numpy as np

KERNELS = frozenset({"linear", "poly", "rbf", "sigmoid"})
MACHINES = ("SVC", "NuSVC", "SVR", "NuSVR")


def is_sound_machine(machine: Any) -> bool:
    """Return whether the tables of a machine of libsvm are as long as its numbers of vectors and classes demand."""
    state = vars(machine)
    if "support_vectors_" not in state:  # never fitted, so it refuses to answer
        return True
    is_classifier = type(machine).__name__.endswith("SVC")
    classes = len(state["classes_"]) if is_classifier else 2
    # libsvm trains one machine for each pair of classes, and reads that many intercepts.
    pairs = classes * (classes - 1) // 2
    count, width = state["support_vectors_"].shape
    vectors = state["_n_support"] if is_classifier else state["_n_support"][:1]  # the second is never read
    return (
        is_plain_machine(state)
        and classes > 1
        and width == state["n_features_in_"]
        and vectors.shape == (classes if is_classifier else 1,)
        and bool(np.all(vectors >= 0))
        # The counts by class are summed to find where the vectors of a class begin.
        and sum(vectors.tolist()) == count == len(state["support_"])
        and state["_dual_coef_"].shape == (classes - 1, count)
        and state["_intercept_"].shape == (pairs,)
        and all(state[name].shape in ((0,), (pairs,)) for name in ("_probA", "_probB"))
    )


def is_plain_machine(state: dict[str, Any]) -> bool:
    """Return whether a machine has a kernel of libsvm, dense tables, and the formulation of its own class."""
    return state["kernel"] in KERNELS and state["_sparse"] is False and "_impl" not in state
