"""One simulated rollout: rounds of requests, looks at the evidence, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from random import Random

from leeway.api.deployment.rollout import OnInconclusive
from leeway.api.gates import Gate, Verdict
from leeway.cli.play.arms import Arm, Tally, make_step
from leeway.cli.play.requests import Rates, draw_round
from leeway.cli.play.traffic import Traffic
from leeway.cli.read.policy import Policy
from leeway.core.evidence.pair import Pair, Step
from leeway.core.gates.conclusion import Conclusion, conclude

Judge = Callable[[Sequence[Gate], str, Pair], tuple[Verdict, ...]]


class Outcome(StrEnum):
    """How a rollout ends."""

    ROLLED_BACK = "rolled back"
    PROMOTED = "promoted"
    HELD = "held"
    NEXT_STEP = "next step"  # of a step, not of a rollout


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
    deciding: tuple[str, ...]  # the gate that rolled back; of a held rollout, the gates it waits for
    messages: tuple[str, ...]  # what they said


@dataclass(slots=True)
class Stage:
    """What was counted at one step of the canary, which began after so many rounds."""

    share: float
    began: int
    canary: Tally
    stable: Tally

    def counted(self, told: int) -> Step:
        """Return the counts, with the labels of the answers up to a round of the rollout."""
        told -= self.began
        return make_step(self.share, self.canary.counted(told), self.stable.counted(told))


@dataclass(slots=True)
class Ramp:
    """A rollout under way: the steps it has taken, the last of which it is at."""

    policy: Policy
    course: Course
    scenario: Scenario
    stages: list[Stage] = field(default_factory=list)

    def enter(self, rounds: int) -> None:
        """Enter the next step, after so many rounds."""
        canary, stable = (Tally(arm.names, self.course.seconds) for arm in self.scenario.arms)
        self.stages.append(Stage(self.policy.shares[len(self.stages)], rounds, canary, stable))

    @property
    def served(self) -> int:
        """Return the canary's requests so far."""
        return sum(stage.canary.served for stage in self.stages)

    @property
    def is_last(self) -> bool:
        """Return whether there is no step after this one."""
        return len(self.stages) == len(self.policy.steps)

    def serve(self, rng: Random, rounds: range, first: int) -> None:
        """Serve some rounds of requests at the step."""
        stage, course, scenario = self.stages[-1], self.course, self.scenario
        drawn = [draw_round(rng, number, course.requests, stage.share, scenario.rates) for number in rounds]
        of_canary, of_stable = scenario.traffic.answer(rng, drawn, first)
        stage.canary.add([one.canary for one in drawn], of_canary)
        stage.stable.add([one.stable for one in drawn], of_stable)

    def pair(self, rounds: int) -> Pair:
        """Return what is judged after so many rounds."""
        canary, stable = self.scenario.arms
        told = rounds - self.course.label_rounds
        return Pair(canary.seen, stable.seen, tuple(stage.counted(told) for stage in self.stages))

    def is_time_up(self, rounds: int) -> bool:
        """Return whether the step has lasted as long, and got as many requests, as it must."""
        step, stage = self.policy.steps[len(self.stages) - 1], self.stages[-1]
        lasted = (rounds - stage.began) * self.course.seconds
        return lasted >= step.hold_seconds and stage.canary.served >= step.min_samples


def play(judge: Judge, policy: Policy, course: Course, scenario: Scenario, rng: Random) -> Ending:
    """Return how one rollout ends; a step that pauses is resumed at once."""
    ramp = Ramp(policy, course, scenario)
    ramp.enter(0)
    first = _first_row(rng, course, scenario.traffic)
    found, look = Conclusion(), 0
    for before, look in pairwise((0, *course.looks)):
        ramp.serve(rng, range(before, look), first)
        verdicts = judge(policy.gates, policy.false_alarm_rate, ramp.pair(look))
        found = conclude(policy.gates, policy.false_alarm_rate, verdicts)
        outcome = decide(
            found, policy.on_inconclusive, is_time_up=ramp.is_time_up(look), is_last=ramp.is_last
        )
        if outcome is Outcome.NEXT_STEP:
            ramp.enter(look)
        elif outcome is not Outcome.HELD:
            return _ending(outcome, look * course.seconds, ramp.served, found)
    return _ending(Outcome.HELD, look * course.seconds, ramp.served, found)


def decide(found: Conclusion, on_inconclusive: OnInconclusive, *, is_time_up: bool, is_last: bool) -> Outcome:
    """Return what becomes of a rollout by what its verdicts ask for, as the operator decides."""
    if found.rollback:
        return Outcome.ROLLED_BACK
    if found.hold or not is_time_up:
        return Outcome.HELD
    if found.unknown and on_inconclusive is OnInconclusive.ROLLBACK:
        return Outcome.ROLLED_BACK
    if found.unknown and on_inconclusive is OnInconclusive.HOLD:
        return Outcome.HELD
    return Outcome.PROMOTED if is_last else Outcome.NEXT_STEP


def _first_row(rng: Random, course: Course, traffic: Traffic) -> int:
    """Return where in the recorded rows the rollout starts: anywhere from where there are enough."""
    spare = 0 if traffic.rows is None else traffic.rows - course.rounds * course.requests
    return rng.randint(0, spare)


def _ending(outcome: Outcome, seconds: float, requests: int, found: Conclusion) -> Ending:
    failed = tuple(verdict for verdict in (found.rollback, found.hold) if verdict)
    deciding = () if outcome is Outcome.PROMOTED else (failed[:1] or found.unknown)
    names, messages = tuple(one.name for one in deciding), tuple(one.message for one in deciding)
    return Ending(outcome, seconds, requests, names, messages)
