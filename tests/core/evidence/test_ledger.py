"""What pods counted is added up to the last row, whatever became of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeway.core.evidence.ledger import (
    ABSENT_PAGES,
    MAX_COUNTED,
    Arm,
    checkpoint,
    keep_pods,
    take,
)
from leeway.core.evidence.page import PageRefused, read_page
from tests.core.evidence.pages import ROWS, page

EMPTY = Arm(version="loan-1", profile="0a1b2c3d")


def taken(arm: Arm, *pages: tuple[str, bytes]) -> Arm:
    """The arm after these pages of these pods."""
    for pod, content in pages:
        arm = take(arm, pod, read_page(content))
    return arm


def rows(arm: Arm) -> int:
    return arm.totals.get(ROWS, 0)


SUMS = {
    "one page": ([("a", page(5))], 5),
    "the same page twice": ([("a", page(5)), ("a", page(5))], 5),
    "a page that grew": ([("a", page(5)), ("a", page(9))], 9),
    "two pods": ([("a", page(5)), ("b", page(3)), ("a", page(6))], 9),
    "a process that started anew": ([("a", page(5)), ("a", page(2, started=2000.0))], 7),
    "one that has counted more than before by now": ([("a", page(5)), ("a", page(8, started=2000.0))], 13),
    "one that has counted nothing yet": ([("a", page(5)), ("a", page(0, started=2000.0))], 5),
}


@pytest.mark.parametrize(("pages", "want"), SUMS.values(), ids=list(SUMS))
def test_the_sum(pages: list[tuple[str, bytes]], want: int) -> None:
    assert rows(taken(EMPTY, *pages)) == want


REFUSED = {
    "a count that shrank": (page(4), "smaller"),
    "a process that started before": (page(9, started=500.0), "started before"),
    "another version": (page(9, version="loan-2"), "version loan-2"),
    "other bins": (page(9, profile="ffffffff"), "profile ffffffff"),
    "a series that is gone": (page(9), "lacks"),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=list(REFUSED))
def test_a_page_that_contradicts_the_last_one_adds_nothing(content: bytes, says: str) -> None:
    arm = taken(EMPTY, ("a", page(5, bins={"0": 5} if says == "lacks" else None)))
    with pytest.raises(PageRefused, match=says):
        taken(arm, ("a", content))
    assert rows(taken(arm, ("b", page(1)))) == 6


def test_what_a_pod_counted_stays_when_it_is_gone() -> None:
    arm = keep_pods(taken(EMPTY, ("a", page(5)), ("b", page(3))), frozenset({"b"}))
    assert rows(arm) == 8
    assert keep_pods(arm, frozenset({"b"})) is arm


def test_a_pod_that_is_shown_again_is_counted_on() -> None:
    arm = keep_pods(taken(EMPTY, ("a", page(5))), frozenset())
    assert rows(taken(arm, ("a", page(9)))) == 9


def test_of_many_that_are_gone_most_pages_go_and_none_is_counted_twice() -> None:
    pods = [f"pod-{number:03}" for number in range(100)]
    arm = keep_pods(taken(EMPTY, *((pod, page(1)) for pod in pods)), frozenset())
    assert (len(arm.pages), rows(arm)) == (ABSENT_PAGES, 100)
    assert rows(taken(arm, ("pod-000", page(9)), ("pod-000", page(10)))) == 101


def test_the_names_of_pods_that_are_gone_are_bounded() -> None:
    arm = replace(EMPTY, counted=frozenset(f"pod-{number}" for number in range(MAX_COUNTED)))
    arm = taken(arm, *((f"new-{number}", page(1)) for number in range(ABSENT_PAGES + 1)))
    kept = keep_pods(arm, frozenset({"pod-1"}))
    assert kept.counted == {"pod-1", "new-0"}


def test_after_a_restart_nothing_is_counted_twice() -> None:
    kept = checkpoint(taken(EMPTY, ("a", page(5)), ("b", page(3))))
    # Pod a went on to 9 rows, c came meanwhile: of a nobody knows which rows were added, of c none was.
    after = taken(kept, ("a", page(9)), ("c", page(2)), ("a", page(10)))
    assert rows(after) == 8 + 2 + 1
    assert rows(taken(checkpoint(after), ("b", page(50)), ("b", page(51)))) == 11 + 1


def test_a_second_checkpoint_forgets_no_pod() -> None:
    kept = checkpoint(checkpoint(taken(EMPTY, ("a", page(5)))))
    assert rows(taken(kept, ("a", page(9)))) == 5


Step = tuple[str, str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["answer", "answer", "scrape", "restart", "remove"]),
        st.sampled_from("abc"),
        st.integers(1, 50),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_sum_is_that_of_the_rows_until_each_last_page(steps: list[Step]) -> None:
    """Pods answer, are scraped, start anew and go, in any order: the total is what their last pages showed."""
    arm, shown, clock = EMPTY, 0, 1000.0
    pods: dict[str, tuple[str, float, int, int]] = {}  # uid, start, rows of this process, rows of it shown
    for number, (what, name, amount) in enumerate(steps):
        clock += 1
        uid, started, counted, seen = pods.get(name, (f"{name}{number}", clock, 0, 0))
        if what == "answer":
            counted += amount
        elif what == "restart":
            started, counted, seen = clock, 0, 0
        elif what == "scrape":
            arm = taken(arm, (uid, page(counted, started=started)))
            shown, seen = shown + counted - seen, counted
        pods[name] = (uid, started, counted, seen)
        if what == "remove":
            del pods[name]
            arm = keep_pods(arm, frozenset(one[0] for one in pods.values()))
    assert rows(arm) == shown


def test_an_arm_is_a_value() -> None:
    arm = taken(EMPTY, ("a", page(5)))
    taken(arm, ("a", page(7)))
    assert rows(arm) == 5
    assert replace(arm) == arm
