"""The one metric that stands for a model in a list."""

from __future__ import annotations

from collections.abc import Mapping

# The schema allows no more; the API server would refuse the whole status.
_LONGEST = 128
_FIRST = ("rocAuc", "accuracy", "r2", "rmse")


def headline(metrics: Mapping[str, str]) -> str:
    """Return the first of rocAuc, accuracy, r2, rmse or any metric, e.g. `rocAuc=0.79`; empty without metrics."""
    # From the metrics alone, not from the gates, which a ModelVersion does not have: both kinds show the same one.
    found = next((f"{name}={metrics[name]}" for name in (*_FIRST, *metrics) if name in metrics), "")
    return found[:_LONGEST]
