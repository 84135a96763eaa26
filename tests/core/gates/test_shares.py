"""Both arms drift together while the canary's share changes: pooled they would look unlike, and no gate is fooled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pytest

from leeway.core.evidence.gathered import Gathered, add, begin
from leeway.core.evidence.page import read_page
from leeway.core.evidence.pair import Counted, Pair, Step
from leeway.core.evidence.round import ArmRound, PodSeen
from tests.core.gates.arms import (
    CANARY,
    FAIL,
    ONE_SIDE,
    STABLE,
    Counts,
    arm,
    column,
    profile,
    spread,
    verdict_of,
)
from tests.core.gates.scraped import PROFILE, page

EVEN = (0.1,) * 10
ROWS = 100  # that each ready pod answers from round to round
# Ready pods of the canary and of stable, and how the income of all requests lies meanwhile.
DRIFTING: Sequence[tuple[tuple[int, int], Sequence[float]]] = [
    *[((1, 4), EVEN)] * 14,
    *[((4, 1), ONE_SIDE)] * 14,
    *[((1, 4), EVEN)] * 14,
]


def seen(version: str, rows: Sequence[Counter[int]], ready: int) -> ArmRound:
    """A round of an arm whose pods have answered these rows by bin."""
    pods = {}
    for number, counted in enumerate(rows):
        bins = tuple(counted[place] for place in range(10))
        counts = Counts(columns={"income": bins}, scores=spread(sum(bins)), codes={"200": sum(bins)})
        content = read_page(page(counts, version))
        pods[f"{version}-{number}"] = PodSeen(f"{number}", content, is_ready=number < ready)
    return ArmRound(pods)


def gathered() -> Gathered:
    """The evidence after all rounds."""
    rows = {CANARY: [Counter[int]() for _ in range(4)], STABLE: [Counter[int]() for _ in range(4)]}
    evidence: Gathered | None = None
    for number, (ready, shares) in enumerate(DRIFTING):
        rounds = []
        for version, count in zip((CANARY, STABLE), ready, strict=True):
            for pod in rows[version][:count]:
                pod.update(dict(enumerate(spread(ROWS, shares))))
            rounds.append(seen(version, rows[version], count))
        evidence = evidence or begin((CANARY, rounds[0]), (STABLE, rounds[1]), 0.0)
        assert evidence is not None
        evidence, _, _ = add(evidence, rounds[0], rounds[1], 5.0 * number)
    assert evidence is not None
    return evidence


def pair(steps: tuple[Step, ...]) -> Pair:
    """The pair, whose two profiles were made from even incomes."""
    one = profile(PROFILE[0])
    other = replace(one, features=(column("income", (1001, *[1000] * 9)),))
    return Pair(arm(CANARY, profile=one), arm(STABLE, profile=other), steps)


def pooled(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps as if the share had been one."""
    canary, stable = Counter[str](), Counter[str]()
    for step in steps:
        canary.update(step.canary.totals)
        stable.update(step.stable.totals)
    return (Step(0.5, Counted(canary), Counted(stable)),)


def test_pooled_the_arms_look_unlike() -> None:
    assert verdict_of("arms-comparable", pair(pooled(gathered().steps))).state is FAIL


Metric = Literal["arms-comparable", "DataDrift", "invalid-input", "ErrorRate"]


@pytest.mark.parametrize("metric", ["arms-comparable", "DataDrift", "invalid-input", "ErrorRate"])
def test_in_strata_no_gate_fails(metric: Metric) -> None:
    evidence = gathered()
    assert [one.weight for one in evidence.steps] == [0.8, 0.2]
    verdict = verdict_of(metric, pair(evidence.steps))
    assert verdict.state is not FAIL, verdict.message
