"""Render the status of a ModelDeployment and its Events from the world and the move that was decided."""

from __future__ import annotations

from typing import Any

from leeway.api.condition import READY, SERVING
from leeway.api.deployment.record import Decision as RecordedDecision
from leeway.api.deployment.record import Tenure
from leeway.api.kinds import Manifest
from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.api.reasons import Reason
from leeway.core.conditions import Condition, merge_conditions, with_progress
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.decision import TOLD_AS, Action, Decision, Move
from leeway.core.deployment.guarding import GUARD_CONDITIONS, guard_conditions, keep_guard
from leeway.core.deployment.publication import keep_evidence
from leeway.core.deployment.recorded import fields_of, record_rollout, said
from leeway.core.deployment.steps import told_step
from leeway.core.deployment.traffic import Traffic, answering_workload, weigh
from leeway.core.deployment.world import World
from leeway.core.events import event_id, raised_events, summary_events
from leeway.core.names import LABEL_DEPLOYMENT, LABEL_REVISION
from leeway.core.plan import Event

# The schema allows no more; the API server would refuse the whole status.
DECISIONS_KEPT = 20
HISTORY_KEPT = 20


def make_status(seen: World, move: Move, traffic: Traffic) -> ModelDeploymentStatus:
    """Return the whole status."""
    generation = seen.manifest["metadata"]["generation"]
    workload = answering_workload(seen, move.rollout, traffic)
    is_one = traffic.answering and not traffic.is_shared
    revision = f",{LABEL_REVISION}={traffic.answering}" if is_one else ""
    weight, step = weigh(seen, move.rollout, traffic), told_step(seen.spec, move.rollout)
    return ModelDeploymentStatus(
        observed_generation=generation,
        conditions=merge_conditions(
            _conditions(seen, move, workload), seen.status.conditions, generation, seen.now
        ),
        **record_rollout(move.rollout),
        **said(weight=weight, step=step),
        replicas=workload.pods,
        ready_replicas=workload.ready,
        selector=f"{LABEL_DEPLOYMENT}={seen.name}{revision}",
        url=f"http://{seen.name}.{seen.namespace}.svc",
        history=_history(seen, move),
        decisions=_decisions(seen, move.decision),
        **said(rollbacks=_rollbacks(seen, move.decision)),
        **keep_evidence(seen.status, seen.published, move.rollout),
        **keep_guard(seen, move.rollout),
    )


def make_events(seen: World, status: ModelDeploymentStatus) -> tuple[Event, ...]:
    """Return an Event for each recorded decision and for the Ready condition."""
    # For all recorded ones, not just the new one: an earlier process may have died before it emitted some. Their
    # names make that harmless, and the recorder leaves out what is long past.
    told = (_decision_event(seen.manifest, one) for one in status.decisions if one.action in TOLD_AS)
    raised = raised_events(seen.manifest, status.conditions, GUARD_CONDITIONS)
    return (
        *told,
        *raised,
        *summary_events(seen.manifest, seen.status.conditions, status.conditions, seen.now),
    )


def _conditions(seen: World, move: Move, workload: Workload) -> tuple[Condition, ...]:
    decision = move.decision
    # A command that was answered is no state: what is the case stays said until the next look, which comes at once.
    if decision.action is Action.OBEY and seen.status.conditions:
        return tuple(
            Condition(one.type, one.status, one.reason, one.message) for one in seen.status.conditions
        )
    # That it was rolled back is the state, and why is in the decision: the next look says the same reason.
    reason = TOLD_AS[decision.action] if decision.action is Action.ROLL_BACK else decision.reason
    ready = Condition(READY, "True" if decision.is_ready else "False", reason, decision.message)
    others = (_serving(workload), *guard_conditions(seen, move.rollout))
    return with_progress(ready, *others, is_final=decision.is_final)


def _serving(workload: Workload) -> Condition:
    if workload.ready:
        return Condition(SERVING, "True", Reason.ANSWERING, f"{workload.ready} ready")
    return Condition(SERVING, "False", Reason.NOT_ANSWERING, "no replica is ready")


def _decisions(seen: World, decision: Decision) -> tuple[RecordedDecision, ...]:
    """Return the last decisions, this one included if it changes the rollout."""
    ring = seen.status.decisions
    if decision.action not in TOLD_AS:
        return ring
    revision = decision.revision
    recorded = RecordedDecision(
        # Counted over the life of the object, so that it also counts decisions that have left the ring: the
        # operator's metric of decisions is the last id.
        id=ring[-1].id + 1 if ring else 1,
        time=seen.now,
        action=str(decision.action),
        reason=str(decision.reason),
        message=decision.message,
        **_evidence_of(decision),
        model_version_name=revision.version if revision else "",
        revision=revision.hash if revision else "",
        numbers={name: str(number) for name, number in decision.numbers.items()},
    )
    return (*ring, recorded)[-DECISIONS_KEPT:]


def _rollbacks(seen: World, decision: Decision) -> dict[str, int]:
    """Return how often each reason took a revision back, this decision included."""
    # Decisions leave the ring, and a count over the ring would fall: Prometheus takes that for a restart from 0.
    counted = dict(seen.status.rollbacks)
    if decision.action in (Action.ROLL_BACK, Action.TAKE_BACK):
        reason = str(decision.reason)
        counted[reason] = counted.get(reason, 0) + 1
    return counted


def _evidence_of(decision: Decision) -> dict[str, Any]:
    """Return the fields that only a decision at a step, or on a verdict, has."""
    return said(step=decision.step, verdict=decision.verdict, false_alarm_rate=decision.false_alarm_rate)


def _decision_event(manifest: Manifest, decision: RecordedDecision) -> Event:
    reason = TOLD_AS[decision.action]
    return Event(
        id=event_id(manifest, "decision", decision.id, decision.time),
        time=decision.time,
        tone=reason.tone,
        reason=reason,
        note=decision.message,
    )


def _history(seen: World, move: Move) -> tuple[Tenure, ...]:
    """Return the former stable revisions; a promotion adds the one that it ends."""
    former = seen.rollout.stable
    if former is None or former == move.rollout.stable:
        return seen.status.history
    ended = Tenure(**fields_of(former), promotion_time=seen.rollout.stable_since, end_time=seen.now)
    return (*seen.status.history, ended)[-HISTORY_KEPT:]
