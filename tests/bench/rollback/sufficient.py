"""When what was sent sufficed for a Fail: judged offline, answer by answer, by the operator's own judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leeway.api.gates import Gate, VerdictState
from leeway.cli.play.arms import Arm, Tally, make_arm, make_step
from leeway.cli.play.requests import Served
from leeway.cli.play.traffic import Answers, Labels
from leeway.cli.read.cells import make_place
from leeway.core.evidence.pair import Counted, Pair
from leeway.core.evidence.profile import Profile
from leeway.core.gates.judging import judge

COLUMNS = ("income", "debt")  # as they are sent


@dataclass(frozen=True)
class Answer:
    """One row that was answered, by which version, and when (Unix time in seconds)."""

    at: float
    version: str
    row: Sequence[int]


@dataclass(frozen=True)
class Case:
    """What is judged: canary and stable by version, their profiles, and the policy."""

    canary: str
    stable: str
    profiles: Mapping[str, Profile]
    gate: Gate
    false_alarm_rate: str
    weight: float


def first_sufficient(case: Case, answers: Sequence[Answer]) -> int | None:
    """Return how many answers, in order of time, suffice for a Fail; None where all of them do not.

    Found by halving: evidence of a broken column grows with every row.
    """
    if not is_fail(case, answers):
        return None
    low, high = 0, len(answers)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_fail(case, answers[:middle]) else (middle, high)
    return high


def is_fail(case: Case, answers: Sequence[Answer]) -> bool:
    """Return whether the gate is at Fail by these answers."""
    arms = tuple(
        make_arm("loan", version, "", case.profiles[version]) for version in (case.canary, case.stable)
    )
    canary, stable = (
        count(arm, [answer.row for answer in answers if answer.version == version])
        for arm, version in zip(arms, (case.canary, case.stable), strict=True)
    )
    pair = Pair(arms[0].seen, arms[1].seen, (make_step(case.weight, canary, stable),))
    verdicts = judge([case.gate], case.false_alarm_rate, pair)
    return verdicts[0].state is VerdictState.FAIL


def count(arm: Arm, rows: Sequence[Sequence[int]]) -> Counted:
    """Return what the arm's pods count of these rows; scores, which no gate asks here, are all in one bin."""
    tables = []
    for column in arm.profile.features:
        place, at = make_place(column), COLUMNS.index(column.name)
        bins = [0] * len(column.labels)
        for row in rows:
            bins[place(str(row[at]))] += 1
        tables.append(bins)
    tables.append([len(rows), *[0] * (len(arm.profile.score.labels) - 1)])
    tally = Tally(arm.names, seconds=1.0)
    tally.add([Served(len(rows), 0, 0, 0)], Answers(tables, (Labels(),)))
    return tally.counted(0)
