"""What verdicts promise over whole rollouts that are looked at again and again; seeds are fixed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from leeway.api.gates import Gate, GateMetric, VerdictState
from leeway.core.evidence.pair import ArmSeen, Pair
from leeway.core.evidence.profile import Bridge
from leeway.core.gates.judging import judge
from tests.core.gates.arms import (
    CANARY,
    FAIL,
    PASS,
    STABLE,
    TENTHS,
    Counts,
    arm,
    column,
    pair,
    profile,
    verdict_of,
)

Numbers = NDArray[np.int64]

RATE = "0.05"
EVEN = np.full(10, 0.1)
# Of 40 rollouts of which 5 percent are failed, more than this many are once in a thousand test suites.
ROLLOUTS, TOO_MANY = 40, 8
STABLES_WORLD = (1010, 990, *TENTHS[2:])  # hardly another one, so that its profile is not the canary's
GATES = [
    Gate(name=metric.lower(), metric=metric)
    for metric in GateMetric
    if metric is not GateMetric.PREDICTION_DRIFT
]


def look_at(counts: tuple[Counts, Counts], arms: tuple[ArmSeen, ArmSeen]) -> Pair:
    return pair(*counts, arms=arms, weight=0.2)


def grown(rng: np.random.Generator, rows: int, before: Numbers) -> Numbers:
    """Counts of bins, failures, slow and refused requests, after so many more rows."""
    of_bins = (rng.multinomial(rows, EVEN) for _ in range(2))
    added: Numbers = np.concatenate([*of_bins, rng.binomial(rows, [0.02, 0.05, 0.02, 0.1])])
    return np.add(before, added)


def counted(numbers: Numbers, rows: int, version: str) -> Counts:
    columns, scores, (failed, slow, refused, wrong) = numbers[:10], numbers[10:20], numbers[20:]
    return Counts(
        columns={"income": columns.tolist()},
        scores=scores.tolist(),
        codes={"200": rows - int(failed), "500": int(failed)},
        invalid=int(refused),
        latency=(0, rows - int(slow), rows),
        feedback={(version, "wrong"): int(wrong), (version, "right"): rows - int(wrong)},
    )


@pytest.mark.parametrize("is_twin", [True, False], ids=["one model file", "two"])
def test_a_healthy_canary_is_hardly_ever_failed_by_any_gate(is_twin: bool) -> None:
    stable = arm(STABLE, profile=profile("a", [column("income", TENTHS if is_twin else STABLES_WORLD)]))
    canary = arm(STABLE) if is_twin else arm(CANARY, profile=profile("b"))

    def is_failed(rng: np.random.Generator) -> bool:
        of_canary, of_stable = np.zeros(24, dtype=np.int64), np.zeros(24, dtype=np.int64)
        for look in range(1, 9):
            of_canary, of_stable = grown(rng, 150, of_canary), grown(rng, 600, of_stable)
            counts = (
                counted(of_canary, 150 * look, canary.version),
                counted(of_stable, 600 * look, stable.version),
            )
            if FAIL in {one.state for one in judge(GATES, RATE, look_at(counts, (canary, stable)))}:
                return True
        return False

    assert sum(is_failed(np.random.default_rng(seed)) for seed in range(ROLLOUTS)) <= TOO_MANY


def verdicts_of_a_bridge(rng: np.random.Generator, rows: int, threshold: str) -> set[VerdictState]:
    """What is concluded of a healthy canary in eight looks, through a bridge of so many rows."""
    true = rng.dirichlet([0.5] * 10, size=10)  # how the canary scores what stable scores so
    bridge = tuple(tuple(rng.multinomial(rows // 10, row).tolist()) for row in true)
    live = rng.dirichlet([2.0] * 10)  # what stable scores by now
    arms = (
        arm(CANARY, profile=profile("b", bridge=Bridge(f"sha256:{STABLE[-1] * 64}", "a" * 64, bridge))),
        arm(STABLE),
    )
    of_canary, of_stable = np.zeros(10, dtype=np.int64), np.zeros(10, dtype=np.int64)
    states = set()
    for _ in range(8):
        of_canary += rng.multinomial(500, live @ true)
        of_stable += rng.multinomial(2000, live)
        columns = {"income": (0,) * 10}
        counts = (Counts(columns, of_canary.tolist()), Counts(columns, of_stable.tolist()))
        states.add(
            verdict_of("PredictionDrift", pair(*counts, arms=arms), rate=RATE, threshold=threshold).state
        )
    return states


@pytest.mark.parametrize("rows", [200, 1000, 5000])
def test_a_bridge_of_few_rows_raises_no_alarm_for_that(rows: int) -> None:
    """The expected shares are an estimate; taken as exact, most healthy canaries would fail."""
    runs = [verdicts_of_a_bridge(np.random.default_rng(seed), rows, "0.005") for seed in range(40)]
    assert sum(FAIL in states for states in runs) <= 5


def test_a_bridge_of_many_rows_lets_a_healthy_canary_pass() -> None:
    runs = [verdicts_of_a_bridge(np.random.default_rng(seed), 100_000, "0.05") for seed in range(10)]
    assert sum(PASS in states for states in runs) >= 8
