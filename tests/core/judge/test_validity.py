"""What the judge promises, over whole rollouts that are looked at again and again; seeds are fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np
import pytest

from leeway.core.judge.arms import (
    Stratum,
    log_e_differ,
    log_e_worse,
    odds_ratio_lower_bound,
    odds_ratio_upper_bound,
)
from leeway.core.judge.bounds import psi_lower_bound, psi_upper_bound, share_interval
from leeway.core.judge.merging import e_bh, log_mean_e
from leeway.core.judge.reference import log_e_beyond, log_e_changed

ALPHA = 0.05
RUNS = 400
LOOKS = range(100, 4001, 100)
# With a true rate of ALPHA, more than this many of RUNS happen once in a thousand test suites.
TOO_MANY = 35
Array = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def counts(rng: np.random.Generator, rows: int, shares: Sequence[float]) -> tuple[int, ...]:
    return tuple(map(int, rng.multinomial(rows, shares)))


def alarms(run: Callable[[np.random.Generator], bool]) -> int:
    """How many runs of an innocent system are found guilty at some look."""
    return sum(run(np.random.default_rng(seed)) for seed in range(RUNS))


def stream(rng: np.random.Generator, shares: Sequence[float]) -> list[tuple[int, ...]]:
    """Cumulative counts at each look."""
    fresh = rng.multinomial(100, shares, size=len(LOOKS))
    return [tuple(map(int, row)) for row in fresh.cumsum(axis=0)]


TENTHS = (0.1,) * 10
SKEWED = (0.6, 0.2, 0.1, 0.05, 0.03, 0.01, 0.006, 0.003, 0.001, 0.0)


@pytest.mark.parametrize("shares", [TENTHS, SKEWED], ids=["tenths", "skewed"])
def test_unchanged_traffic_is_hardly_ever_called_changed(shares: Sequence[float]) -> None:
    def run(rng: np.random.Generator) -> bool:
        reference = counts(rng, 5000, shares)
        return any(log_e_changed(live, reference) >= log(1 / ALPHA) for live in stream(rng, shares))

    assert alarms(run) < TOO_MANY


def test_traffic_within_the_tolerance_is_hardly_ever_called_beyond_it() -> None:
    shifted = tuple(0.1 + 0.018 * (-1) ** k for k in range(10))  # a PSI of about 0.033

    def run(rng: np.random.Generator) -> bool:
        reference = counts(rng, 20000, TENTHS)
        return any(log_e_beyond(live, reference, 0.05) >= log(1 / ALPHA) for live in stream(rng, shifted))

    assert alarms(run) < TOO_MANY


@pytest.mark.parametrize("shares", [TENTHS, SKEWED], ids=["tenths", "skewed"])
def test_both_bounds_of_psi_hold_at_every_look(shares: Sequence[float]) -> None:
    live_shares = np.roll(shares, 1)
    floor = np.maximum([live_shares.tolist(), list(shares)], 1e-4)
    true = float(((floor[0] - floor[1]) * np.log(floor[0] / floor[1])).sum())

    def run(rng: np.random.Generator) -> bool:
        reference = counts(rng, 1_000_000, shares)
        looks = stream(rng, live_shares.tolist())[::8]
        low = any(psi_lower_bound(live, reference, ALPHA / 2) > true * 1.01 for live in looks)
        return low or any(psi_upper_bound(live, reference, ALPHA / 2) < true * 0.99 for live in looks)

    assert sum(run(np.random.default_rng(seed)) for seed in range(100)) < 14


def ramp(rng: np.random.Generator, answers: Callable[[str, int], Sequence[float]]) -> list[list[Stratum]]:
    """A rollout at 5, 20 and 50 percent whose traffic drifts; the strata so far at each look."""
    seen: list[list[Stratum]] = []
    done: list[Stratum] = []
    row = 0
    for weight, looks in ((0.05, 20), (0.2, 20), (0.5, 20)):
        canary, stable = np.zeros(10, dtype=np.int64), np.zeros(10, dtype=np.int64)
        for _ in range(looks):
            to_canary = int(rng.binomial(100, weight))
            canary += rng.multinomial(to_canary, answers("canary", row))
            stable += rng.multinomial(100 - to_canary, answers("stable", row))
            row += 100
            now = Stratum(weight, tuple(map(int, canary)), tuple(map(int, stable)))
            seen.append([*done, now])
        done.append(seen[-1][-1])
    return seen


def drifting(_: str, row: int) -> Sequence[float]:
    """Shares of both arms that change from the first row to the last, and jump in the middle."""
    level = row / 6000 + (row > 3000)
    weights = np.exp(-level * np.arange(10) / 3)
    return list(weights / weights.sum())


def test_a_canary_like_stable_is_hardly_ever_called_different_though_traffic_drifts() -> None:
    def run(rng: np.random.Generator) -> bool:
        return any(log_e_differ(strata) >= log(1 / ALPHA) for strata in ramp(rng, drifting))

    assert alarms(run) < TOO_MANY


def test_pooled_arms_would_be_called_different() -> None:
    """Why strata are kept apart: summed over the steps, arms that are alike differ for sure."""

    def run(rng: np.random.Generator) -> bool:
        strata = ramp(rng, drifting)[-1]
        canary, stable = (
            tuple(map(sum, zip(*(getattr(one, arm) for one in strata), strict=True)))
            for arm in ("canary", "stable")
        )
        weight = sum(canary) / (sum(canary) + sum(stable))
        return log_e_differ([Stratum(weight, canary, stable)]) >= log(1 / ALPHA)

    assert sum(run(np.random.default_rng(seed)) for seed in range(20)) == 20


def test_a_broken_canary_is_found() -> None:
    def broken(arm: str, row: int) -> Sequence[float]:
        shares = drifting(arm, row)
        return shares[::-1] if arm == "canary" else shares

    strata = ramp(np.random.default_rng(1), broken)
    assert log_e_differ(strata[-1]) >= log(1 / 0.0001)


def errors(rng: np.random.Generator, canary: float, stable: float) -> list[list[Stratum]]:
    """A rollout at 20 percent with these shares of errors."""
    made = rng.binomial(20, canary, size=60).cumsum(), rng.binomial(80, stable, size=60).cumsum()
    return [
        [
            Stratum(
                0.2,
                (int(bad), 20 * look - int(bad)),
                (int(stable_bad), 80 * look - int(stable_bad)),
            )
        ]
        for look, (bad, stable_bad) in enumerate(zip(*made, strict=True), start=1)
    ]


def test_errors_within_the_margin_are_hardly_ever_called_worse() -> None:
    def run(rng: np.random.Generator) -> bool:
        margin = (0.11 / 0.89) / (0.1 / 0.9)
        return any(log_e_worse(one, margin) >= log(1 / ALPHA) for one in errors(rng, 0.11, 0.1))

    assert alarms(run) < TOO_MANY


def test_both_bounds_of_the_odds_ratio_hold_at_every_look() -> None:
    true = (0.15 / 0.85) / (0.1 / 0.9)

    def run(rng: np.random.Generator) -> bool:
        looks = errors(rng, 0.15, 0.1)[4::11]
        low = any(odds_ratio_lower_bound(one, ALPHA / 2) > true for one in looks)
        return low or any(odds_ratio_upper_bound(one, ALPHA / 2) < true for one in looks)

    assert sum(run(np.random.default_rng(seed)) for seed in range(100)) < 14


def test_the_interval_of_a_share_holds_at_every_look() -> None:
    def run(rng: np.random.Generator) -> bool:
        looks = enumerate(rng.binomial(50, 0.03, size=80).cumsum(), start=1)
        intervals = (share_interval(int(count), 50 * look, ALPHA) for look, count in looks)
        return any(not low <= 0.03 <= high for low, high in intervals)

    assert alarms(run) < TOO_MANY


def test_many_columns_are_one_decision() -> None:
    """The mean over 30 columns keeps the promise of one."""

    def run(rng: np.random.Generator) -> bool:
        references = [counts(rng, 5000, TENTHS) for _ in range(30)]
        streams = [stream(rng, TENTHS)[::10] for _ in range(30)]
        looks = zip(*streams, strict=True)
        evidence = (
            [log_e_changed(live, reference) for live, reference in zip(look, references, strict=True)]
            for look in looks
        )
        return any(log_mean_e(one) >= log(1 / ALPHA) for one in evidence)

    assert sum(run(np.random.default_rng(seed)) for seed in range(100)) < 14


NAMED = {
    "none": ({"a": 0.0, "b": 1.0}, ()),
    "one that is strong enough for two": ({"a": log(50), "b": 0.0}, ("a",)),
    "two that help each other": ({"a": log(21), "b": log(21), "c": -1.0}, ()),
    "three of three, strongest first": ({"a": log(21), "b": log(22), "c": log(25)}, ("c", "b", "a")),
}


@pytest.mark.parametrize(("evidence", "want"), NAMED.values(), ids=list(NAMED))
def test_the_columns_that_are_named(evidence: dict[str, float], want: tuple[str, ...]) -> None:
    assert e_bh(evidence, 0.05) == want
