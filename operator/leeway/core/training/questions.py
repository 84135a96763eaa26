"""Decide what a TrainingJob needs next: an ordered tuple of questions, the first answer is the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leeway.api.condition import SUCCEEDED
from leeway.api.kinds import Manifest
from leeway.api.reasons import Reason
from leeway.api.result import TrainingResult
from leeway.core.codec import write_status
from leeway.core.conditions import find_condition
from leeway.core.events import summary_events
from leeway.core.names import COMPONENTS, training_job_child
from leeway.core.plan import LOOK_AGAIN_SECONDS, WAIT_SECONDS, Apply, Create, Delete, Plan
from leeway.core.pods.jobs import deletion_of, ending_of, plan_expiry
from leeway.core.pods.message import FAILED, GATE_FAILED, Result, read_result
from leeway.core.pods.network import plan_job_policy
from leeway.core.pods.platform import make_store_claim
from leeway.core.pods.template import is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, find_trouble, last_message
from leeway.core.pods.uris import parse_uri
from leeway.core.training.job import CONTAINER, is_outdated, make_train_job, output_uri
from leeway.core.training.record import is_record_of, make_model_version
from leeway.core.training.state import TrainingSeen, TrainingState
from leeway.core.training.status import make_status

FIELDS = Fields(
    resources="spec.pod.resources",
    env="spec.pod.env",
    node="spec.pod.nodeSelector and spec.pod.tolerations",
    claim="spec.data.uri or spec.output.uri",
    image="the operator's trainer image setting",
)


Question = Callable[[TrainingSeen], TrainingState | None]


def is_finished(seen: TrainingSeen) -> TrainingState | None:
    """The end is recorded: only the Job's expiry is left to set."""
    ended = find_condition(seen.status.conditions, SUCCEEDED)
    if ended is None or ended.status == "Unknown":
        return None
    own = seen.child if seen.child and is_owned_by(seen.child, seen.uid) else None
    tidy = plan_expiry(own, seen.job.spec.ttl_seconds_after_finished)
    return TrainingState(ended.status, ended.reason, ended.message, tidy=tidy)


def is_name_taken(seen: TrainingSeen) -> TrainingState | None:
    """A Job of the name we need belongs to somebody else, or to a deleted TrainingJob of our name."""
    if seen.child is None or is_owned_by(seen.child, seen.uid):
        return None
    name = seen.child["metadata"]["name"]
    if is_left_by_former(seen.child, seen.manifest):
        return _wait(f"waiting for Job {name} of the former TrainingJob to go")
    return TrainingState(
        "Unknown",
        Reason.NAME_CONFLICT,
        f"Job {name} exists and does not belong to this TrainingJob;"
        " delete it, or create the TrainingJob under another name",
        look_again=LOOK_AGAIN_SECONDS,
    )


def has_recorded_result(seen: TrainingSeen) -> TrainingState | None:
    """Training succeeded and its result is recorded: the version is made, and the end recorded once it is seen."""
    if seen.status.result is None:
        return None
    name = seen.manifest["metadata"]["name"]
    if seen.version is None:
        return _registering(seen, seen.status.result)
    if not is_record_of(seen.version, seen.uid):
        return replace(_version_conflict(name), result=seen.status.result)
    return TrainingState("True", Reason.COMPLETED, f"ModelVersion {name} was created")


def has_ended(seen: TrainingSeen) -> TrainingState | None:
    """The Job is over: its result, or the lack of one, is the answer."""
    ending = ending_of(seen.child)
    if ending is None:
        return None
    result = read_result(last_message(seen.pods, CONTAINER), TrainingResult)
    body = result.body if result else None
    if ending.get("type") == "Complete" and result and body and result.outcome != FAILED:
        return _accepted(seen, result, body)
    if ending.get("type") == "Complete" and result is None:
        return TrainingState(
            "False",
            Reason.RESULT_LOST,
            "the trainer's pod is gone, and its result with it; create a new TrainingJob",
        )
    return _failed(seen, ending, result)


def is_suspended(seen: TrainingSeen) -> TrainingState | None:
    """Nothing runs while suspended; a Job that ran goes, since what it had done is lost with its pod anyway."""
    if not seen.job.spec.suspend:
        return None
    return TrainingState("Unknown", Reason.SUSPENDED, _SUSPENDED, delete=_deletion(seen.child))


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
        "Unknown",
        Reason.STARTING,
        f"creating Job {job['metadata']['name']}",
        create=(*_claims(seen), *_policies(seen), Create(job)),
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
    return TrainingState("Unknown", Reason.TRAINING, f"Job {name} runs")


QUESTIONS: tuple[Question, ...] = (
    is_finished, is_name_taken, has_recorded_result, has_ended, is_suspended, is_edited, is_absent, is_running,
)  # fmt: skip

_SUSPENDED = "spec.suspend is true; set it to false to train"


def plan_training(seen: TrainingSeen) -> Plan:
    """Return the plan of the first question that has an answer; `is_running` always has one."""
    state = next(answer for question in QUESTIONS if (answer := question(seen)) is not None)
    status = make_status(seen, state)
    return Plan(
        status=write_status(status),
        rest=(*state.create, *state.delete),
        tidy=state.tidy,
        events=summary_events(seen.manifest, seen.status.conditions, status.conditions, seen.now),
        look_again=state.look_again,
    )


def _accepted(seen: TrainingSeen, result: Result[TrainingResult], body: TrainingResult) -> TrainingState:
    if result.outcome == GATE_FAILED:
        return TrainingState("False", Reason.GATE_FAILED, result.message, result=body)
    if "model" not in body.files or (body.signature is not None) == ("signature" in body.files):
        lacking = "the result needs files.model, and the signature either inline or in files.signature"
        return TrainingState("False", Reason.RESULT_UNREADABLE, lacking)
    return _registering(seen, body)


def _registering(seen: TrainingSeen, body: TrainingResult) -> TrainingState:
    """Record the result, then make the version from it: the pod that said it may be gone by the next pass."""
    store = output_uri(seen.job, seen.manifest, seen.platform)
    version = make_model_version(seen.job, seen.manifest, write_status(body), store)
    name = version["metadata"]["name"]
    return TrainingState(
        "Unknown",
        Reason.REGISTERING,
        f"creating ModelVersion {name}",
        result=body,
        create=(Create(version),),
        # The version's own event ends this sooner; it may be somebody else's of the same name.
        look_again=WAIT_SECONDS,
    )


def _failed(
    seen: TrainingSeen, ending: dict[str, Any], result: Result[TrainingResult] | None
) -> TrainingState:
    if ending.get("reason") == "DeadlineExceeded":
        return TrainingState(
            "False",
            Reason.DEADLINE_EXCEEDED,
            f"training took longer than spec.activeDeadlineSeconds ({seen.job.spec.active_deadline_seconds} s)",
        )
    if result is not None and result.outcome == FAILED:
        return TrainingState("False", result.reason, result.message, result=result.body)
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("False", trouble.reason, trouble.message)
    return TrainingState(
        "False", Reason.TRAINER_CRASHED, str(ending.get("message", "the Job failed; see `kubectl logs`"))
    )


def _claims(seen: TrainingSeen) -> tuple[Create, ...]:
    """The namespace's store, where the run goes there and it does not exist."""
    store = parse_uri(output_uri(seen.job, seen.manifest, seen.platform))
    if store.scheme != "pvc" or store.name != seen.platform.store.claim or seen.claim is not None:
        return ()
    return (Create(make_store_claim(seen.manifest["metadata"]["namespace"], seen.platform.store)),)


def _policies(seen: TrainingSeen) -> tuple[Apply, ...]:
    """The network policy of the namespace's trainers, where it is not as it should be."""
    metadata = seen.manifest["metadata"]
    component = COMPONENTS[seen.manifest["kind"]]
    return plan_job_policy(metadata["namespace"], component, seen.platform.network, seen.policy)


def _version_conflict(name: str) -> TrainingState:
    message = f"ModelVersion {name} exists and comes from elsewhere; delete it, or train under another name"
    return TrainingState("Unknown", Reason.NAME_CONFLICT, message, look_again=LOOK_AGAIN_SECONDS)


def _wait(message: str) -> TrainingState:
    return TrainingState("Unknown", Reason.STARTING, message, look_again=WAIT_SECONDS)


def _deletion(child: Manifest | None) -> tuple[Delete, ...]:
    return () if child is None else (deletion_of(child),)
