"""`python -m tests.bench.judge`: run the shipped judge on recorded streams, and print what it found and missed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from threadpoolctl import threadpool_limits

from tests.bench.judge.datasets import make_car_loan, make_flights
from tests.bench.judge.experiments import QUICK, Sizes, make_experiments
from tests.bench.judge.given import read_streams
from tests.bench.judge.goals import check_goals, summary
from tests.bench.judge.pool import run_all
from tests.bench.judge.streams import Stream
from tests.bench.judge.tables import goals_table, make_tables
from tests.cluster.native.refusal import RefusedError

WIDTH = 160


def main() -> int:
    """Return 0, 1 when told to end, or 2 where nothing could be simulated; a goal that is missed is a finding."""
    chosen = parse_arguments(sys.argv[1:])
    begun = time.monotonic()
    try:
        streams = list_streams(chosen.streams)
    except RefusedError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    try:
        report(streams, QUICK if chosen.quick else Sizes(), chosen.processes, begun)
    except KeyboardInterrupt:
        return 1
    return 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line chose."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.judge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs, to see that it works")
    parser.add_argument(
        "--streams", type=Path, help="a folder of other streams; flights and car-loan by default"
    )
    parser.add_argument("--processes", type=int, default=2, help="2 by default")
    return parser.parse_args(arguments)


def list_streams(folder: Path | None) -> list[Stream]:
    """Return the streams of a folder, or the development data sets."""
    if folder is not None:
        return list(read_streams(folder))
    print("preparing flights and car-loan", file=sys.stderr)
    with threadpool_limits(1):  # threads that wait for each other on a busy machine take longer than one
        return [make_flights(), make_car_loan()]


def report(streams: list[Stream], sizes: Sizes, processes: int, begun: float) -> None:
    """Everything is simulated and printed; the last line says how many goals are met."""
    # The bar belongs to the person watching, the report may go to a file.
    results = run_all(make_experiments(streams, sizes), processes, Console(stderr=True))
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    goals = check_goals(results)
    for table in (*make_tables(results), goals_table(goals)):
        # A title above is wrapped to the width of its table.
        console.print(table.caption, style="bold", highlight=False)
        table.caption = None
        console.print(table, highlight=False)
    console.print(f"{time.monotonic() - begun:.0f} seconds on {processes} processes", highlight=False)
    console.print(summary(goals), highlight=False)


if __name__ == "__main__":
    sys.exit(main())
