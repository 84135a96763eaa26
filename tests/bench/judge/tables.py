"""The results as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tests.bench.judge import experiments, goals, rollouts, service, synthetic, watching
from tests.bench.judge.goals import Goal, quantile
from tests.bench.judge.pool import Results
from tests.bench.judge.ramp import SCHEDULES

OURS = (rollouts.WHOLE, rollouts.STRICT, rollouts.SHARP, rollouts.WORSE, rollouts.INPUTS)
NAIVE = (rollouts.PSI, rollouts.KS, rollouts.BH, rollouts.Z)
SPARSE = {rollouts.INPUTS: ("every 100", "every 1,000")}
RAMP = "5 / 20 / 50 % for 2,000 / 3,000 / 5,000 requests in order of time"
TITLES = {
    experiments.CANARY: "A canary that is stable's twin: share of rollouts with a false alarm",
    experiments.CHANGE: "The same while both arms' traffic begins to drift: share with a false alarm",
}


def make_tables(results: Results) -> Iterator[Table]:
    """Yield every table for which there are results."""
    for what, title in TITLES.items():
        for stream, found in goals.of(results, what):
            yield alarm_table(f"{stream}. {title}\n{RAMP}, {len(found):,} rollouts", found)
    for what in (experiments.BROKEN, experiments.BROKEN_LITTLE):
        for fault, found in goals.of(results, what):
            yield delay_table(f"{fault}, in the canary only, {len(found)} rollouts", found)
    yield from watch_tables(results)
    yield synthetic_table(results)
    yield pods_table("Failed requests", service.ERRORS, results)
    yield pods_table("Slow requests", service.LATENCIES, results)


def alarm_table(title: str, found: Sequence[Any]) -> Table:
    """Return shares of false alarms by rule and schedule."""
    table = make_table(title, "alpha 5 %; somebody looks", *SCHEDULES)
    for section in (OURS, NAIVE):
        for rule in section:
            judged = [one[rule] for one in found if rule in one]
            if judged:
                seen = SPARSE.get(rule, SCHEDULES)
                table.add_row(
                    rule,
                    *(share([one[name] for one in judged]) if name in seen else "-" for name in SCHEDULES),
                )
        table.add_section()
    return table


def delay_table(title: str, found: Sequence[Any]) -> Table:
    """Return when a fault was found; the naive rules alarm without a fault, too."""
    table = make_table(title, "alpha 5 %; looks every 100 requests", "found", "median", "90 %")
    for section in (OURS, NAIVE):
        for rule in (rule for rule in section if rule in found[0]):
            table.add_row(rule, *delay_cells([one[rule][goals.PEEKED] for one in found]))
        table.add_section()
    return table


def watch_tables(results: Results) -> Iterator[Table]:
    """Yield what rows against their own reference gave."""
    kinds = (
        experiments.SAME, experiments.BEFORE, experiments.AFTER, experiments.AFTER_SMALL, experiments.SAME_ORDERED,
        experiments.AFTER_ORDERED,
    )  # fmt: skip
    for what in kinds:
        for stream, found in goals.of(results, what):
            title = f"{stream}, {what}: against the reference, up to {experiments.MOST_ROWS:,} rows, {len(found)} runs"
            table = make_table(title, "alpha 5 %", "alarms", "median", "90 %")
            for section in (watching.OURS, watching.NAIVE):
                for rule in section:
                    table.add_row(rule, *delay_cells([one[rule] for one in found]))
                table.add_section()
            yield table


def synthetic_table(results: Results) -> Table:
    """Return the delays of T1."""
    title = "Rows until T1 finds a drift, alpha 1 %: synthetic, 10 bins, reference of 20,000 rows"
    table = make_table(
        title, "PSI", "oracle", "fixed sample", "one column: median", "90 %", "one of 31: median", "90 %"
    )
    for psi in synthetic.PSIS:
        cells = [
            rows(quantile(delays, part))
            for columns in (1, synthetic.COLUMNS)
            for part in (0.5, 0.9)
            if (delays := goals.delays_of(results, psi, columns))
        ]
        table.add_row(str(psi), rows(synthetic.oracle_rows(psi)), rows(synthetic.fixed_rows(psi)), *cells)
    return table


def pods_table(title: str, conditions: Mapping[str, service.Conditions], results: Results) -> Table:
    """Return alarms and delays for failed or slow requests."""
    seconds = service.ROUND_SECONDS
    table = make_table(
        f"{title}: 20 pods, 20 requests a second, 1 / 4 / 10 of the pods the canary for 10 minutes each\n"
        "as shipped, with the worst 30 s of one pod of the canary left out, and with every request counted",
        "alpha 5 %, looks every 5 s",
        *(
            f"{rule}: {column}"
            for rule in (service.FORGIVING, service.COUNTING)
            for column in ("alarms", "median s")
        ),
    )
    for name in conditions:
        found = results.get((experiments.PODS, name), [])
        cells = [
            cell
            for rule in (service.FORGIVING, service.COUNTING)
            if found
            for cell in delay_cells([one[rule] * seconds for one in found])[:2]
        ]
        table.add_row(name, *cells)
    return table


def goals_table(found: Sequence[Goal]) -> Table:
    """Return the goals and what was found."""
    table = make_table("Goals", "", "goal", "found", "met", left=3)
    words = {True: "yes", False: "NO", None: "-"}
    for goal in found:
        table.add_row(goal.name, goal.words, goal.found.replace("; ", "\n"), words[goal.met])
    return table


def make_table(title: str, first: str, *others: str, left: int = 1) -> Table:
    """Return an empty table; all but the first columns hold numbers."""
    table = Table(caption=title, box=SIMPLE_HEAD)
    for place, name in enumerate((first, *others)):
        table.add_column(name, justify="left" if place < left else "right")
    return table


def share(firsts: Sequence[int]) -> str:
    """Return in which share of the runs there was an alarm."""
    return f"{100 * sum(first > 0 for first in firsts) / len(firsts):.1f} %"


def delay_cells(firsts: Sequence[int]) -> tuple[str, str, str]:
    """Return the share of alarms, and after how many rows half and 90 % of the runs had theirs."""
    return share(firsts), rows(quantile(firsts, 0.5)), rows(quantile(firsts, 0.9))


def rows(number: float) -> str:
    """Return a number of rows, or a dash where there never are enough."""
    return "-" if number == float("inf") else f"{number:,.0f}"
