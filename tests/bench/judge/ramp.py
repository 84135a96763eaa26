"""A rollout by steps: which arm each request goes to, when somebody looks, and what has been counted by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from leeway.core.judge.arms import Stratum

Rows = NDArray[np.int64]
Counted = NDArray[np.int64]
STABLE, CANARY = 0, 1
RANDOM_LOOKS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A weight of the canary, and for how many requests of both arms it stands still."""

    weight: float
    rows: int


RAMP = (Step(0.05, 2000), Step(0.2, 3000), Step(0.5, 5000))
ROWS = sum(step.rows for step in RAMP)
EVERY = (10, 100, 1000)
SCHEDULES = (*(f"every {rows:,}" for rows in EVERY), "random")


def fit_ramp(rows: int) -> tuple[Step, ...]:
    """Return the ramp, shortened to so many rows where there are no more."""
    share = min(1.0, rows / ROWS)
    return tuple(Step(step.weight, int(step.rows * share)) for step in RAMP)


def assign_arms(rng: np.random.Generator, steps: Sequence[Step]) -> Rows:
    """Return the arm of each request, drawn by itself with the weight of its step."""
    weights = np.repeat([step.weight for step in steps], [step.rows for step in steps])
    return (rng.random(len(weights)) < weights).astype(np.int64)


def ends_of(steps: Sequence[Step]) -> list[int]:
    """Return after how many requests each step ends."""
    return list(accumulate(step.rows for step in steps))


@dataclass(frozen=True, slots=True)
class Looks:
    """After how many requests somebody looks, in rising order; by schedule, at which of these."""

    rows: Rows
    schedules: dict[str, NDArray[np.bool_]]


def make_looks(rng: np.random.Generator, steps: Sequence[Step]) -> Looks:
    """Return the looks of all schedules together; the ends of the steps are among them."""
    total = ends_of(steps)[-1]
    random = rng.choice(total, size=min(RANDOM_LOOKS, total), replace=False) + 1
    rows = np.unique(np.r_[np.arange(EVERY[0], total + 1, EVERY[0]), random, ends_of(steps)])
    regular = {f"every {every:,}": rows % every == 0 for every in EVERY}
    return Looks(rows, {**regular, "random": np.isin(rows, random)})


def count_arms(arms: Rows, bins: NDArray[np.integer], size: int, looks: Rows, delay: int = 0) -> Counted:
    """Return counts of shape (looks, 2, size): the rows that each arm has answered in each bin by each look.

    With a delay, a row is counted only so many requests later, as the label of its answer is.
    """
    counts = np.zeros((len(looks) + 1, 2, size), dtype=np.int64)
    seen_at = np.searchsorted(looks, np.arange(1, len(arms) + 1) + delay)
    np.add.at(counts, (seen_at, arms, bins), 1)
    return counts[:-1].cumsum(axis=0)  # the last are the rows that nobody sees any more


def strata_of(counts: Counted, looks: Looks, steps: Sequence[Step]) -> list[tuple[Stratum, ...]]:
    """Return, for each look, the strata of the steps that have begun; the last one is that of the running step."""
    found: list[tuple[Stratum, ...]] = []
    done: tuple[Stratum, ...] = ()
    start, before = 0, np.zeros_like(counts[0])
    for step, end in zip(steps, np.searchsorted(looks.rows, ends_of(steps)) + 1, strict=True):
        running = [
            Stratum(step.weight, tuple(table[CANARY]), tuple(table[STABLE]))
            for table in (counts[start:end] - before).tolist()
        ]
        found += [(*done, stratum) for stratum in running]
        start, before, done = end, counts[end - 1], (*done, running[-1])
    return found
