"""Whole rollouts, played on the real reconcile: each is the golden one, and comes to one end in any order.

A transcript is read, not just compared. To accept a change on purpose: `python -m tests.core.rollouts --write`, and
read the diff of tests/golden/rollouts.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import pytest

from tests.core.rollouts.golden import GOLDEN, path_of
from tests.core.rollouts.invariants import CHECKS
from tests.core.rollouts.orders import KilledAfter, KilledBefore, Order, Seeded
from tests.core.rollouts.outcome import outcome_of
from tests.core.rollouts.simulation import play
from tests.core.rollouts.stories import STORIES
from tests.core.rollouts.transcript import Transcript

ORDERS: dict[str, Callable[[str], Order]] = {
    "killed before every write": lambda _: KilledBefore(),
    "killed after every write": lambda _: KilledAfter(),
    "in an order by chance": lambda sentence: Seeded(crc32(sentence.encode())),
}


_fixed: dict[str, Transcript] = {}


async def played(sentence: str) -> Transcript:
    """The story in its fixed order, played once for both tests."""
    if sentence not in _fixed:
        _fixed[sentence] = await play(STORIES[sentence])
    return _fixed[sentence]


def orders_of(sentence: str) -> dict[str, Callable[[str], Order]]:
    """The orders in which a story is played: gates differ in their verdicts, and are killed like one another."""
    by_chance = {order: make for order, make in ORDERS.items() if order == "in an order by chance"}
    return by_chance if sentence.startswith("gates/") and "ErrorRate" not in sentence else ORDERS


@pytest.mark.parametrize("sentence", STORIES)
async def test_the_transcript_is_the_golden_one(sentence: str) -> None:
    assert (await played(sentence)).text() == path_of(sentence).read_text()


@pytest.mark.parametrize("sentence", STORIES)
async def test_what_must_hold_holds_and_the_outcome_is_the_same_in_any_order(sentence: str) -> None:
    fixed = await played(sentence)
    others = {
        order: await play(STORIES[sentence], make(sentence)) for order, make in orders_of(sentence).items()
    }
    assert {order: outcome_of(one) for order, one in others.items()} == dict.fromkeys(
        others, outcome_of(fixed)
    )
    assert [wrong for one in (fixed, *others.values()) for check in CHECKS for wrong in check(one)] == []


def test_every_golden_transcript_is_played() -> None:
    assert set(GOLDEN.rglob("*.txt")) == {path_of(sentence) for sentence in STORIES}
