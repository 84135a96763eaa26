"""The most that one pod had in the time of an incident, also where rounds are missing or the operator was killed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeway.core.evidence.incidents import (
    INCIDENT_SECONDS,
    Incidents,
    add_round,
    keep_recent,
    most_recent,
    resume,
)
from leeway.core.evidence.page import Series
from leeway.core.evidence.pair import Incident
from tests.bench.judge.service import WINDOW, worst_window

COMMON = 'model="loan",version="loan-1",profile="aaaaaaaa"'
SLOW_FROM = 0.25
Rounds = Sequence[tuple[float, int]]  # when, and how many requests failed


def added(failed: int = 0, slow: int = 0, *, code: str = "500") -> dict[Series, int]:
    """What a page adds with so many failed and slow requests among 100."""
    bucket = f"leeway_model_request_duration_seconds_bucket{{{COMMON},le="
    return {
        f'leeway_model_requests_total{{{COMMON},code="200"}}': 100 - failed,
        f'leeway_model_requests_total{{{COMMON},code="{code}"}}': failed,
        f'{bucket}"0.25"}}': 100 - slow,
        f'{bucket}"+Inf"}}': 100,
        f'leeway_model_score_bin_total{{{COMMON},bin="0"}}': 100,
    }


def after(rounds: Rounds, pod: str = "a", incidents: Incidents | None = None) -> Incidents:
    """The incidents after these rounds of a pod."""
    seen = incidents or Incidents()
    for time, failed in rounds:
        seen = add_round(seen, pod, added(failed), time, SLOW_FROM)
    return seen


WORST: Mapping[str, tuple[Rounds, int]] = {
    "no failure": ([(0, 0), (5, 0)], 0),
    "one round": ([(0, 3)], 3),
    "two bursts, a minute apart": ([(0, 4), (30, 0), (55, 0), (60, 3), (65, 2)], 5),
    "one of exactly the time of an incident, which begins and ends between two rounds": (
        [(0, 0), (5, 1), (10, 1), (15, 1), (20, 1), (25, 1), (30, 1), (35, 1), (40, 0)],
        7,
    ),
    "a pod that did not answer for a while, whose page then tells it all": ([(0, 1), (50, 9), (55, 1)], 10),
}


@pytest.mark.parametrize(("rounds", "want"), WORST.values(), ids=list(WORST))
def test_the_worst_of_a_pod(rounds: Rounds, want: int) -> None:
    assert after(rounds).worst[Incident.ERRORS] == want


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_in_rounds_of_five_seconds_it_is_what_the_simulation_leaves_out(failed: list[int]) -> None:
    rounds = [(5.0 * number, count) for number, count in enumerate(failed)]
    assert after(rounds).worst[Incident.ERRORS] == worst_window(failed, WINDOW)


@given(st.lists(st.tuples(st.floats(0.1, 40), st.integers(0, 9)), min_size=1, max_size=30), st.floats(0, 600))
def test_no_incident_is_larger_than_what_is_left_out(gaps: list[tuple[float, int]], begins: float) -> None:
    """Of any 30 seconds, whenever they begin: all rounds that may hold a part of them."""
    rounds, clock = [], 0.0
    for gap, failed in gaps:
        clock += gap
        rounds.append((clock, failed))
    since = [0.0, *(time for time, _ in rounds)]
    held = [
        failed
        for (time, failed), before in zip(rounds, since, strict=False)
        if time > begins and before < begins + INCIDENT_SECONDS
    ]
    assert after(rounds).worst[Incident.ERRORS] >= sum(held)


def test_slow_requests_and_clients_that_left_are_incidents_too() -> None:
    seen = add_round(Incidents(), "a", added(2, 7, code="499"), 0.0, SLOW_FROM)
    assert seen.worst == {Incident.ERRORS: 2, Incident.SLOW: 7}
    assert add_round(Incidents(), "a", added(0, 7), 0.0, None).worst[Incident.SLOW] == 0
    assert add_round(Incidents(), "a", added(3, 7), 0.0, 0.1).worst == {Incident.ERRORS: 0, Incident.SLOW: 0}


def test_pods_have_their_incidents_each_by_itself() -> None:
    seen = after([(0, 5)], "b", after([(0, 4)]))
    assert seen.worst[Incident.ERRORS] == 5
    assert keep_recent(seen, frozenset({"a", "b"})) is seen
    gone = keep_recent(seen, frozenset({"a"}))
    assert (set(gone.recent), gone.worst[Incident.ERRORS]) == ({"a"}, 5)


RESUMED: Mapping[str, tuple[Rounds, int]] = {
    "an incident that went on over the restart is one": ([(110, 0), (115, 3)], 5 + 3),
    "so is one whose pod is read late": ([(125, 0), (128, 3)], 5 + 3),
    "a later one is another": ([(140, 0), (145, 3)], 6),
    "nothing after it": ([(110, 0)], 6),
}


@pytest.mark.parametrize(("rounds", "want"), RESUMED.values(), ids=list(RESUMED))
def test_over_a_restart_of_the_operator(rounds: Rounds, want: int) -> None:
    """It was killed after 100 s, with 6 failures at most in an incident so far and 5 in one that may go on."""
    before = after([(10, 6), (50, 0), (75, 0), (80, 2), (100, 3)])
    recent = most_recent(before, 100.0)
    assert (before.worst[Incident.ERRORS], recent[Incident.ERRORS]) == (6, 5)
    assert after(rounds, incidents=resume(before.worst, recent, 100.0)).worst[Incident.ERRORS] == want


def test_a_second_restart_forgets_no_incident_that_goes_on() -> None:
    seen = resume({Incident.ERRORS: 5}, {Incident.ERRORS: 5}, 100.0)
    assert most_recent(seen, 110.0)[Incident.ERRORS] == 5
    assert most_recent(after([(105, 0), (110, 2)], incidents=seen), 110.0)[Incident.ERRORS] == 7
    assert most_recent(seen, 130.0)[Incident.ERRORS] == 0
