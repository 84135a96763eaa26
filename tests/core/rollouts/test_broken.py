"""A check that sees nothing proves nothing: each mistake of a broken rollout is seen by the check it is against."""

from __future__ import annotations

import pytest

from tests.core.rollouts import invariants
from tests.core.rollouts.broken import MISTAKES
from tests.core.rollouts.invariants import Check
from tests.core.rollouts.simulation import play
from tests.core.rollouts.stories import STORIES

# mistake: (the story in which it shows, the check that sees it)
SEEN_BY: dict[str, tuple[str, Check]] = {
    "promote on Unknown": ("evidence/Unknown holds by default", invariants.nothing_is_promoted_unproven),
    "scale before traffic": ("gates/ErrorRate fails at step 2", invariants.requests_go_first),
    "forget rejected": ("commands/abort at step 1", invariants.what_was_rejected_stays_out),
    "shrink stable first": ("good/a good version in two steps", invariants.stable_is_not_shrunk_first),
    "share with others": ("pods/the former's pods do not go", invariants.requests_are_shared_by_two),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_broken_rollout_is_seen(mistake: str) -> None:
    sentence, check = SEEN_BY[mistake]
    assert check(await play(STORIES[sentence], planners=MISTAKES[mistake].planners())) != []


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_ours_makes_no_such_mistake(mistake: str) -> None:
    sentence, check = SEEN_BY[mistake]
    assert check(await play(STORIES[sentence])) == []
