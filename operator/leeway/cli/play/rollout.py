"""One simulated rollout: rounds of requests, looks at the evidence, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from random import Random

from leeway.api.gates import Gate, Verdict, VerdictState
from leeway.cli.play.arms import Arm, Tally, make_pair
from leeway.cli.play.requests import Rates, Round, draw_round
from leeway.cli.play.traffic import Traffic
from leeway.cli.read.policy import Policy
from leeway.core.evidence.pair import Pair
from leeway.core.gates.question import ARMS_COMPARABLE

Judge = Callable[[Sequence[Gate], str, Pair], tuple[Verdict, ...]]


class Outcome(StrEnum):
    """How a rollout ends."""

    ROLLED_BACK = "rolled back"
    PROMOTED = "promoted"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Course:
    """How a rollout goes if nothing ends it: so many requests in each round, so many seconds a round."""

    requests: int
    seconds: float
    looks: tuple[int, ...]  # after how many rounds the evidence is looked at
    label_rounds: int = 0  # rounds from an answer to its label

    @property
    def rounds(self) -> int:
        """Return the rounds until the end."""
        return self.looks[-1]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to the canary; of `arms` and `rates`, the first are the canary's."""

    name: str
    arms: tuple[Arm, Arm]
    rates: tuple[Rates, Rates]
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Ending:
    """How a rollout ended, after how long, and who decided."""

    outcome: Outcome
    seconds: float
    canary_requests: int
    deciding: tuple[str, ...]  # gates that failed; of a held rollout, gates that were not Pass
    messages: tuple[str, ...]  # what they said


def play(judge: Judge, policy: Policy, course: Course, scenario: Scenario, rng: Random) -> Ending:
    """Return how one rollout ends."""
    canary, stable = (Tally(arm.names, course.seconds) for arm in scenario.arms)
    first = _first_row(rng, course, scenario.traffic)
    verdicts: tuple[Verdict, ...] = ()
    outcome, look = Outcome.HELD, 0
    for before, look in pairwise((0, *course.looks)):
        rounds = _draw_rounds(rng, range(before, look), policy, course, scenario)
        of_canary, of_stable = scenario.traffic.answer(rng, rounds, first)
        canary.add([one.canary for one in rounds], of_canary)
        stable.add([one.stable for one in rounds], of_stable)
        verdicts = judge(
            policy.gates, policy.false_alarm_rate, _pair(policy, course, scenario, canary, stable)
        )
        outcome = decide(verdicts)
        if outcome is not Outcome.HELD:
            break
    return _ending(outcome, look * course.seconds, canary.served, verdicts)


def decide(verdicts: Sequence[Verdict]) -> Outcome:
    """Return what a rollout does by its verdicts: one Fail rolls back, all Pass promote, anything else holds.

    Arms that get unlike requests cannot be compared. That holds the rollout; it is not the version's fault.
    """
    if any(one.state is VerdictState.FAIL and one.metric != ARMS_COMPARABLE for one in verdicts):
        return Outcome.ROLLED_BACK
    if verdicts and all(one.state is VerdictState.PASS for one in verdicts):
        return Outcome.PROMOTED
    return Outcome.HELD


def _first_row(rng: Random, course: Course, traffic: Traffic) -> int:
    """Return where in the recorded rows the rollout starts: anywhere from where there are enough."""
    spare = 0 if traffic.rows is None else traffic.rows - course.rounds * course.requests
    return rng.randint(0, spare)


def _draw_rounds(
    rng: Random, numbers: range, policy: Policy, course: Course, scenario: Scenario
) -> list[Round]:
    return [draw_round(rng, number, course.requests, policy.weight, scenario.rates) for number in numbers]


def _pair(policy: Policy, course: Course, scenario: Scenario, canary: Tally, stable: Tally) -> Pair:
    counted = canary.counted(course.label_rounds), stable.counted(course.label_rounds)
    return make_pair(scenario.arms, policy.weight, counted)


def _ending(outcome: Outcome, seconds: float, requests: int, verdicts: Sequence[Verdict]) -> Ending:
    deciding = _deciding(verdicts, outcome)
    names, messages = (tuple(one.name for one in deciding), tuple(one.message for one in deciding))
    return Ending(outcome, seconds, requests, names, messages)


def _deciding(verdicts: Sequence[Verdict], outcome: Outcome) -> list[Verdict]:
    if outcome is Outcome.ROLLED_BACK:
        return [one for one in verdicts if one.state is VerdictState.FAIL]
    return [one for one in verdicts if one.state is not VerdictState.PASS]
