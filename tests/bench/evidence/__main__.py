"""`python -m tests.bench.evidence`: what a scrape round of many held canaries costs. It asserts nothing."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from leeway.api.kinds import Key
from leeway.shell.evidence.collector import Clock, Collector
from leeway.shell.evidence.scrape import make_scrape_session
from tests.bench.evidence.world import make_collector
from tests.bench.operator.subject import read_memory

TICK_SECONDS = 0.01


@dataclass
class Figures:
    """What was measured."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)
    stretches: list[float] = field(default_factory=list)
    published: int = 0
    first_judged: int = 0  # the round in which the last pair was judged first


def main() -> int:
    """Return 0 after the figures are printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.evidence", description=__doc__)
    parser.add_argument("--pairs", type=int, default=300, help="held canaries; 300 by default")
    parser.add_argument("--rounds", type=int, default=36, help="rounds that are measured; 36 by default")
    parser.add_argument(
        "--interval", type=float, default=5.0, help="seconds from round to round; 5 by default"
    )
    chosen = parser.parse_args()
    figures = asyncio.run(measure(chosen.pairs, chosen.rounds, chosen.interval))
    print(make_report(figures, chosen.pairs, chosen.rounds, chosen.interval))
    return 0


async def measure(pairs: int, rounds: int, interval: float) -> Figures:
    """Return the figures of so many rounds, after one in which everything is found for the first time."""
    figures = Figures()

    def publish(key: Key) -> None:
        figures.published += 1

    clock = Clock(time.monotonic, time.time, random.random)
    async with pods_serving() as port, make_scrape_session() as session:
        collector = make_collector(pairs, port, interval, publish, clock)
        await collector.run_round(session)
        figures.published = 0
        watching = asyncio.create_task(watch_stalls(figures))
        for number in range(1, rounds + 1):
            started, cpu = time.monotonic(), time.process_time()
            await collector.run_round(session)
            figures.seconds.append(time.monotonic() - started)
            figures.cpu.append(time.process_time() - cpu)
            if not figures.first_judged and are_judged(collector):
                figures.first_judged = number
            await asyncio.sleep(max(0.0, interval - figures.seconds[-1]))
        watching.cancel()
    return figures


def are_judged(collector: Collector) -> bool:
    """Whether every pair has verdicts."""
    return all(reading.verdicts for reading in collector.readings())


async def watch_stalls(figures: Figures) -> None:
    """Note how much later than asked the event loop comes back, and the CPU time that it used itself meanwhile."""
    while True:
        asked, used = time.monotonic(), time.thread_time()
        await asyncio.sleep(TICK_SECONDS)
        figures.stalls.append(time.monotonic() - asked - TICK_SECONDS)
        figures.stretches.append(time.thread_time() - used)


@asynccontextmanager
async def pods_serving() -> AsyncIterator[int]:
    """The port of the pods, which are a process of their own; afterwards it has ended."""
    pods = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.evidence.pods", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert pods.stdout is not None
        yield int(await pods.stdout.readline())
    finally:
        pods.terminate()
        await pods.wait()


def make_report(figures: Figures, pairs: int, rounds: int, interval: float) -> str:
    """Return the figures as lines."""
    minutes = rounds * interval / 60
    lines = {
        f"{pairs} pairs of arms, {2 * pairs} pods, rounds": f"{rounds}",
        "seconds of a round, median and longest": spread(figures.seconds),
        "CPU seconds of a round, median and most": spread(figures.cpu),
        "stalls of the event loop, 99 % and longest, ms": highest(figures.stalls),
        "of these its own CPU time, ms": highest(figures.stretches),
        "rounds until every pair was judged": str(figures.first_judged or f"more than {rounds}"),
        "status writes a minute": f"{figures.published / minutes:.0f}",
        "resident memory, MiB": f"{read_memory(os.getpid()):.0f}",
    }
    return "\n".join(f"{what:50} {value:>12}" for what, value in lines.items())


def highest(seconds: list[float]) -> str:
    """Return the 99th percentile and the maximum in milliseconds."""
    in_order = sorted(seconds)
    return f"{1000 * in_order[int(0.99 * len(in_order))]:.0f} {1000 * in_order[-1]:.0f}"


def spread(values: list[float]) -> str:
    """Return median and maximum."""
    return f"{statistics.median(values):.2f} {max(values):.2f}"


if __name__ == "__main__":
    sys.exit(main())
