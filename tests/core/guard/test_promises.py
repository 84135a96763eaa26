"""What the guard promises, on seeded streams: no more false alarms in a week than alpha, and drift is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from leeway.api.gates import Shown
from leeway.core.guard.watched import Watched
from leeway.core.guard.window import Watch, add_round, begin_watch
from tests.core.gates.arms import ONE_SIDE, STABLE, Counts
from tests.core.guard.windows import HOUR, round_of, verdicts, watched

WEEKS = 100
# A window of 14 h and a look at each part: 288 looks a week, each of them a window that begins anew.
LONG, LOOKS, ROWS_OF_LOOK = 14 * HOUR, 288, 20
ALPHA = 0.05
EVEN = (0.1,) * 10


def week_of_requests(seed: int, failing: float) -> Iterator[Watched]:
    """A week of requests of which some fail, as many as a canary's did, looked at as it goes on."""
    rng = np.random.default_rng(seed)
    shown = Shown(requests=2000, failed=int(rng.binomial(2000, failing)))
    codes: dict[str, int] = {"200": 0, "500": 0}
    for look, watch in _looks(iter(lambda: _more(codes, rng, failing), None)):
        if look % 12 == 0:
            yield watched(watch, seconds=LONG, profile=None, shown=shown)


def _more(codes: dict[str, int], rng: np.random.Generator, failing: float) -> Counts:
    failed = int(rng.binomial(ROWS_OF_LOOK, failing))
    codes["500"] += failed
    codes["200"] += ROWS_OF_LOOK - failed
    return Counts(codes=dict(codes), latency=(0, 0, 0))


def _looks(stream: Iterator[Counts]) -> Iterator[tuple[int, Watch]]:
    first = round_of(next(stream).counted(STABLE).totals)
    watch = begin_watch(STABLE, first, 0.0)
    assert watch is not None
    for look in range(LOOKS):
        counters = next(stream).counted(STABLE).totals
        watch, _ = add_round(watch, round_of(counters), (look + 1) * LONG / 24, LONG)
        yield look, watch


def test_a_version_that_fails_as_it_did_fails_no_guard() -> None:
    alarms = sum(
        any(
            verdicts(look, rate=str(ALPHA))["ErrorRate"].state == "Fail"
            for look in week_of_requests(seed, 0.1)
        )
        for seed in range(WEEKS)
    )
    assert alarms <= ALPHA * WEEKS


def test_a_version_that_fails_twice_as_often_is_found() -> None:
    found = [
        any(
            verdicts(_worse(look), rate=str(ALPHA))["ErrorRate"].state == "Fail"
            for look in week_of_requests(seed, 0.3)
        )
        for seed in range(10)
    ]
    assert all(found)


def _worse(look: Watched) -> Watched:
    return watched(look.watch, seconds=LONG, profile=None, shown=Shown(requests=2000, failed=200))


def rows(seed: int, count: int, drifts_at: int | None) -> np.ndarray:
    """The bins of so many rows, one after the other."""
    rng = np.random.default_rng(seed)
    until = count if drifts_at is None else drifts_at
    before, after = rng.choice(10, until, p=EVEN), rng.choice(10, count - until, p=ONE_SIDE)
    return np.concatenate([before, after])


def alarms(bins: np.ndarray, rows_of_window: int, seconds: int = HOUR, every: int = 1) -> list[int]:
    """At which row DataDrift fails, looked at every so many parts of the window."""
    step, found = rows_of_window // 24, []
    counts = np.zeros(10, dtype=int)
    watch = begin_watch(STABLE, round_of(_totals(counts)), 0.0)
    assert watch is not None
    watch, _ = add_round(watch, round_of(_totals(counts)), 0.0, seconds)
    for look, end in enumerate(range(step, len(bins) + 1, step), start=1):
        counts = counts + np.bincount(bins[end - step : end], minlength=10)
        watch, _ = add_round(watch, round_of(_totals(counts)), end / rows_of_window * seconds, seconds)
        if look % every == 0 and verdicts(watched(watch, seconds=seconds))["DataDrift"].state == "Fail":
            found.append(end)
    return found


def _totals(counts: Sequence[int] | np.ndarray) -> dict[str, int]:
    tenths = [int(count) for count in counts]
    return dict(Counts(columns={"income": tenths}, scores=tenths).counted(STABLE).totals)


@pytest.mark.parametrize("seed", range(5))
def test_drift_at_row_25_000_is_found_and_not_before(seed: int) -> None:
    first = alarms(rows(seed, 40_000, 25_000), 4800)[0]
    assert 25_000 < first <= 25_000 + 4800


def test_an_unchanged_stream_is_no_drift() -> None:
    weeks = (rows(seed, LOOKS * ROWS_OF_LOOK, None) for seed in range(WEEKS))
    alarmed = sum(bool(alarms(week, 24 * ROWS_OF_LOOK, LONG, every=24)) for week in weeks)
    assert alarmed <= 0.01 * WEEKS
