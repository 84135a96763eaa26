"""Whole rollouts, played on the real reconcile: each is the golden one, and comes to one end in any order.

A transcript is read, not just compared. To accept a change on purpose: `python -m tests.core.rollouts --write`, and
read the diff of tests/golden/rollouts.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.core.rollouts.golden import GOLDEN, path_of
from tests.core.rollouts.invariants import CHECKS
from tests.core.rollouts.orders import KilledAfter, KilledBefore, Order, Seeded
from tests.core.rollouts.outcome import outcome_of
from tests.core.rollouts.simulation import play
from tests.core.rollouts.stories import STORIES

ORDERS: dict[str, Callable[[], Order]] = {
    "killed before every write": KilledBefore,
    "killed after every write": KilledAfter,
    "in order of seed 1": lambda: Seeded(1),
    "in order of seed 2": lambda: Seeded(2),
}


@pytest.mark.parametrize("sentence", STORIES)
async def test_the_transcript_is_the_golden_one(sentence: str) -> None:
    transcript = await play(STORIES[sentence])
    assert [wrong for check in CHECKS for wrong in check(transcript)] == []
    assert transcript.text() == path_of(sentence).read_text()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sentence", STORIES)
async def test_the_outcome_is_the_same_in_any_order(sentence: str, order: str) -> None:
    transcript = await play(STORIES[sentence], ORDERS[order]())
    assert outcome_of(transcript) == outcome_of(await play(STORIES[sentence]))
    assert [wrong for check in CHECKS for wrong in check(transcript)] == []


def test_every_golden_transcript_is_played() -> None:
    assert set(GOLDEN.rglob("*.txt")) == {path_of(sentence) for sentence in STORIES}
