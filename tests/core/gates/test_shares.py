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
from leeway.core.gates.mixed import as_it_is, expected
from tests.core.gates.arms import (
    CANARY,
    FAIL,
    ONE_SIDE,
    STABLE,
    UNKNOWN,
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


def gathered(of_stable: Sequence[float] | None = None) -> Gathered:
    """The evidence after all rounds; with other shares of stable, the canary drifts alone."""
    rows = {CANARY: [Counter[int]() for _ in range(4)], STABLE: [Counter[int]() for _ in range(4)]}
    evidence: Gathered | None = None
    for number, (ready, shares) in enumerate(DRIFTING):
        rounds = []
        for version, count in zip((CANARY, STABLE), ready, strict=True):
            for pod in rows[version][:count]:
                income = of_stable if of_stable and version == STABLE else shares
                pod.update(dict(enumerate(spread(ROWS, income))))
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


def test_a_canary_that_drifts_alone_fails_over_several_shares() -> None:
    assert verdict_of("DataDrift", pair(gathered(EVEN).steps)).state is FAIL


# sentence: (rows of the canary by step, stable's counts by step, what is expected of the canary)
MIXES: dict[str, tuple[Sequence[int], Sequence[Sequence[int]], Sequence[int]]] = {
    "in one step it is as stable is": ([7], [(30, 10)], (30, 10)),
    "at one ratio, as stable is in all": ([20, 10], [(60, 20), (20, 20)], (80, 40)),
    "in the canary's mix, by what each step's rows are worth": ([10, 90], [(90, 0), (0, 90)], (10, 90)),
    "a step in which stable has few rows limits by the weight it has": (
        [990, 10], [(3000, 1000), (8, 2)], (750, 250)),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "stable", "want"), MIXES.values(), ids=MIXES)
def test_what_is_expected(rows: Sequence[int], stable: Sequence[Sequence[int]], want: Sequence[int]) -> None:
    counts = expected(rows, [as_it_is(tuple(one)) for one in stable])
    assert counts == pytest.approx(want, abs=1)


def test_without_a_step_in_which_both_had_traffic_nothing_is_known() -> None:
    (first, second) = gathered().steps
    none = dict.fromkeys(first.canary.totals, 0), dict.fromkeys(first.stable.totals, 0)
    steps = (replace(first, canary=Counted(none[0])), replace(second, stable=Counted(none[1])))
    verdict = verdict_of("DataDrift", pair(steps))
    assert (verdict.state, verdict.message) == (
        UNKNOWN,
        "There was no step in which both arms had traffic.",
    )
