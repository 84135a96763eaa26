"""Decide what a TrainingJob needs next: an ordered tuple of questions, the first answer is the state.

Why is my job in this state? Read QUESTIONS from the top.
"""

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
from leeway.core.pods.jobs import deletion_of, ending_of, plan_expiry, pods_of_ending
from leeway.core.pods.message import FAILED, GATE_FAILED, Result, read_result
from leeway.core.pods.network import plan_job_policy
from leeway.core.pods.refusal import NO_POD_SECONDS, lacks_pod, lacks_pod_for_long, make_refusal
from leeway.core.pods.template import is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, find_trouble, last_message
from leeway.core.training.job import CONTAINER, given_output, is_outdated, make_train_job, output_uri
from leeway.core.training.record import is_record_of, make_model_version
from leeway.core.training.replaced import find_replaced_trouble, give
from leeway.core.training.state import TrainingSeen, TrainingState, has_end
from leeway.core.training.status import make_status
from leeway.core.training.store import find_store_trouble, missing_store

FIELDS = Fields(
    resources="spec.pod.resources",
    env="spec.pod.env",
    node="spec.pod.nodeSelector and spec.pod.tolerations",
    claim="spec.data.uri or spec.output.uri",
    image="the operator's trainer image setting",
)


Question = Callable[[TrainingSeen], TrainingState | None]


def is_finished(seen: TrainingSeen) -> TrainingState | None:
    """Return the recorded end, with the Job's expiry as what is left to set."""
    # First of all questions: an end stands, whatever happens later to the Job, its pods or the ModelVersion.
    ended = find_condition(seen.status.conditions, SUCCEEDED)
    if ended is None or not has_end(seen.status):
        return None
    # Only now may the Job expire. Set in its template, the time would run from its end, and take the pod with the
    # result in its termination message while the operator is down.
    own = seen.child if seen.child and is_owned_by(seen.child, seen.uid) else None
    tidy = plan_expiry(own, seen.job.spec.ttl_seconds_after_finished)
    return TrainingState(ended.status, ended.reason, ended.message, tidy=tidy)


def is_name_taken(seen: TrainingSeen) -> TrainingState | None:
    """Wait while the Job's name is taken: by an object of somebody else, or by a deleted TrainingJob's Job."""
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
    """Create the ModelVersion of a recorded result; complete once it exists."""
    if seen.status.result is None:
        return None
    # The end is recorded only when the version has been seen, and drops the result. A process that dies in between
    # leaves the result, and the next one creates the version; creating it twice is refused by its name.
    name = seen.manifest["metadata"]["name"]
    if seen.version is None:
        return _registering(seen, seen.status.result)
    if not is_record_of(seen.version, seen.uid):
        return replace(_version_conflict(name), result=seen.status.result)
    told = len(seen.status.result.warnings)
    warned = f"; {told} {'warning' if told == 1 else 'warnings'}: see status.warnings" if told else ""
    return TrainingState("True", Reason.COMPLETED, f"ModelVersion {name} was created{warned}")


def has_ended(seen: TrainingSeen) -> TrainingState | None:
    """Return the end of a Job that is over, by the trainer's result or the lack of one."""
    ending = ending_of(seen.child)
    # One that ended by an earlier spec, edited before its end was read, is no record of this one (decision 0006).
    if ending is None or _is_outdated(seen):
        return None
    result = read_result(last_message(pods_of_ending(ending, seen.pods), CONTAINER), TrainingResult)
    body = result.body if result else None
    if ending.get("type") == "Complete" and result and body and result.outcome != FAILED:
        return _accepted(seen, result, body)
    # Not trained again by itself: nobody knows whether the files that the run left are whole.
    if ending.get("type") == "Complete" and result is None:
        return TrainingState(
            "False",
            Reason.RESULT_LOST,
            "the trainer's pod is gone, and its result with it; create a new TrainingJob",
        )
    return _failed(seen, ending, result)


def is_suspended(seen: TrainingSeen) -> TrainingState | None:
    """Delete the Job while the TrainingJob is suspended."""
    if not seen.job.spec.suspend:
        return None
    # Deleted, not suspended itself: a Job's template is immutable, so a resumed one would train by the spec before
    # an edit (decision 0006). Kubernetes stops the pods of a suspended Job, so no work is lost that it would keep.
    return TrainingState("Unknown", Reason.SUSPENDED, _SUSPENDED, delete=_deletion(seen.child))


def is_edited(seen: TrainingSeen) -> TrainingState | None:
    """Delete a Job that runs by an earlier spec than the present one."""
    if not _is_outdated(seen):
        return None
    return replace(_wait("the spec was edited; starting anew"), delete=_deletion(seen.child))


def lacks_store(seen: TrainingSeen) -> TrainingState | None:
    """Wait, before the Job is created, for a claim of the user's to exist and to be marked as a store."""
    trouble = find_store_trouble(seen) if seen.child is None else None
    if trouble is None:
        return None
    return TrainingState("Unknown", trouble.reason, trouble.message, look_again=LOOK_AGAIN_SECONDS)


def lacks_replaced(seen: TrainingSeen) -> TrainingState | None:
    """Wait, before the Job is created, for the version that the new one is to replace."""
    trouble = find_replaced_trouble(seen) if seen.child is None else None
    if trouble is None:
        return None
    return TrainingState("Unknown", trouble.reason, trouble.message, look_again=LOOK_AGAIN_SECONDS)


def is_absent(seen: TrainingSeen) -> TrainingState | None:
    """Create the Job, and the namespace's store before it."""
    if seen.child is not None:
        return None
    # Before training, not after it: a version of this name that comes from elsewhere would waste the whole run.
    if seen.version is not None and not is_record_of(seen.version, seen.uid):
        return _version_conflict(seen.manifest["metadata"]["name"])
    # A pod outlives its Job for as long as its grace period, and would write into the same folder.
    if seen.leftovers:
        return _wait(f"waiting for pod {seen.leftovers[0]['metadata']['name']} of the former Job to end")
    given = give(seen.replaced, output_uri(seen.job, seen.manifest, seen.platform))
    job = make_train_job(seen.job, seen.manifest, seen.platform, given)
    return TrainingState(
        "Unknown",
        Reason.STARTING,
        f"creating Job {job['metadata']['name']}",
        create=(*missing_store(seen), *_policies(seen), Create(job)),
        look_again=NO_POD_SECONDS,
    )


def is_running(seen: TrainingSeen) -> TrainingState:
    """Return how a running Job is doing."""
    # No event of ours tells that a pod does not come.
    again = NO_POD_SECONDS if lacks_pod(seen.child, seen.pods) else None
    return replace(_running(seen), look_again=again)


def _running(seen: TrainingSeen) -> TrainingState:
    trouble = make_refusal(seen.refusal)
    if trouble is not None:
        return TrainingState("Unknown", trouble.reason, trouble.message)
    # A failed attempt leaves its message; the next one may be under way already.
    refused = read_result(last_message(seen.pods, CONTAINER), TrainingResult)
    if refused is not None and refused.outcome == FAILED:
        return TrainingState("Unknown", refused.reason, f"{refused.message} (trying again)")
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("Unknown", trouble.reason, trouble.message)
    name = training_job_child(seen.manifest["metadata"]["name"])
    if lacks_pod_for_long(seen.child, seen.pods, seen.now):
        return TrainingState(
            "Unknown", Reason.TRAINING, f"Job {name} has no pod; see `kubectl describe job {name}`"
        )
    return TrainingState("Unknown", Reason.TRAINING, f"Job {name} runs")


# What is recorded comes before what is observed, and what has ended before what a user may still change: suspending a
# job that is over changes nothing.
QUESTIONS: tuple[Question, ...] = (
    is_finished, is_name_taken, has_recorded_result, has_ended, is_suspended, is_edited, lacks_store,
    lacks_replaced, is_absent, is_running,
)  # fmt: skip

_SUSPENDED = "spec.suspend is true; set it to false to train"


def plan_training(seen: TrainingSeen) -> Plan:
    """Return the plan of the first question that has an answer."""
    # `is_running`, the last one, always has.
    state = next(answer for question in QUESTIONS if (answer := question(seen)) is not None)
    status = make_status(seen, state)
    return Plan(
        status=write_status(status),
        # No requests reach a trainer, so that every write belongs to the last phase.
        rest=(*state.create, *state.delete),
        tidy=state.tidy,
        events=summary_events(seen.manifest, seen.status.conditions, status.conditions, seen.now),
        look_again=state.look_again,
    )


def _accepted(seen: TrainingSeen, result: Result[TrainingResult], body: TrainingResult) -> TrainingState:
    if result.outcome == GATE_FAILED:
        return TrainingState("False", Reason.GATE_FAILED, result.message, result=body)
    # A trainer image of the user's own may report anything. What the API server would refuse in a ModelVersion ends
    # the run here, with a message about the result, instead of a child that is refused for ever.
    if "model" not in body.files or (body.signature is not None) == ("signature" in body.files):
        lacking = "the result needs files.model, and the signature either inline or in files.signature"
        return TrainingState("False", Reason.RESULT_UNREADABLE, lacking)
    return _registering(seen, body)


def _registering(seen: TrainingSeen, body: TrainingResult) -> TrainingState:
    """Record the result and create the ModelVersion from it."""
    # Both in one plan: the status is written first, and holds the result when the pod that reported it is gone.
    store = given_output(seen.child) or output_uri(seen.job, seen.manifest, seen.platform)
    version = make_model_version(seen.job, seen.manifest, write_status(body), store)
    name = version["metadata"]["name"]
    return TrainingState(
        "Unknown",
        Reason.REGISTERING,
        f"creating ModelVersion {name}",
        result=body,
        create=(Create(version),),
        # The watch's event of the new version ends the wait sooner; the name may also have been taken meanwhile.
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
    # Without a result the pod itself may say more than the Job does: BackoffLimitExceeded hides an OOMKilled.
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return TrainingState("False", trouble.reason, trouble.message)
    return TrainingState(
        "False", Reason.TRAINER_CRASHED, str(ending.get("message", "the Job failed; see `kubectl logs`"))
    )


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


def _is_outdated(seen: TrainingSeen) -> bool:
    return seen.child is not None and is_outdated(seen.child, seen.manifest)


def _deletion(child: Manifest | None) -> tuple[Delete, ...]:
    return () if child is None else (deletion_of(child),)
