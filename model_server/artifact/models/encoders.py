"""Checks of one-hot encoders: their answer is a sparse table, whose column numbers compiled code believes."""

from typing import Any

import numpy as np


def is_sound_encoder(encoder: Any) -> bool:
    """Return whether every category becomes a column that exists."""
    state = vars(encoder)
    if "categories_" not in state:  # never fitted, so it refuses to answer
        return True
    known, dropped = state["categories_"], state["_drop_idx_after_grouping"]
    # Rare categories of a column may share one of its columns.
    groups = state["_default_to_infrequent_mappings"] if state["_infrequent_enabled"] else [None] * len(known)
    drops = [None] * len(known) if dropped is None else dropped.tolist()
    return all(map(is_sorted, known)) and state["_n_features_outs"] == [
        columns_of(len(names), group, drop) for names, group, drop in zip(known, groups, drops, strict=True)
    ]


def is_sorted(known: Any) -> bool:
    """Return whether categories that are found by halving are in order; texts and objects are found by a table."""
    return known.dtype.kind in "OUS" or bool(np.all(np.searchsorted(known, known) < len(known)))


def columns_of(size: int, group: Any, dropped: int | None) -> int | None:
    """Return how many columns a column of categories becomes; None when no number is right."""
    if group is not None:
        if len(group) != size or np.any(np.asarray(group) < 0):
            return None
        size = int(np.max(group)) + 1
    if dropped is None:
        return size
    return size - 1 if 0 <= dropped < size else None
