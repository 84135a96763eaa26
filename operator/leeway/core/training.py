"""Decide what a TrainingJob needs next: an ordered tuple of questions, the first answer is the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leeway.api import reasons
from leeway.api.kinds import Manifest
from leeway.api.training_job import TrainingJob
from leeway.core.applied import is_applied
from leeway.core.conditions import Status, find_condition
from leeway.core.jobs import ending_of, make_job_patch
from leeway.core.names import training_job_child
from leeway.core.plan import LOOK_AGAIN_SECONDS, Plan
from leeway.core.platform import Platform, make_store_claim
from leeway.core.pod_parts import is_owned_by
from leeway.core.pods import Fields, find_trouble, termination_messages
from leeway.core.result import FAILED, GATE_FAILED, Result, first_result
from leeway.core.train_job import CONTAINER, make_train_job, output_uri
from leeway.core.training_status import make_status, transition_events
from leeway.core.uris import parse_uri
from leeway.core.version_record import is_record_of, make_model_version

FIELDS = Fields(
    resources="spec.resources",
    env="spec.env or spec.envFrom",
    node="spec.nodeSelector and spec.tolerations",
    claim="spec.data.uri or spec.output.uri",
    image="the operator's trainer image setting",
)


@dataclass(frozen=True, slots=True)
class TrainingSeen:
    """Everything that was observed of one TrainingJob."""

    manifest: Manifest
    job: TrainingJob
    child: Manifest | None
    pods: tuple[Manifest, ...]
    version: Manifest | None
    claim: Manifest | None
    platform: Platform
    now: datetime

    @property
    def uid(self) -> str:
        """The TrainingJob's UID."""
        return str(self.manifest["metadata"]["uid"])

    @property
    def status(self) -> dict[str, Any]:
        """The status as stored."""
        return dict(self.manifest.get("status") or {})


@dataclass(frozen=True, slots=True)
class TrainingState:
    """One answer: the Succeeded condition, and what to write."""

    succeeded: Status
    reason: str
    message: str
    result: dict[str, Any] | None = None
    create: tuple[Manifest, ...] = ()
    apply: tuple[Manifest, ...] = field(default=())


Question = Callable[[TrainingSeen], TrainingState | None]


def is_finished(seen: TrainingSeen) -> TrainingState | None:
    """The end is recorded: only the Job's expiry is left to set."""
    succeeded = find_condition(seen.status, "Succeeded")
    if succeeded.get("status") not in {"True", "False"}:
        return None
    return TrainingState(succeeded["status"], succeeded["reason"], succeeded["message"], apply=_expiry(seen))


def is_name_taken(seen: TrainingSeen) -> TrainingState | None:
    """A Job of the name we need belongs to somebody else."""
    if seen.child is None or is_owned_by(seen.child, seen.uid):
        return None
    return TrainingState(
        "Unknown",
        reasons.NAME_CONFLICT,
        f"Job {seen.child['metadata']['name']} exists and does not belong to this TrainingJob;"
        " delete it, or create the TrainingJob under another name",
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
        return TrainingState(
            "Unknown",
            reasons.NAME_CONFLICT,
            f"ModelVersion {name} exists and comes from elsewhere; delete it, or train under another name",
            result=body,
        )
    return TrainingState("True", reasons.COMPLETED, f"ModelVersion {name} was created")


def has_ended(seen: TrainingSeen) -> TrainingState | None:
    """The Job is over: its result, or the lack of one, is the answer."""
    ending = ending_of(seen.child)
    if ending is None:
        return None
    result = first_result(termination_messages(seen.pods, CONTAINER))
    if ending.get("type") == "Complete" and result is not None and result.outcome != FAILED:
        return _accepted(seen, result)
    if ending.get("type") == "Complete":
        return TrainingState(
            "False",
            reasons.RESULT_LOST,
            "the trainer's pod is gone, and its result with it; create a new TrainingJob",
        )
    return _failed(seen, ending, result)


def is_absent(seen: TrainingSeen) -> TrainingState | None:
    """No Job: make it, and the namespace's store before it."""
    if seen.child is not None:
        return None
    job = make_train_job(seen.job, seen.manifest, seen.platform)
    store = parse_uri(output_uri(seen.job, seen.manifest, seen.platform))
    is_default_store = store.scheme == "pvc" and store.name == seen.platform.store.claim
    claims = (make_store_claim(seen.manifest["metadata"]["namespace"], seen.platform.store),)
    create = (*(claims if is_default_store and seen.claim is None else ()), job)
    if seen.job.spec.suspend:
        return TrainingState("Unknown", reasons.SUSPENDED, _SUSPENDED, create=create)
    return TrainingState(
        "Unknown", reasons.STARTING, f"creating Job {job['metadata']['name']}", create=create
    )


def is_running(seen: TrainingSeen) -> TrainingState:
    """The Job is under way: say how it gets on."""
    apply = _suspension(seen)
    if seen.job.spec.suspend:
        return TrainingState("Unknown", reasons.SUSPENDED, _SUSPENDED, apply=apply)
    refused = first_result(termination_messages(seen.pods, CONTAINER))
    if refused is not None and refused.outcome == FAILED:
        return TrainingState("Unknown", refused.reason, f"{refused.message} (trying again)", apply=apply)
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("Unknown", trouble.reason, trouble.message, apply=apply)
    return TrainingState(
        "Unknown",
        reasons.TRAINING,
        f"Job {training_job_child(seen.manifest['metadata']['name'])} runs",
        apply=apply,
    )


QUESTIONS: tuple[Question, ...] = (
    is_finished, is_name_taken, has_recorded_result, has_ended, is_absent, is_running,
)  # fmt: skip

_SUSPENDED = "spec.suspend is true; set it to false to train"


def plan_training(seen: TrainingSeen) -> Plan:
    """Return the plan of the first question that has an answer; `is_running` always has one."""
    state = next(answer for question in QUESTIONS if (answer := question(seen)) is not None)
    status = make_status(seen.manifest, seen.job, seen.child, state, seen.now)
    return Plan(
        status=status,
        create=state.create,
        apply=state.apply,
        events=transition_events(seen.status, status),
        requeue_after=LOOK_AGAIN_SECONDS if state.reason == reasons.NAME_CONFLICT else None,
    )


def _accepted(seen: TrainingSeen, result: Result) -> TrainingState:
    body = dict(result.body)
    if result.outcome == GATE_FAILED:
        return TrainingState("False", reasons.GATE_FAILED, result.message, result=body)
    name = seen.manifest["metadata"]["name"]
    return TrainingState("Unknown", reasons.REGISTERING, f"creating ModelVersion {name}", result=body)


def _failed(seen: TrainingSeen, ending: dict[str, Any], result: Result | None) -> TrainingState:
    if result is not None and result.outcome == FAILED:
        return TrainingState("False", result.reason, result.message, result=dict(result.body))
    if ending.get("reason") == "DeadlineExceeded":
        return TrainingState(
            "False",
            reasons.DEADLINE_EXCEEDED,
            f"training took longer than spec.activeDeadlineSeconds ({seen.job.spec.active_deadline_seconds} s)",
        )
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("False", trouble.reason, trouble.message)
    return TrainingState(
        "False", reasons.TRAINER_CRASHED, str(ending.get("message", "the Job failed; see `kubectl logs`"))
    )


def _suspension(seen: TrainingSeen) -> tuple[Manifest, ...]:
    """The one field of a running Job that follows the spec."""
    metadata = seen.manifest["metadata"]
    name = training_job_child(metadata["name"])
    patch = make_job_patch(metadata["namespace"], name, suspend=seen.job.spec.suspend)
    return () if is_applied(patch, seen.child) else (patch,)


def _expiry(seen: TrainingSeen) -> tuple[Manifest, ...]:
    seconds = seen.job.spec.ttl_seconds_after_finished
    if seen.child is None or seconds is None or not is_owned_by(seen.child, seen.uid):
        return ()
    metadata = seen.child["metadata"]
    expiry = make_job_patch(metadata["namespace"], metadata["name"], ttlSecondsAfterFinished=seconds)
    return () if is_applied(expiry, seen.child) else (expiry,)
