"""Many rollouts on several processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from random import Random
from threading import Thread

from leeway.cli.play.rollout import Course, Ending, Judge, Scenario, play
from leeway.cli.read.policy import Policy

_CHUNK = 5  # rollouts that a process gets at once: few, so that the bar moves


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is simulated: the same number of rollouts of each scenario."""

    judge: Judge
    policy: Policy
    course: Course
    scenarios: tuple[Scenario, ...]
    rollouts: int
    seed: int

    def run(self, scenario: Scenario, numbers: Sequence[int]) -> list[Ending]:
        """Return how some rollouts end; each has random numbers of its own, whichever process it is in."""
        return [
            play(
                self.judge,
                self.policy,
                self.course,
                scenario,
                Random(f"{self.seed}/{scenario.name}/{number}"),  # noqa: S311  no secret
            )
            for number in numbers
        ]


Advance = Callable[[int], None]
Endings = dict[str, list[Ending]]  # by the scenario's name


def run_all(simulation: Simulation, processes: int, advance: Advance) -> Endings:
    """Return how the rollouts of each scenario end, in order; `advance` is told how many more are done."""
    chunks = [
        (scenario, numbers) for scenario in simulation.scenarios for numbers in _split(simulation.rollouts)
    ]
    found: dict[tuple[str, int], list[Ending]] = {}
    if processes == 1:
        for scenario, numbers in chunks:
            found[scenario.name, numbers.start] = simulation.run(scenario, numbers)
            advance(len(numbers))
        return _joined(simulation, found)
    with _open_pool(min(processes, len(chunks))) as executor:
        running: dict[Future[list[Ending]], tuple[Scenario, range]] = {
            executor.submit(simulation.run, scenario, numbers): (scenario, numbers)
            for scenario, numbers in chunks
        }
        for done in as_completed(running):
            scenario, numbers = running[done]
            found[scenario.name, numbers.start] = done.result()
            advance(len(numbers))
    return _joined(simulation, found)


def _joined(simulation: Simulation, found: dict[tuple[str, int], list[Ending]]) -> Endings:
    starts = [numbers.start for numbers in _split(simulation.rollouts)]
    return {
        scenario.name: [one for start in starts for one in found[scenario.name, start]]
        for scenario in simulation.scenarios
    }


def _split(rollouts: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, rollouts)) for start in range(0, rollouts, _CHUNK))


@contextmanager
def _open_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Yield the processes; when something goes wrong, or somebody has had enough, nothing more is begun."""
    # Spawned: the progress bar has a thread, and a fork would copy the locks it may hold.
    executor = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin)
    try:
        yield executor
    except BaseException:
        # What is under way would take seconds; and a process that was just being started may never answer.
        for worker in active_children():
            worker.kill()
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def _begin() -> None:
    """Let the program that started this process answer Ctrl-C, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
