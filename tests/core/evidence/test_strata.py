"""What is judged was counted at one share of the ready pods; what is counted in all is everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from leeway.core.evidence.checkpoint import pack, unpack
from leeway.core.evidence.gathered import Gathered
from leeway.core.evidence.pair import Incident
from leeway.core.evidence.shown import show
from leeway.core.evidence.strata import MAX_STRATA
from leeway.core.evidence.table import REQUESTS, read_errors, read_slow, read_table, total_of
from tests.core.evidence.arms import Arms, Pod, gathered

Pods = tuple[int, int]  # ready pods of canary and stable


def at(pods: Pods, well: int, slow: int = 0) -> Arms:
    """Arms of so many ready pods, each of which has answered so many requests."""
    canary, stable = pods
    pod = Pod(well, slow=slow)
    return {f"c{n}": pod for n in range(canary)}, {f"s{n}": pod for n in range(stable)}


def told(evidence: Gathered) -> list[tuple[float, int, int]]:
    """Each stratum's share, and the requests of canary and stable in it."""
    return [
        (step.weight, total_of(step.canary.totals, REQUESTS), total_of(step.stable.totals, REQUESTS))
        for step in evidence.steps
    ]


def in_all(evidence: Gathered) -> tuple[int, int]:
    """The requests of canary and stable, wherever they count."""
    return total_of(evidence.canary.totals, REQUESTS), total_of(evidence.stable.totals, REQUESTS)


# Each pod answers ten requests from round to round.
TEN = {
    "the first round settles": ([(1, 3)], []),
    "what follows is counted": ([(1, 3)] * 3, [(0.25, 20, 60)]),
    "another share settles anew": ([(1, 3)] * 3 + [(1, 1)], [(0.25, 20, 60)]),
    "another share is another stratum": ([(1, 3)] * 3 + [(1, 1)] * 3, [(0.25, 20, 60), (0.5, 20, 20)]),
    "one share at two times is one stratum": (
        [(1, 3)] * 3 + [(1, 1)] * 3 + [(1, 3)] * 3,
        [(0.5, 20, 20), (0.25, 40, 120)],
    ),
    "an equal share of more pods goes on": ([(1, 3)] * 3 + [(2, 6)] * 4, [(0.25, 100, 300)]),
    "a share that changes each round is never counted": ([(1, 3), (1, 2)] * 4, []),
    "without a ready pod of the canary nothing is": ([(0, 3)] * 4, []),
    "without one of stable neither": ([(1, 0)] * 4, []),
}


def growing(pods: Sequence[Pods]) -> list[Arms]:
    """Rounds of these ready pods, of which each has a page: those that are not ready have answered nothing."""
    rounds, well = [], {"c": [0] * 8, "s": [0] * 8}
    for ready in pods:
        arms = []
        for arm, count in zip(well, ready, strict=True):
            well[arm] = [one + 10 * (place < count) for place, one in enumerate(well[arm])]
            arms.append({f"{arm}{n}": Pod(one, is_ready=n < count) for n, one in enumerate(well[arm])})
        rounds.append((arms[0], arms[1]))
    return rounds


@pytest.mark.parametrize(("pods", "want"), TEN.values(), ids=TEN)
def test_strata(pods: Sequence[Pods], want: list[tuple[float, int, int]]) -> None:
    assert told(gathered(growing(pods))) == want


@pytest.mark.parametrize("pods", [pods for pods, _ in TEN.values()], ids=TEN)
def test_in_all_everything_is_counted(pods: Sequence[Pods]) -> None:
    # The first page of a pod that is known from the start is its zero.
    counted = [10 * sum(one[arm] for one in pods[1:]) for arm in (0, 1)]
    assert in_all(gathered(growing(pods))) == tuple(counted)


def test_a_pod_that_was_silent_while_the_share_settled_is_not_judged_by_what_it_did_meanwhile() -> None:
    rounds = growing([(1, 3)] * 4 + [(1, 1)] * 5)
    for number in (4, 5, 6):
        rounds[number][0]["c0"] = replace(rounds[number][0]["c0"], is_silent=True)
    evidence = gathered(rounds)
    assert told(evidence)[-1] == (0.5, 10, 40)
    assert in_all(evidence)[0] == 80


def test_a_canary_that_crashes_again_and_again_counts_each_request_once() -> None:
    """Its container starts anew before the third round of each four, and it is not ready for a round."""
    rounds: list[Arms] = []
    for number in range(24):
        turn, started = number % 4, 1000.0 + number // 4
        pod = Pod(5 * turn, failed=turn, started=started, is_ready=turn > 0)
        rounds.append(({"c": pod}, {"s": Pod(10 * number)}))
    evidence = gathered(rounds)
    assert in_all(evidence)[0] == 6 * 18
    ((share, canary, _),) = told(evidence)
    # It is ready for three rounds, of which the second and the third are judged.
    assert (share, canary) == (0.5, 6 * 12)


def test_a_pod_that_leaves_has_no_share() -> None:
    rounds = growing([(1, 3)] * 4)
    canary, stable = rounds[-1]
    evidence = gathered([*rounds, (canary, {name: stable[name] for name in ("s0", "s3", "s4", "s5")})])
    assert (evidence.standing.share, evidence.standing.rounds) == (0.5, 1)


def test_strata_are_at_most_twelve_and_those_of_few_requests_go_first() -> None:
    shares = [(1, stable) for stable in range(1, 9)] + [(3, stable) for stable in range(1, 9) if stable % 3]
    evidence = gathered(growing([pods for pods in shares for _ in range(4 if pods != (1, 2) else 3)]))
    assert len(evidence.strata) == MAX_STRATA
    kept = {share for share, _, _ in told(evidence)}
    assert 1 / 3 not in kept, "it had the fewest"
    assert told(evidence)[-1][0] == 3 / 11, "the present one is kept"


def test_a_series_that_grew_at_another_share_only_is_zero_and_not_unknown() -> None:
    rounds = growing([(1, 3)] * 4 + [(1, 1)] * 4)
    for _, stable in rounds[5:]:
        for name in stable:
            stable[name] = Pod(is_silent=True, is_ready=stable[name].is_ready)
    last = gathered(rounds).steps[-1]
    assert read_errors(read_table(last.stable.totals)) == (0, 0)
    assert last.stable.totals.keys() == gathered(rounds).steps[0].stable.totals.keys()


def slow_rounds(counts: Sequence[tuple[int, int]]) -> list[Arms]:
    """Rounds of one pod each, that has answered so many requests and so many of them slowly."""
    return [({"c": Pod(well, slow=slow)}, {"s": Pod(well, slow=slow)}) for well, slow in counts]


def test_what_is_slow_is_known_from_what_stable_answered_before() -> None:
    evidence = gathered(slow_rounds([(100, 2), (110, 2), (120, 2), (130, 9)]))
    (step,) = evidence.steps
    assert step.slow_from == 0.25
    assert read_slow(read_table(step.canary.totals), 0.25) == (7, 23)


def test_a_stable_that_had_answered_nothing_fixes_it_with_its_fiftieth_request() -> None:
    counts = [(0, 0), (10, 0), (20, 0), (40, 0), (49, 1), (60, 2), (70, 5), (80, 5)]
    (before,) = gathered(slow_rounds(counts[:5])).steps
    assert before.slow_from is None
    (step,) = gathered(slow_rounds(counts)).steps
    # The round that fixes it is not counted by it, and errors are counted from the start.
    assert read_slow(read_table(step.canary.totals), 0.25) == (3, 17)
    assert read_errors(read_table(step.canary.totals)) == (0, 80)


def test_an_edge_that_is_fixed_stays_in_its_stratum() -> None:
    counts = [(100, 2), (110, 2), (120, 2), (130, 2), (500, 380), (900, 780)]
    (step,) = gathered(slow_rounds(counts)).steps
    assert step.slow_from == 0.25


def restart(evidence: Gathered) -> Gathered:
    return unpack(pack(evidence))


def go_on(evidence: Gathered) -> Gathered:
    return evidence


@pytest.mark.parametrize("between", [go_on, restart])
def test_an_incident_is_of_its_stratum(between: Callable[[Gathered], Gathered]) -> None:
    failing = [0, 0, 0, 4, 4, 4, 4, 4, 7, 7]
    rounds: list[Arms] = [
        (
            {"c": Pod(10 * place, failed=failed)},
            {f"s{n}": Pod(10 * place, is_ready=n < (3 if place < 5 else 1)) for n in range(3)},
        )
        for place, failed in enumerate(failing)
    ]
    first, second = between(gathered(rounds)).steps
    assert (first.weight, first.canary.worst[Incident.ERRORS]) == (0.25, 4)
    assert (second.weight, second.canary.worst[Incident.ERRORS]) == (0.5, 3)


def test_after_a_restart_the_share_settles_anew_and_strata_go_on() -> None:
    rounds = growing([(1, 3)] * 8)
    evidence = gathered(rounds[4:], restart(gathered(rounds[:4])))
    # Of the four rounds after it the first is a new zero.
    assert told(evidence) == [(0.25, 30 + 30, 90 + 90)]
    assert in_all(evidence) == (30 + 30, 90 + 90)


def test_what_a_canary_has_shown_is_of_its_whole_time() -> None:
    rounds: list[Arms] = [
        ({"c": Pod(90 * place, failed=10 * place, slow=5 * place)}, {"s": Pod(100 + 100 * place)})
        for place in range(5)
    ]
    shown = show(gathered(rounds))
    assert (shown.requests, shown.failed) == (400, 40)
    assert (shown.timed, shown.slow, shown.slow_from_millis) == (400, 20, 250)
    assert (shown.told, shown.wrong) == (0, 0)


def test_before_what_is_slow_is_known_nothing_is_shown_of_it() -> None:
    shown = show(gathered(slow_rounds([(0, 0), (10, 1), (20, 1), (30, 1)])))
    assert (shown.requests, shown.timed, shown.slow, shown.slow_from_millis) == (30, 0, 0, 0)
