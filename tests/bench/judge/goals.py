"""The goals of the design, and whether the results reach them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from tests.bench.judge import experiments, rollouts, synthetic, watching
from tests.bench.judge.pool import Results
from tests.bench.judge.ramp import SCHEDULES

# So many alarms of 1,000 at a true rate of 5 % are as good as impossible: 65.
BEYOND_CHANCE = 0.985
ROLLING_BACK = (rollouts.WHOLE, rollouts.STRICT, rollouts.SHARP, rollouts.WORSE)
DELAY_OF_COLUMNS = {0.5: 150, 0.2: 300, 0.1: 550, 0.05: 1200, 0.02: 2900}
WITHIN_HARMFUL, WITHIN_BROKEN = 300, 3100
PEEKED = "every 100"
ROW_MICROSECONDS, BATCHED_MICROSECONDS = 15, 2
PAGE_MILLISECONDS, PAGE_BYTES = 5, 50_000


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, what was found, and whether it is reached; None where these streams cannot show it."""

    name: str
    words: str
    found: str = "not shown here"
    met: bool | None = None


Check = Callable[[Results], Iterator[tuple[bool, str]]]


def check_goals(results: Results) -> list[Goal]:
    """Return every goal with what was found."""
    return [made(name, words, check, results) for name, words, check in CHECKS]


def made(name: str, words: str, check: Check, results: Results) -> Goal:
    """Return a goal; it is met when each of its parts is."""
    parts = list(check(results))
    if not parts:
        return Goal(name, words)
    return Goal(name, words, "; ".join(found for _, found in parts), all(met for met, _ in parts))


def allowed(runs: int, alpha: float) -> int:
    """Return how many alarms in so many runs are no sign that the true rate is above alpha."""
    return int(binom.ppf(BEYOND_CHANCE, runs, alpha))


def of(results: Results, what: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield the results of an experiment for each stream or case."""
    return ((case, found) for (kind, case), found in results.items() if kind == what)


def false_rollbacks(what: str) -> Check:
    """Return the check that no rule of ours raises more false alarms than it may, under any schedule."""

    def check(results: Results) -> Iterator[tuple[bool, str]]:
        for stream, found in of(results, what):
            counts = {
                (rule, schedule): sum(one[rule][schedule] > 0 for one in found)
                for rule in ROLLING_BACK
                if rule in found[0]
                for schedule in SCHEDULES
            }
            (rule, _), most = max(counts.items(), key=lambda item: item[1])
            limit = allowed(len(found), rollouts.ALPHA)
            yield most <= limit, f"{stream}: at most {most} of {len(found):,} ({rule}), allowed {limit}"

    return check


def quantile(delays: Sequence[int], share: float) -> float:
    """Return after how many rows a share of the runs have alarmed; infinite where fewer ever do."""
    ordered = np.sort([delay if delay else np.inf for delay in delays])
    return float(ordered[int(np.ceil(share * len(ordered))) - 1])


def delays_of(results: Results, psi: float, columns: int) -> list[int]:
    """Return the delays of T1 at a PSI."""
    return results.get((experiments.DELAY, f"{psi} {columns}"), [])


def one_column(results: Results) -> Iterator[tuple[bool, str]]:
    """Check T1's delay for one column."""
    for psi in synthetic.PSIS:
        if delays := delays_of(results, psi, 1):
            median = quantile(delays, 0.5) / synthetic.oracle_rows(psi)
            most = quantile(delays, 0.9) / synthetic.fixed_rows(psi)
            yield median <= 4 and most <= 2, f"PSI {psi}: {median:.1f}x, {most:.1f}x"


def many_columns(results: Results) -> Iterator[tuple[bool, str]]:
    """Check T1's delay when one of many columns drifts."""
    for psi, limit in DELAY_OF_COLUMNS.items():
        if delays := delays_of(results, psi, synthetic.COLUMNS):
            most = quantile(delays, 0.9)
            yield most <= limit, f"PSI {psi}: {most:,.0f} of {limit:,}"


def benign(results: Results) -> Iterator[tuple[bool, str]]:
    """Check that T2 does not see what does not matter."""
    for what in (experiments.SAME, experiments.BEFORE):
        for stream, found in of(results, what):
            alarms = sum(one[watching.T2_WARN] != 0 for one in found)
            yield alarms == 0, f"{stream}, {what}: {alarms} of {len(found)}"


def harmful(results: Results) -> Iterator[tuple[bool, str]]:
    """Check that T2 sees drift that matters at once."""
    for stream, found in of(results, experiments.AFTER):
        most = quantile([one[watching.T2_ACT] for one in found], 0.9)
        yield most <= WITHIN_HARMFUL, f"{stream}: {most:,.0f} rows"


def broken(results: Results) -> Iterator[tuple[bool, str]]:
    """Check that a canary with a broken column is found."""
    for stream, found in of(results, experiments.BROKEN):
        for words, rule in (("strict", rollouts.STRICT), ("sharp", rollouts.SHARP)):
            delays = [one[rule][PEEKED] for one in found]
            share, most = np.mean(np.array(delays) > 0), quantile(delays, 0.9)
            text = f"{stream}, {words}: {share:.0%} found, 90 % within {most:,.0f}"
            yield bool(share == 1 and most <= WITHIN_BROKEN), text


def added_up(results: Results) -> Iterator[tuple[bool, str]]:
    """Check that the counts of many pods are those of one."""
    for case, found in of(results, experiments.MERGED):
        wrong = sum(map(bool, found))
        yield wrong == 0, f"{case}: {wrong} of {len(found)} fleets with another count"


def cheap(results: Results) -> Iterator[tuple[bool, str]]:
    """Check what counting costs."""
    for _, [found] in of(results, experiments.COST):
        yield found.alone <= ROW_MICROSECONDS, f"{found.alone:.1f} us a row alone"
        yield found.batched <= BATCHED_MICROSECONDS, f"{found.batched:.2f} us of 64"
        yield found.page_milliseconds <= PAGE_MILLISECONDS, f"a page {found.page_milliseconds:.1f} ms"
        yield found.page_bytes <= PAGE_BYTES, f"{found.page_bytes / 1000:.0f} kB"


CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("G1", "false rollbacks of A/A canaries <= 5 %, any schedule", false_rollbacks(experiments.CANARY)),
    ("G2", "T1: median <= 4x oracle; 90 % <= 2x fixed sample", one_column),
    ("G3", "T1, 1 of 31 columns: 90 % within the rows", many_columns),
    ("G4", "T2 at 0.02, undrifted rows in random order: no alarm", benign),
    ("G5", "T2 at 0.05, harmful drift: 90 % within 300 rows", harmful),
    ("G6", "canary with 2 points more errors, T3 on scores: 90 % within 3,100", broken),
    ("G7", "false rollbacks while both arms drift <= 5 %", false_rollbacks(experiments.CHANGE)),
    ("G8", "counts of pods, restarted and removed, are those of one pod", added_up),
    ("G9", "30 columns: <= 15 us a row, <= 2 us of 64; a page <= 5 ms, <= 50 kB", cheap),
)


def summary(goals: Sequence[Goal]) -> str:
    """Return the last line."""
    met, missed, absent = (
        [goal.name for goal in goals if goal.met is state] for state in (True, False, None)
    )
    shown = len(met) + len(missed)
    return (
        f"{len(met)} of the {shown} goals shown here are met; not met: {', '.join(missed) or 'none'};"
        f" not shown here: {', '.join(absent) or 'none'}."
    )
