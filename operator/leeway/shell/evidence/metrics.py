"""The operator's metrics of drift and gates, as they stand at a scrape; a series goes with its canary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from leeway.api.gates import Verdict, VerdictState
from leeway.api.kinds import Key

OBJECT = ("namespace", "name")
DRIFT = "Largest PSI of the columns against the version's profile, as measured"
COLUMN_DRIFT = "PSI of a column against the version's profile, as measured"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is shown of one held canary; `scores` are the drift by version and column."""

    key: Key
    model: str
    scores: Mapping[str, Mapping[str, float]]
    verdicts: tuple[Verdict, ...]


class EvidenceMetrics(Collector):
    """Exports what is known of each canary that is held."""

    def __init__(self, readings: Callable[[], Iterable[Reading]]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each metric with its series."""
        readings = list(self._readings())
        # Twice: the plain name is the one that dashboards ask for.
        for name in ("leeway_drift_psi", "data_drift_score"):
            yield _drift(name, readings)
        yield _columns(readings)
        yield _states(readings)
        yield _rows(readings)
        for field, meaning in _NUMBERS.items():
            yield _numbers(field, meaning, readings)


_NUMBERS = {
    "effect": "The effect of a gate as measured",
    "lower": "Lower bound of a gate's effect, at any moment one looks",
    "upper": "Upper bound of a gate's effect, at any moment one looks",
    "threshold": "The effect that a gate tolerates",
}


def _drift(name: str, readings: list[Reading]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, DRIFT, labels=[*OBJECT, "model", "version"])
    for one in readings:
        for version, scores in one.scores.items():
            family.add_metric([*_object(one), one.model, version], max(scores.values()))
    return family


def _columns(readings: list[Reading]) -> GaugeMetricFamily:
    # At most the hundred columns that a profile counts, of two versions, and only while a canary is at a step.
    labels = [*OBJECT, "model", "version", "feature"]
    family = GaugeMetricFamily("leeway_feature_drift_psi", COLUMN_DRIFT, labels=labels)
    for one in readings:
        for version, scores in one.scores.items():
            for feature, score in scores.items():
                family.add_metric([*_object(one), one.model, version, feature], score)
    return family


def _states(readings: list[Reading]) -> GaugeMetricFamily:
    meaning = "1 for the state of a gate's verdict, 0 for the two others"
    family = GaugeMetricFamily("leeway_gate_state", meaning, labels=[*OBJECT, "gate", "state"])
    for one, verdict in _verdicts(readings):
        for state in VerdictState:
            family.add_metric([*_object(one), verdict.name, str(state)], float(verdict.state is state))
    return family


def _rows(readings: list[Reading]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("leeway_gate_rows", "Rows that were judged", labels=[*OBJECT, "gate", "arm"])
    for one, verdict in _verdicts(readings):
        for arm, rows in (("canary", verdict.canary_rows), ("stable", verdict.stable_rows)):
            family.add_metric([*_object(one), verdict.name, arm], rows)
    return family


def _numbers(field: str, meaning: str, readings: list[Reading]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"leeway_gate_{field}", meaning, labels=[*OBJECT, "gate"])
    for one, verdict in _verdicts(readings):
        number = getattr(verdict, field)
        if number is not None:
            family.add_metric([*_object(one), verdict.name], float(number))
    return family


def _verdicts(readings: list[Reading]) -> Iterator[tuple[Reading, Verdict]]:
    for one in readings:
        for verdict in one.verdicts:
            yield one, verdict


def _object(reading: Reading) -> tuple[str, str]:
    return reading.key.namespace, reading.key.name
