"""core/judge computes, by `math` alone, what the experiments computed."""

from __future__ import annotations

import numpy as np
import pytest

from leeway.core.judge.arms import Stratum, log_e_differ
from leeway.core.judge.reference import log_e_beyond, log_e_changed
from tests.core.judge import published

SEEDS = range(60)


def tables(seed: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Live and reference counts of one column; some bins empty, some rows many."""
    rng = np.random.default_rng(seed)
    bins = int(rng.integers(2, 14))
    shares = rng.dirichlet(np.full(bins, 0.7))
    live = rng.multinomial(int(10 ** rng.uniform(0, 5)), rng.dirichlet(50 * shares + 0.01))
    reference = rng.multinomial(int(10 ** rng.uniform(2, 5)), shares)
    return tuple(map(int, live)), tuple(map(int, reference))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_change(seed: int) -> None:
    live, reference = tables(seed)
    want = published.t1(np.array(live), np.array(reference))
    assert log_e_changed(live, reference) == pytest.approx(want, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("tolerance", [0.0, 0.02, 0.05, 0.2])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_change_beyond_a_tolerance(seed: int, tolerance: float) -> None:
    live, reference = tables(seed)
    want = published.t2(np.array(live), np.array(reference), tolerance)
    assert log_e_beyond(live, reference, tolerance) == pytest.approx(want, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("sharp", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_canary_against_stable(seed: int, sharp: bool) -> None:
    canary, stable = tables(seed)
    weight = (0.05, 0.2, 0.5)[seed % 3]
    want = published.t3(np.array(canary), np.array(stable), weight, sharp=sharp)
    got = log_e_differ([Stratum(weight, canary, stable)], sharp=sharp)
    assert got == pytest.approx(want, rel=1e-9, abs=1e-9)
