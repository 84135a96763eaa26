"""Decide what a TrainingJob needs next: an ordered tuple of questions, the first answer is the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leeway.api import reasons
from leeway.api.kinds import Manifest
from leeway.api.result import TrainingResult
from leeway.core.conditions import find_condition
from leeway.core.names import training_job_child
from leeway.core.plan import LOOK_AGAIN_SECONDS, WAIT_SECONDS, Deletion, Plan
from leeway.core.pods.jobs import deletion_of, ending_of, plan_expiry
from leeway.core.pods.message import FAILED, GATE_FAILED, Result, read_result
from leeway.core.pods.platform import make_store_claim
from leeway.core.pods.template import is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, find_trouble, last_message
from leeway.core.pods.uris import parse_uri
from leeway.core.training.job import CONTAINER, is_outdated, make_train_job, output_uri
from leeway.core.training.record import is_record_of, make_model_version
from leeway.core.training.state import TrainingSeen, TrainingState
from leeway.core.training.status import make_status, transition_events

FIELDS = Fields(
    resources="spec.resources",
    env="spec.env or spec.envFrom",
    node="spec.nodeSelector and spec.tolerations",
    claim="spec.data.uri or spec.output.uri",
    image="the operator's trainer image setting",
)


Question = Callable[[TrainingSeen], TrainingState | None]


def is_finished(seen: TrainingSeen) -> TrainingState | None:
    """The end is recorded: only the Job's expiry is left to set."""
    succeeded = find_condition(seen.status, "Succeeded")
    if succeeded.get("status") not in {"True", "False"}:
        return None
    own = seen.child if seen.child and is_owned_by(seen.child, seen.uid) else None
    tidy = plan_expiry(own, seen.job.spec.ttl_seconds_after_finished)
    return TrainingState(succeeded["status"], succeeded["reason"], succeeded["message"], tidy=tidy)


def is_name_taken(seen: TrainingSeen) -> TrainingState | None:
    """A Job of the name we need belongs to somebody else, or to a deleted TrainingJob of our name."""
    if seen.child is None or is_owned_by(seen.child, seen.uid):
        return None
    name = seen.child["metadata"]["name"]
    if is_left_by_former(seen.child, seen.manifest):
        return _wait(f"waiting for Job {name} of the former TrainingJob to go")
    return TrainingState(
        "Unknown",
        reasons.NAME_CONFLICT,
        f"Job {name} exists and does not belong to this TrainingJob;"
        " delete it, or create the TrainingJob under another name",
        look_again=LOOK_AGAIN_SECONDS,
    )


def has_recorded_result(seen: TrainingSeen) -> TrainingState | None:
    """Training succeeded: the version is made, once, and the end recorded when it is seen."""
    body = seen.status.get("result")
    if not body:
        return None
    name = seen.manifest["metadata"]["name"]
    if seen.version is None:
        version = make_model_version(
            seen.job, seen.manifest, body, output_uri(seen.job, seen.manifest, seen.platform)
        )
        return TrainingState(
            "Unknown", reasons.REGISTERING, f"creating ModelVersion {name}", result=body, create=(version,)
        )
    if not is_record_of(seen.version, seen.uid):
        return replace(_version_conflict(name), result=body)
    return TrainingState("True", reasons.COMPLETED, f"ModelVersion {name} was created")


def has_ended(seen: TrainingSeen) -> TrainingState | None:
    """The Job is over: its result, or the lack of one, is the answer."""
    ending = ending_of(seen.child)
    if ending is None:
        return None
    result = read_result(last_message(seen.pods, CONTAINER), TrainingResult)
    if ending.get("type") == "Complete" and result is not None and result.outcome != FAILED:
        return _accepted(seen, result)
    if ending.get("type") == "Complete" and result is None:
        return TrainingState(
            "False",
            reasons.RESULT_LOST,
            "the trainer's pod is gone, and its result with it; create a new TrainingJob",
        )
    return _failed(seen, ending, result)


def is_suspended(seen: TrainingSeen) -> TrainingState | None:
    """Nothing runs while suspended; a Job that ran goes, since what it had done is lost with its pod anyway."""
    if not seen.job.spec.suspend:
        return None
    return TrainingState("Unknown", reasons.SUSPENDED, _SUSPENDED, delete=_deletion(seen.child))


def is_edited(seen: TrainingSeen) -> TrainingState | None:
    """The spec was edited while suspended, and the Job still runs by the one before."""
    if seen.child is None or not is_outdated(seen.child, seen.manifest):
        return None
    return replace(_wait("the spec was edited; starting anew"), delete=_deletion(seen.child))


def is_absent(seen: TrainingSeen) -> TrainingState | None:
    """No Job: make it, and the namespace's store before it, once nobody else writes to the run's folder."""
    if seen.child is not None:
        return None
    if seen.version is not None and not is_record_of(seen.version, seen.uid):
        return _version_conflict(seen.manifest["metadata"]["name"])
    if seen.leftovers:
        return _wait(f"waiting for pod {seen.leftovers[0]['metadata']['name']} of the former Job to end")
    job = make_train_job(seen.job, seen.manifest, seen.platform)
    return TrainingState(
        "Unknown", reasons.STARTING, f"creating Job {job['metadata']['name']}", create=(*_claims(seen), job)
    )


def is_running(seen: TrainingSeen) -> TrainingState:
    """The Job is under way: say how it gets on."""
    refused = read_result(last_message(seen.pods, CONTAINER), TrainingResult)
    if refused is not None and refused.outcome == FAILED:
        return TrainingState("Unknown", refused.reason, f"{refused.message} (trying again)")
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("Unknown", trouble.reason, trouble.message)
    name = training_job_child(seen.manifest["metadata"]["name"])
    return TrainingState("Unknown", reasons.TRAINING, f"Job {name} runs")


QUESTIONS: tuple[Question, ...] = (
    is_finished, is_name_taken, has_recorded_result, has_ended, is_suspended, is_edited, is_absent, is_running,
)  # fmt: skip

_SUSPENDED = "spec.suspend is true; set it to false to train"


def plan_training(seen: TrainingSeen) -> Plan:
    """Return the plan of the first question that has an answer; `is_running` always has one."""
    state = next(answer for question in QUESTIONS if (answer := question(seen)) is not None)
    status = make_status(seen.manifest, seen.job, seen.child, state, seen.now)
    return Plan(
        status=status,
        create=state.create,
        delete=state.delete,
        tidy=state.tidy,
        events=transition_events(seen.status, status),
        requeue_after=state.look_again,
    )


def _accepted(seen: TrainingSeen, result: Result) -> TrainingState:
    body = dict(result.body)
    if result.outcome == GATE_FAILED:
        return TrainingState("False", reasons.GATE_FAILED, result.message, result=body)
    if "artifact" not in body or "signature" not in body:
        lacking = "the result names no artifact or no signature; see the trainer's contract"
        return TrainingState("False", reasons.RESULT_UNREADABLE, lacking)
    name = seen.manifest["metadata"]["name"]
    return TrainingState("Unknown", reasons.REGISTERING, f"creating ModelVersion {name}", result=body)


def _failed(seen: TrainingSeen, ending: dict[str, Any], result: Result | None) -> TrainingState:
    if ending.get("reason") == "DeadlineExceeded":
        return TrainingState(
            "False",
            reasons.DEADLINE_EXCEEDED,
            f"training took longer than spec.activeDeadlineSeconds ({seen.job.spec.active_deadline_seconds} s)",
        )
    if result is not None and result.outcome == FAILED:
        return TrainingState("False", result.reason, result.message, result=dict(result.body))
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("False", trouble.reason, trouble.message)
    return TrainingState(
        "False", reasons.TRAINER_CRASHED, str(ending.get("message", "the Job failed; see `kubectl logs`"))
    )


def _claims(seen: TrainingSeen) -> tuple[Manifest, ...]:
    """The namespace's store, where the run goes there and it does not exist."""
    store = parse_uri(output_uri(seen.job, seen.manifest, seen.platform))
    if store.scheme != "pvc" or store.name != seen.platform.store.claim or seen.claim is not None:
        return ()
    return (make_store_claim(seen.manifest["metadata"]["namespace"], seen.platform.store),)


def _version_conflict(name: str) -> TrainingState:
    message = f"ModelVersion {name} exists and comes from elsewhere; delete it, or train under another name"
    return TrainingState("Unknown", reasons.NAME_CONFLICT, message, look_again=LOOK_AGAIN_SECONDS)


def _wait(message: str) -> TrainingState:
    return TrainingState("Unknown", reasons.STARTING, message, look_again=WAIT_SECONDS)


def _deletion(child: Manifest | None) -> tuple[Deletion, ...]:
    return () if child is None else (deletion_of(child),)
