"""Everything that is simulated, as a table of experiments; each run has its seed and depends on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from leeway.core.judge import reference
from tests.bench.judge import fleet, service, synthetic, watching
from tests.bench.judge.ramp import fit_ramp
from tests.bench.judge.rollouts import First, judge, play
from tests.bench.judge.streams import Fault, Series, Stream

INPUTS_EVERY = 4  # of the canaries, those whose columns are judged, too
CANARY, CHANGE = "canary", "change"
BROKEN, BROKEN_LITTLE = "broken", "broken a little"
HARMFUL_ERRORS = 0.02  # more of all answers are wrong
DELAY, PODS, MERGED, COST = "delay", "pods", "merged", "cost"
SAME, SAME_ORDERED = "same time, random order", "same time, in order"
BEFORE = "before the drift, random order"
AFTER, AFTER_ORDERED = "after the drift, random order", "after the drift, in order"
AFTER_SMALL = "after a small drift, random order"
HARMFUL = 0.5  # PSI of one column
WATCH_ALPHA, MOST_ROWS = 0.05, 10_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How often each experiment runs."""

    canaries: int = 1000
    changes: int = 500
    broken: int = 200
    delays: int = 400
    columns: int = 200
    streams: int = 200
    ordered: int = 50
    pods: int = 100
    fleets: int = 100


QUICK = Sizes(
    canaries=60, changes=60, broken=30, delays=60, columns=20, streams=20, ordered=10, pods=20, fleets=10
)


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is run with each seed; its results are found again by what it is and which stream or case it was about."""

    what: str
    of: str
    runs: int
    run: Callable[[int], Any]


def make_experiments(streams: Sequence[Stream], sizes: Sizes) -> list[Experiment]:
    """Return all experiments that these streams allow."""
    about_streams = [one for stream in streams for one in of_stream(stream, sizes)]
    return [*about_streams, *of_delays(sizes), *of_pods(sizes), *of_counting(sizes)]


def of_stream(stream: Stream, sizes: Sizes) -> Iterator[Experiment]:
    """Yield what a stream allows."""
    yield Experiment(CANARY, stream.name, sizes.canaries, partial(run_canary, stream))
    for fault in stream.faults:
        what, of = (
            BROKEN if added_errors(stream, fault) >= HARMFUL_ERRORS else BROKEN_LITTLE,
            describe(stream, fault),
        )
        yield Experiment(what, of, sizes.broken, partial(run_broken, stream, fault))
    yield Experiment(SAME, stream.name, sizes.streams, partial(run_watch, stream, SAME))
    yield Experiment(SAME_ORDERED, stream.name, sizes.ordered, partial(run_watch, stream, SAME_ORDERED))
    if stream.drifts_at is None:
        return
    yield Experiment(CHANGE, stream.name, sizes.changes, partial(run_change, stream))
    yield Experiment(AFTER_ORDERED, stream.name, sizes.ordered, partial(run_watch, stream, AFTER_ORDERED))
    for what in (BEFORE, AFTER if is_harmful(stream) else AFTER_SMALL):
        yield Experiment(what, stream.name, sizes.streams, partial(run_watch, stream, what))


def added_errors(stream: Stream, fault: Fault) -> float:
    """Return how many more of the answers are wrong with a fault."""
    return 0.0 if stream.wrong is None else float(fault.wrong.mean() - stream.wrong.mean())


def describe(stream: Stream, fault: Fault) -> str:
    """Return whose fault it is, and what it does to the share of wrong answers."""
    before = fault.wrong.mean() - added_errors(stream, fault)
    return f"{stream.name}, {fault.name} (errors {before:.1%} -> {fault.wrong.mean():.1%})"


def is_harmful(stream: Stream) -> bool:
    """Return whether a column drifts as far as the goal asks for."""
    drifted = (
        reference.psi(
            np.bincount(one.traffic[stream.drifts_at :], minlength=one.bins).tolist(), one.reference
        )
        for one in stream.series
    )
    return max(drifted) >= HARMFUL


def of_delays(sizes: Sizes) -> Iterator[Experiment]:
    """Yield synthetic streams of each PSI, alone and among others."""
    for psi in synthetic.PSIS:
        for columns, runs in ((1, sizes.delays), (synthetic.COLUMNS, sizes.columns)):
            yield Experiment(DELAY, f"{psi} {columns}", runs, partial(synthetic.delay, psi, columns))


def of_pods(sizes: Sizes) -> Iterator[Experiment]:
    """Yield failed and slow requests."""
    for name, conditions in {**service.ERRORS, **service.LATENCIES}.items():
        yield Experiment(PODS, name, sizes.pods, partial(service.alarms, conditions))


def of_counting(sizes: Sizes) -> Iterator[Experiment]:
    """Yield what pods count, and what it costs."""
    case = f"{fleet.FEATURES} columns"
    yield Experiment(MERGED, case, sizes.fleets, fleet.difference)
    yield Experiment(COST, case, 1, fleet.cost)


def run_canary(stream: Stream, seed: int) -> First:
    """Return the alarms of a canary that is stable's twin, anywhere in the traffic."""
    rng = np.random.default_rng([seed, 1])
    first = int(rng.integers(last_start(stream) + 1))
    return judge(stream, play(stream, rng, first), inputs=seed % INPUTS_EVERY == 0)


def run_change(stream: Stream, seed: int) -> First:
    """Return the alarms of a canary that is stable's twin, while both arms' traffic begins to drift."""
    assert stream.drifts_at is not None
    rng = np.random.default_rng([seed, 2])
    rows = sum(step.rows for step in fit_ramp(stream.rows))
    before = int(rng.uniform(0.1, 0.9) * rows)
    first = min(max(stream.drifts_at - before, 0), last_start(stream))
    return judge(stream, play(stream, rng, first))


def run_broken(stream: Stream, fault: Fault, seed: int) -> First:
    """Return the alarms of a canary whose column is broken."""
    rng = np.random.default_rng([seed, 3])
    first = int(rng.integers(last_start(stream) + 1))
    return judge(stream, play(stream, rng, first, fault))


def last_start(stream: Stream) -> int:
    """Return the last row of the traffic that a whole rollout can start from."""
    return stream.rows - sum(step.rows for step in fit_ramp(stream.rows))


def run_watch(stream: Stream, what: str, seed: int) -> dict[str, int]:
    """Return when the rules find that rows are not like the reference."""
    rng = np.random.default_rng([seed, 4])
    drifts_at = stream.drifts_at or 0
    low, high = {
        SAME: (0, len(stream.score.same_time)),
        SAME_ORDERED: (0, len(stream.score.same_time)),
        BEFORE: (0, drifts_at),
        AFTER: (drifts_at, stream.rows),
        AFTER_SMALL: (drifts_at, stream.rows),
        AFTER_ORDERED: (drifts_at, stream.rows),
    }[what]
    rows = min(MOST_ROWS, high - low)
    start = low if what == AFTER_ORDERED else low + int(rng.integers(high - low - rows + 1))
    places = (
        np.arange(start, start + rows)
        if what in (SAME_ORDERED, AFTER_ORDERED)
        else low + rng.permutation(high - low)[:rows]
    )

    def live(series: Series) -> Any:
        return (series.same_time if what in (SAME, SAME_ORDERED) else series.traffic)[places]

    return watching.watch(stream.series, live, WATCH_ALPHA)
