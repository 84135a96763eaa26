"""Who is answered next: worker threads, and the two lanes of requests that wait for them.

Work comes in steps, and between two steps its place is at the end of its lane, so that a large batch never holds
up a small request for longer than a step. One more thread than large batches may use is kept for short work.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import perf_counter
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_WAITING = 1000  # in each lane
MAX_WAITING_SECONDS = 5.0


class Crowded(Exception):  # noqa: N818  says what is wrong
    """More work waits than can be done in time; the message says how much."""


class Unwanted(Exception):  # noqa: N818  nobody is left to be told
    """Whoever asked went away before there was an answer."""


@dataclass(eq=False)
class Work(Generic[T]):
    """Something to do in steps; `finish` is called in a worker thread with its result, or with why there is none.

    `is_wanted` is asked before each step and after the last. Times are those of `perf_counter`: `queued` is when the
    work took its place in its lane, `started` when its first step began.
    """

    steps: Generator[None, None, T]
    is_short: bool
    is_wanted: Callable[[], bool]
    finish: Callable[[T | Exception], None]
    queued: float = field(default_factory=perf_counter)
    started: float | None = None


class Lanes(Generic[T]):
    """Does work in `threads` threads, and in one more while all of them are busy with work that is not short."""

    def __init__(self, threads: int, max_seconds: float = MAX_WAITING_SECONDS) -> None:
        self.size = threads
        self.max_seconds = max_seconds
        self.short: deque[Work[T]] = deque()
        self.long: deque[Work[T]] = deque()
        self.busy_short = 0
        self.busy_long = 0
        self.is_open = True
        self.lock = Lock()
        self.threads: list[Thread] = []
        self.idle: list[
            Lock
        ] = []  # what threads without work wait for, the last of them the one that worked last

    def put(self, work: Work[T]) -> None:
        """Let the work wait for its turn, or raise `Crowded`."""
        lane = self.lane_of(work)
        with self.lock:
            if len(lane) >= MAX_WAITING:
                raise Crowded(f"{MAX_WAITING} requests are waiting")
            if lane and work.queued - lane[0].queued > self.max_seconds:
                raise self.too_slow()
            if not self.threads:
                self.start()
            lane.append(work)
            self.wake()

    @property
    def waiting(self) -> int:
        """Return how much work waits for a thread."""
        return len(self.short) + len(self.long)

    def close(self) -> None:
        """Do no further work, and wait for the steps under way."""
        with self.lock:
            self.is_open = False
            for wakeup in self.idle:
                wakeup.release()
            self.idle.clear()
        for thread in self.threads:
            thread.join()

    def start(self) -> None:
        """Start the threads; daemons, so that a long step never holds the exit of the process."""
        self.threads = [
            Thread(target=self.run, name=f"predict-{number}", daemon=True) for number in range(self.size + 1)
        ]
        for thread in self.threads:
            thread.start()

    def run(self) -> None:
        """Do one step after the other until the lanes are closed."""
        wakeup = Lock()
        wakeup.acquire()
        while work := self.take(wakeup):
            outcome = self.advance(work)
            with self.lock:
                self.leave(work)
                if outcome is None:
                    work.queued = perf_counter()
                    self.lane_of(work).append(work)
            if outcome is not None:
                work.finish(outcome)

    def take(self, wakeup: Lock) -> Work[T] | None:
        """Wait for work whose turn it is; None once the lanes are closed."""
        while True:
            with self.lock:
                if not self.is_open:
                    return None
                if lane := self.next_lane():
                    work = lane.popleft()
                    self.enter(work)
                    self.wake()
                    return work
                self.idle.append(wakeup)
            wakeup.acquire()

    def wake(self) -> None:
        """Wake one more thread when there is something that it may do now; it wakes the next one."""
        # The one that worked last: what it works with is still in the caches of its CPU.
        if self.idle and self.next_lane():
            self.idle.pop().release()

    def next_lane(self) -> deque[Work[T]] | None:
        """Return the lane whose first work is to be done now, if any."""
        if self.busy_short + self.busy_long < self.size:
            lanes = [lane for lane in (self.short, self.long) if lane]
            return min(lanes, key=lambda lane: lane[0].queued, default=None)
        return self.short if self.short and not self.busy_short else None

    def advance(self, work: Work[T]) -> T | Exception | None:
        """Do the next step, and return the result after the last or why there is none; None when there are more."""
        if not work.is_wanted():
            return Unwanted()
        if work.started is None:
            work.started = perf_counter()
            if work.started - work.queued > self.max_seconds:
                return self.too_slow()
        try:
            next(work.steps)
        except StopIteration as end:
            result: T = end.value
            return result if work.is_wanted() else Unwanted()
        except Exception as error:
            return error
        return None

    def lane_of(self, work: Work[T]) -> deque[Work[T]]:
        """Return where the work waits."""
        return self.short if work.is_short else self.long

    def enter(self, work: Work[T]) -> None:
        """Note that a thread is busy with the work."""
        if work.is_short:
            self.busy_short += 1
        else:
            self.busy_long += 1

    def leave(self, work: Work[T]) -> None:
        """Note that the thread is free again."""
        if work.is_short:
            self.busy_short -= 1
        else:
            self.busy_long -= 1

    def too_slow(self) -> Crowded:
        """Return the refusal of work that would wait, or has waited, for too long."""
        return Crowded(f"requests wait for more than {self.max_seconds:g} seconds")
