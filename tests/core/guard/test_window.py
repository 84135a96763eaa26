"""The window slides: what is older than it counts no more, whatever pods and processes come and go."""

from __future__ import annotations

import numpy as np
import pytest

from leeway.core.evidence.round import ArmRound, PodSeen
from leeway.core.guard.window import TICKS, add_round, begin_watch, count_of, ticks_of
from tests.core.gates.arms import STABLE, Counts
from tests.core.guard.windows import filled, round_of, silent

SERIES = f'leeway_model_requests_total{{model="loan",version="{STABLE}",profile="aaaaaaaa",code="200"}}'
REQUESTS = "leeway_model_requests_total"
MINUTE = 60.0


def test_requests_leave_the_window_after_its_time() -> None:
    watch = begin_watch(STABLE, round_of({SERIES: 1000}), 0.0)
    assert watch is not None
    counted = []
    for second in range(5, 200, 5):
        answered = 1000 + 10 * min(second, 60)
        watch, _ = add_round(watch, round_of({SERIES: answered}), float(second), MINUTE)
        counted.append(count_of(watch, REQUESTS))
        assert len(watch.marks) <= TICKS + 2
    # What was counted before the first page's successor is nobody's; a request a tenth of a second for a minute.
    assert counted[0] == 0 and counted[11] == 550
    assert counted[-1] == 0


def test_the_window_is_at_most_a_part_too_long() -> None:
    watch = begin_watch(STABLE, round_of({SERIES: 0}), 0.0)
    assert watch is not None
    for second in range(1, 500):
        watch, _ = add_round(watch, round_of({SERIES: second}), float(second), MINUTE)
        length = watch.time - watch.begin
        assert length == second or MINUTE <= length <= MINUTE + MINUTE / TICKS + 1


def test_a_process_that_starts_anew_is_counted_whole() -> None:
    watch = begin_watch(STABLE, round_of({SERIES: 5}), 0.0)
    assert watch is not None
    for place, (count, started) in enumerate([(5, 1.0), (9, 1.0), (3, 2.0)], start=1):
        watch, _ = add_round(watch, round_of({SERIES: count}, started), float(place), MINUTE)
    assert count_of(watch, REQUESTS) == 4 + 3


def test_a_page_of_another_version_is_refused() -> None:
    watch = begin_watch(STABLE, round_of({SERIES: 0}), 0.0)
    page = round_of({}).pods["a"].page
    assert watch is not None and page is not None
    other = ArmRound({"a": PodSeen("a", page.__class__(1.0, "loan-9", "aaaaaaaa", {}))})
    _, seen = add_round(watch, other, 1.0, MINUTE)
    assert seen.refusals == (f"a: it is of version loan-9, not of {STABLE}",)


def test_nothing_begins_without_most_pods() -> None:
    assert begin_watch(STABLE, silent(2), 0.0) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_add_up_to_the_window(seed: int) -> None:
    failed = np.random.default_rng(seed).integers(0, 9, 100).tolist()
    watch = filled([Counts(codes={"200": 10, "500": count}) for count in failed])
    of_parts = sum(table.requests["500"] for table in ticks_of(watch))
    assert of_parts + 10 * 100 == count_of(watch, REQUESTS)
