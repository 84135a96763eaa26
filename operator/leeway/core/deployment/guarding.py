"""What follows from the guard of the stable revision: conditions, and the way back to the version before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leeway import api
from leeway.api.condition import DRIFT_DETECTED, GUARD_FAILED, RETRAIN_DUE
from leeway.api.deployment.guard import GuardStatus, OnGuardFail
from leeway.api.gates import GateMetric, Verdict, VerdictState
from leeway.api.reasons import Reason
from leeway.core.conditions import Condition, find_condition
from leeway.core.deployment.decision import Move
from leeway.core.deployment.moves import return_to_former
from leeway.core.deployment.revision import Rollout
from leeway.core.deployment.world import World
from leeway.core.guard.question import DRY_RUN, WORSE, is_about, make_guard_questions

GUARD_CONDITIONS = (DRIFT_DETECTED, GUARD_FAILED, RETRAIN_DUE)


@dataclass(frozen=True, slots=True)
class Words:
    """The type of a condition, and its reasons while it is True, False and Unknown."""

    type: str
    failed: Reason
    passed: Reason
    unknown: Reason


_DRIFT = Words(DRIFT_DETECTED, Reason.DRIFT_DETECTED, Reason.NO_DRIFT, Reason.DRIFT_UNKNOWN)
_WORSE = Words(GUARD_FAILED, Reason.GUARD_FAILED, Reason.GUARD_PASSED, Reason.GUARD_UNKNOWN)


def roll_back_stable(seen: World) -> Move | None:
    """Return to the version before when the guard has failed, and `spec.guard.onFail` says so."""
    failed = _reason_to_roll_back(seen)
    # Beside a canary the next version is on its way already, and going back would end it.
    if failed is None or seen.rollout.canary is not None:
        return None
    return _going_back(seen, failed)


def keep_guard(seen: World, rollout: Rollout) -> dict[str, Any]:
    """Return the status field of the guard: what is published last of the stable revision, else what is recorded."""
    guard = _guard_of(seen, rollout)
    return {"guard": guard} if guard else {}


def guard_conditions(seen: World, rollout: Rollout) -> tuple[Condition, ...]:
    """Return what the guard says of the stable revision; nothing before its first round.

    A condition that was True stays so while its question is Unknown: it ends once the effect is known to be within the
    threshold, or with the revision.
    """
    guard = _guard_of(seen, rollout)
    if guard is None:
        return ()
    verdicts = _counting(seen, guard)
    drift = [one for one in verdicts if one.metric == GateMetric.DATA_DRIFT]
    worse = [one for one in verdicts if one.metric in WORSE]
    told = (
        _conclude(_DRIFT, drift, _before(seen, guard, DRIFT_DETECTED)),
        _with_way_back(seen, _conclude(_WORSE, worse, _before(seen, guard, GUARD_FAILED))),
    )
    return (*told, *_retrain(seen, told))


def _reason_to_roll_back(seen: World) -> Verdict | None:
    stable, guard = seen.rollout.stable, _guard_of(seen, seen.rollout)
    if seen.spec.guard.on_fail is not OnGuardFail.ROLLBACK or stable is None or guard is None:
        return None
    if seen.rollout.has_rejected(stable):
        return None  # it is being replaced by the version before
    worse = (one for one in _counting(seen, guard) if one.metric in WORSE)
    return next((one for one in worse if one.state is VerdictState.FAIL), None)


def _going_back(seen: World, failed: Verdict) -> Move | None:
    why = f"{failed.name}: {failed.message.rstrip('.')}; false-alarm rate {seen.spec.false_alarm_rate} a week"
    return return_to_former(seen, Reason.GUARD_FAILED, why, verdict=failed, is_about_model=True)


def _guard_of(seen: World, rollout: Rollout) -> GuardStatus | None:
    """Return what is known of the guard of the stable revision; None where that is of another one."""
    # A process that has just begun to lead has nothing to say yet; what is recorded stays.
    of_stable = (
        guard
        for guard in (seen.guard, seen.status.guard)
        if guard and rollout.stable and guard.revision == rollout.stable.hash
    )
    return next(of_stable, None)


def _counting(seen: World, guard: GuardStatus) -> list[Verdict]:
    """Return the verdicts on what is asked now, without those of dry runs."""
    questions = {one.asked.name: one for one in make_guard_questions(seen.spec) if one.on_fail != DRY_RUN}
    return [one for one in guard.verdicts if one.name in questions and is_about(one, questions[one.name])]


def _before(seen: World, guard: GuardStatus, type_: str) -> api.condition.Condition | None:
    """Return the condition as it is recorded of this revision."""
    recorded = seen.status.guard
    is_same = recorded is not None and recorded.revision == guard.revision
    return find_condition(seen.status.conditions, type_) if is_same else None


def _conclude(words: Words, verdicts: Sequence[Verdict], before: api.condition.Condition | None) -> Condition:
    by_state = {state: [one for one in verdicts if one.state is state] for state in VerdictState}
    if failed := by_state[VerdictState.FAIL]:
        return Condition(words.type, "True", words.failed, _said(failed))
    unknown, passed = by_state[VerdictState.UNKNOWN], by_state[VerdictState.PASS]
    if before is not None and before.status == "True":
        # The message begins with the name of the question that failed.
        asked = before.message.partition(": ")[0]
        if not verdicts or any(one.name == asked for one in unknown):
            return Condition(words.type, "True", words.failed, before.message)
    if passed:
        return Condition(words.type, "False", words.passed, _said(passed))
    return Condition(words.type, "Unknown", words.unknown, _said(unknown) or "Nothing was judged yet.")


def _said(verdicts: Sequence[Verdict]) -> str:
    return " ".join(f"{one.name}: {one.message}" for one in verdicts)


def _with_way_back(seen: World, condition: Condition) -> Condition:
    """Return the condition with why nothing is rolled back, where something should be."""
    failed = _reason_to_roll_back(seen)
    if condition.status != "True" or failed is None:
        return condition
    if seen.rollout.canary is not None:
        why = f" Version {seen.rollout.canary.version} is being rolled out: nothing is rolled back beside it."
    elif _going_back(seen, failed) is None:
        why = " There is no version before it to go back to (status.history): name another in spec.modelVersionName."
    else:
        return condition
    return Condition(condition.type, "True", condition.reason, condition.message + why)


def _retrain(seen: World, told: Sequence[Condition]) -> tuple[Condition, ...]:
    due = [one for one in told if one.status == "True"]
    if seen.spec.guard.on_fail is not OnGuardFail.RETRAIN or not due:
        return ()
    return (
        Condition(
            RETRAIN_DUE, "True", Reason.RETRAIN_DUE, " ".join(f"{one.type}: {one.message}" for one in due)
        ),
    )
