"""Running experiments on some processes, with a bar that shows how far they are."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.bench.judge.experiments import Experiment

CHUNK = 10  # runs that a process gets at once, so that a stream is rarely sent and the bar often moves

Results = dict[tuple[str, str], list[Any]]


def run_all(experiments: Sequence[Experiment], processes: int, console: Console) -> Results:
    """Return the results of every experiment, in the order of their seeds."""
    found: dict[tuple[str, str], dict[int, list[Any]]] = {(one.what, one.of): {} for one in experiments}
    with open_pool(processes) as executor, make_bar(console) as bar:
        task = bar.add_task("", total=sum(one.runs for one in experiments))
        chunks: dict[Future[list[Any]], tuple[Experiment, range]] = {
            executor.submit(run_chunk, experiment, seeds): (experiment, seeds)
            for experiment in experiments
            for seeds in split(experiment.runs)
        }
        for done in as_completed(chunks):
            experiment, seeds = chunks[done]
            found[experiment.what, experiment.of][seeds.start] = done.result()
            bar.update(task, advance=len(seeds), description=f"{experiment.what}: {experiment.of}"[:50])
    return {key: [one for start in sorted(parts) for one in parts[start]] for key, parts in found.items()}


@contextmanager
def open_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Yield the processes; when something goes wrong, or somebody has had enough, nothing more is begun."""
    executor = ProcessPoolExecutor(processes, initializer=leave_interrupts)
    try:
        yield executor
    except BaseException:
        # What is under way would take minutes; and a process that was just being started may never answer.
        for worker in active_children():
            worker.kill()
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def leave_interrupts() -> None:
    """Let the program that started this process answer Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_chunk(experiment: Experiment, seeds: Sequence[int]) -> list[Any]:
    """Return the results of some seeds."""
    return [experiment.run(seed) for seed in seeds]


def split(runs: int) -> Iterator[range]:
    """Yield the seeds in chunks."""
    return (range(start, min(start + CHUNK, runs)) for start in range(0, runs, CHUNK))


def make_bar(console: Console) -> Progress:
    """Return a progress bar that vanishes when it is done."""
    columns = (TextColumn("{task.description:50}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
