"""The one metric that stands for a model in a list."""

from __future__ import annotations

from collections.abc import Mapping

_FIRST = ("rocAuc", "accuracy", "r2", "rmse")


def headline(metrics: Mapping[str, str]) -> str:
    """Return the metric that people ask for first, e.g. `rocAuc=0.79`, or an empty text without metrics.

    A TrainingJob and its ModelVersion show the same one, so that it depends on the metrics alone, not on gates.
    """
    return next((f"{name}={metrics[name]}" for name in (*_FIRST, *metrics) if name in metrics), "")
