"""Who is answered next, without a socket and without a model."""

from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from threading import Event
from time import perf_counter

import pytest

from model_server.http.lanes import MAX_WAITING, Crowded, Lanes, Unwanted, Work

Outcomes = SimpleQueue[str | Exception]


@pytest.fixture
def lanes() -> Iterator[Lanes[str]]:
    """Lanes with one thread, and one more for short work."""
    opened: Lanes[str] = Lanes(1)
    yield opened
    opened.close()


def steps(name: str, *each: Callable[[], object]) -> Generator[None, None, str]:
    """Do one after the other, with a stop between two of them."""
    for number, do in enumerate(each):
        if number:
            yield
        do()
    return name


def put(
    lanes: Lanes[str],
    name: str,
    *each: Callable[[], object],
    is_short: bool = False,
    is_wanted: Callable[[], bool] = lambda: True,
    queued: float | None = None,
) -> Outcomes:
    """Let this work wait, and return where its outcome will be."""
    outcomes: Outcomes = SimpleQueue()
    at = perf_counter() if queued is None else queued
    lanes.put(Work(steps(name, *each), is_short, is_wanted, outcomes.put, at))
    return outcomes


def block(lanes: Lanes[str]) -> Event:
    """Keep the thread busy until the event is set."""
    started, allowed = Event(), Event()

    def hold() -> None:  # in one step: between two, other work would have its turn
        started.set()
        allowed.wait(60)

    put(lanes, "blocker", hold)
    assert started.wait(60)
    return allowed


def test_short_work_does_not_wait_for_the_end_of_a_batch(lanes: Lanes[str]) -> None:
    answered = Event()
    batch = put(lanes, "batch", lambda: None, lambda: answered.wait(60))
    assert put(lanes, "row", is_short=True).get(timeout=60) == "row"
    answered.set()
    assert batch.get(timeout=60) == "batch"


def test_batches_take_turns_step_by_step(lanes: Lanes[str]) -> None:
    allowed = block(lanes)
    order: list[str] = []
    outcomes = [put(lanes, name, *[lambda name=name: order.append(name)] * 3) for name in ("a", "b")]
    allowed.set()
    assert [outcome.get(timeout=60) for outcome in outcomes] == ["a", "b"]
    assert order == ["a", "b"] * 3


def test_what_nobody_waits_for_is_not_begun(lanes: Lanes[str]) -> None:
    allowed = block(lanes)
    order: list[str] = []
    left = put(lanes, "left", lambda: order.append("left"), is_wanted=lambda: False)
    stays = put(lanes, "stays", lambda: order.append("stays"))
    allowed.set()
    assert isinstance(left.get(timeout=60), Unwanted)
    assert (stays.get(timeout=60), order) == ("stays", ["stays"])


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_batch_ends_at_the_step_after_its_client_left(lanes: Lanes[str], last: int) -> None:
    done: list[int] = []
    each = [lambda number=number: done.append(number) for number in (1, 2, 3)]
    left = put(lanes, "left", *each, is_wanted=lambda: last not in done)
    assert isinstance(left.get(timeout=60), Unwanted)
    assert done == list(range(1, last + 1))


def test_a_lane_holds_only_so_many_and_the_other_is_open_still(lanes: Lanes[str]) -> None:
    allowed = block(lanes)
    for _ in range(MAX_WAITING):
        put(lanes, "waiting")
    with pytest.raises(Crowded, match="1000 requests are waiting"):
        put(lanes, "one more")
    assert lanes.waiting == MAX_WAITING
    assert put(lanes, "row", is_short=True).get(timeout=60) == "row"
    allowed.set()


def test_nothing_is_taken_while_the_oldest_waits_too_long_nor_is_that_begun(lanes: Lanes[str]) -> None:
    allowed = block(lanes)
    begun = Event()
    old = put(lanes, "old", begun.set, queued=perf_counter() - 6)
    with pytest.raises(Crowded, match="more than 5 seconds"):
        put(lanes, "new")
    allowed.set()
    assert isinstance(old.get(timeout=60), Crowded)
    assert not begun.is_set()
    assert put(lanes, "afterwards").get(timeout=60) == "afterwards"


def test_a_fault_of_the_work_is_its_outcome_and_the_thread_lives(lanes: Lanes[str]) -> None:
    def fail() -> None:
        raise RuntimeError("a fault")

    assert isinstance(put(lanes, "faulty", fail).get(timeout=60), RuntimeError)
    assert put(lanes, "next").get(timeout=60) == "next"
