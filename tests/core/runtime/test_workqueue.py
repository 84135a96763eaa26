"""The work queue: each key once, never twice at a time, delayed, backed off, rollouts first."""

from __future__ import annotations

import asyncio

import pytest

from leeway.api.kinds import Key
from leeway.workqueue import URGENT_IN_A_ROW, WorkQueue
from tests.core.runtime.worlds import HandClock

A, B, C = (Key("TrainingJob", "ml", name) for name in "abc")
ROLLOUT = Key("ModelDeployment", "ml", "rollout")
EXACTLY = 0.5  # in the middle of the jitter


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def queue(clock: HandClock, waits: list[float]) -> WorkQueue:
    return WorkQueue(clock, lambda: EXACTLY, lambda key: key.kind == "ModelDeployment", waits.append)


def test_keys_are_taken_in_the_order_they_came(queue: WorkQueue) -> None:
    for key in (A, B, C):
        queue.add(key)
    assert [queue.pop(), queue.pop(), queue.pop(), queue.pop()] == [A, B, C, None]


def test_a_key_added_twice_is_taken_once_and_keeps_its_place(queue: WorkQueue) -> None:
    for key in (A, B, A):
        queue.add(key)
    assert len(queue) == 2
    assert [queue.pop(), queue.pop(), queue.pop()] == [A, B, None]


def test_a_key_is_never_worked_on_twice_at_a_time(queue: WorkQueue) -> None:
    queue.add(A)
    assert queue.pop() == A
    queue.add(A)
    assert queue.pop() is None
    queue.done(A)
    assert queue.pop() == A


def test_a_key_that_nobody_added_meanwhile_is_not_taken_again(queue: WorkQueue) -> None:
    queue.add(A)
    queue.pop()
    queue.done(A)
    assert queue.pop() is None


def test_a_delayed_key_is_taken_when_its_time_has_come(queue: WorkQueue, clock: HandClock) -> None:
    queue.add_after(A, 5)
    clock.seconds += 4.9
    assert queue.pop() is None
    clock.seconds += 0.2
    assert queue.pop() == A


@pytest.mark.parametrize("delays", [(5, 60), (60, 5)])
def test_of_several_delays_the_earliest_wins_and_the_key_is_taken_once(
    queue: WorkQueue, clock: HandClock, delays: tuple[int, int]
) -> None:
    for delay in delays:
        queue.add_after(A, delay)
    clock.seconds += 5
    assert queue.pop() == A
    queue.done(A)
    clock.seconds += 100
    assert queue.pop() is None


def test_a_key_that_is_looked_at_early_is_not_looked_at_again_for_its_old_delay(
    queue: WorkQueue, clock: HandClock
) -> None:
    queue.add_after(A, 5)
    queue.add(A)
    queue.pop()
    queue.done(A)
    clock.seconds += 10
    assert queue.pop() is None


def test_a_delay_asked_for_at_work_counts_afterwards(queue: WorkQueue, clock: HandClock) -> None:
    queue.add(A)
    queue.pop()
    queue.add_after(A, 3)
    queue.done(A)
    assert queue.pop() is None
    clock.seconds += 3
    assert queue.pop() == A


def test_failures_double_the_pause_up_to_a_minute_and_success_forgets_them(
    queue: WorkQueue, clock: HandClock
) -> None:
    pauses = [pause_after_failure(queue, clock) for _ in range(12)]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0, 60.0])
    queue.forget(A)
    assert pause_after_failure(queue, clock) == pytest.approx(0.1)


@pytest.mark.parametrize(("random", "pause"), [(0.0, 0.08), (EXACTLY, 0.1), (0.999999, 0.12)])
def test_pauses_are_jittered_by_a_fifth(clock: HandClock, random: float, pause: float) -> None:
    queue = WorkQueue(clock, lambda: random, lambda _: False, lambda _: None)
    assert pause_after_failure(queue, clock) == pytest.approx(pause, abs=1e-6)


def test_running_rollouts_go_before_a_burst_of_new_objects(queue: WorkQueue) -> None:
    for key in (A, B, ROLLOUT):
        queue.add(key)
    assert [queue.pop(), queue.pop(), queue.pop()] == [ROLLOUT, A, B]


def test_a_key_that_becomes_urgent_moves_up(clock: HandClock) -> None:
    urgent: set[Key] = set()
    queue = WorkQueue(clock, lambda: EXACTLY, urgent.__contains__, lambda _: None)
    for key in (A, B):
        queue.add(key)
    urgent.add(B)
    queue.add(B)
    assert [queue.pop(), queue.pop(), queue.pop()] == [B, A, None]


def test_busy_rollouts_do_not_starve_the_rest(queue: WorkQueue) -> None:
    queue.add(A)
    for number in range(URGENT_IN_A_ROW + 5):
        queue.add(Key("ModelDeployment", "ml", f"rollout-{number}"))
    taken = [queue.pop() for _ in range(URGENT_IN_A_ROW + 1)]
    assert taken[-1] == A


def test_the_wait_is_counted_from_the_first_adding(
    queue: WorkQueue, clock: HandClock, waits: list[float]
) -> None:
    queue.add(A)
    clock.seconds += 2
    queue.add(A)
    clock.seconds += 1
    queue.pop()
    assert waits == [3.0]


def test_the_slowest_work_is_known(queue: WorkQueue, clock: HandClock) -> None:
    assert queue.longest_work() == 0.0
    for key in (A, B):
        queue.add(key)
        queue.pop()
        clock.seconds += 10
    assert queue.longest_work() == 20.0
    queue.done(A)
    assert queue.longest_work() == 10.0


def test_overtaken_delays_do_not_pile_up(queue: WorkQueue, clock: HandClock) -> None:
    for _ in range(10_000):
        queue.add_after(A, 3600)
        queue.add(A)
        queue.pop()
        queue.done(A)
    assert len(queue._alarms) < 100


async def test_waiting_ends_when_a_key_is_added(queue: WorkQueue) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add(A)
    assert await waiting == A


async def test_waiting_ends_when_a_delay_ends() -> None:
    loop = asyncio.get_running_loop()
    queue = WorkQueue(loop.time, lambda: EXACTLY, lambda _: False, lambda _: None)
    queue.add_after(A, 0.01)
    assert await queue.get() == A


async def test_one_added_key_goes_to_one_of_many_who_wait(queue: WorkQueue) -> None:
    waiting = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    queue.add(A)
    done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == [A]
    queue.close()
    assert await asyncio.gather(*pending) == [None, None]


async def test_a_closed_queue_gives_nothing_away(queue: WorkQueue) -> None:
    queue.add(A)
    queue.close()
    assert await queue.get() is None


def pause_after_failure(queue: WorkQueue, clock: HandClock) -> float:
    queue.add_rate_limited(A)
    pause = queue._due[A] - clock.seconds
    clock.seconds += pause
    assert queue.pop() == A
    queue.done(A)
    return pause
