"""Decide what a ModelVersion needs next: verify once, then say whether it may be served."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leeway.api.condition import APPROVED, ARTIFACT_VERIFIED, QUARANTINED, READY
from leeway.api.condition import Condition as RecordedCondition
from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion, ModelVersionStatus, Quarantine
from leeway.api.model_version import Verification as RecordedVerification
from leeway.api.reasons import Reason
from leeway.api.result import VerificationResult
from leeway.core.codec import write_status
from leeway.core.conditions import Condition, merge_conditions, parse_time, with_progress
from leeway.core.events import event_id, summary_events
from leeway.core.headline import headline
from leeway.core.names import ANNOTATION_GENERATION, COMPONENTS, verification_job
from leeway.core.plan import LOOK_AGAIN_SECONDS, WAIT_SECONDS, Apply, Create, Delete, Event, Plan
from leeway.core.pods.jobs import deletion_of, ending_of, plan_expiry, pods_of_ending
from leeway.core.pods.message import SUCCEEDED, Result, read_result
from leeway.core.pods.network import plan_job_policy
from leeway.core.pods.refusal import NO_POD_SECONDS, lacks_pod, lacks_pod_for_long, make_refusal
from leeway.core.pods.template import is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, find_trouble, last_message
from leeway.core.versions.job import CONTAINER, make_verify_job
from leeway.core.versions.quarantine import Hold, make_hold, why_quarantined
from leeway.core.versions.state import VersionSeen, standing_verdict

FIELDS = Fields(
    resources="spec.pod.resources",
    env="spec.pod.env",
    node="spec.pod.nodeSelector and spec.pod.tolerations",
    claim="spec.files",
    image="the operator's server image setting",
)

DEPLOYMENTS_SHOWN = 100
# Long enough to read a finished verifier's logs, short enough to leave no heap of pods.
KEPT_SECONDS = 3600
# After what is no verdict: a store that does not answer, a node that is full. The Job itself retries sooner.
RETRY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Verification:
    """The ArtifactVerified condition, what to write for it, and the verifier's result."""

    condition: Condition
    create: tuple[Create | Apply, ...] = ()
    tidy: tuple[Manifest, ...] = ()
    delete: tuple[Delete, ...] = ()
    result: VerificationResult | None = None
    look_again: float | None = None


def plan_version(seen: VersionSeen) -> Plan:
    """Return the plan: the verification that is due, and the conditions that follow from it."""
    verification = verify(seen)
    status = make_status(seen, verification, make_hold(seen))
    return Plan(
        status=write_status(status),
        rest=(*verification.create, *verification.delete),
        tidy=verification.tidy,
        events=(
            *_command_events(seen.manifest, status),
            *summary_events(seen.manifest, seen.status.conditions, status.conditions, seen.now),
        ),
        look_again=verification.look_again,
    )


def make_status(seen: VersionSeen, verification: Verification, hold: Hold) -> ModelVersionStatus:
    """Return the whole status."""
    conditions = _conditions(verification.condition, _approval(seen.version), hold.quarantine)
    held = {"quarantine": hold.quarantine, "lift_time": hold.lifted_at, "command": hold.command}
    named: dict[str, Any] = {name: value for name, value in held.items() if value}
    if seen.deployments:
        named["deployment_names"] = seen.deployments[:DEPLOYMENTS_SHOWN]
    if record := _record(seen, verification):
        named["verification"] = record
    return ModelVersionStatus(
        observed_generation=seen.generation,
        headline=headline(seen.version.spec.metrics),
        conditions=merge_conditions(conditions, seen.status.conditions, seen.generation, seen.now),
        **named,
    )


def verify(seen: VersionSeen) -> Verification:
    """Return the state of the verification."""
    # The recorded verdict first: the Job expires after an hour, and its absence must not start another one.
    known = standing_verdict(seen.status, seen.generation)
    if known is not None:
        own = seen.child if seen.child and is_owned_by(seen.child, seen.uid) else None
        return Verification(_again(known), tidy=plan_expiry(own, KEPT_SECONDS))
    if seen.child is None:
        job = make_verify_job(seen.version, seen.manifest, seen.platform)
        create: tuple[Create | Apply, ...] = (*_policies(seen), Create(job))
        verifying = _unknown(Reason.VERIFYING, "the artifact is being verified")
        return Verification(verifying, create=create, look_again=NO_POD_SECONDS)
    if is_left_by_former(seen.child, seen.manifest):
        waiting = f"waiting for Job {seen.child['metadata']['name']} of the former ModelVersion to go"
        return Verification(_unknown(Reason.VERIFYING, waiting), look_again=WAIT_SECONDS)
    if not is_owned_by(seen.child, seen.uid):
        conflict = _unknown(Reason.NAME_CONFLICT, _foreign(seen.child))
        return Verification(conflict, look_again=LOOK_AGAIN_SECONDS)
    return _progress(seen, seen.child)


def _progress(seen: VersionSeen, job: Manifest) -> Verification:
    ending = ending_of(job)
    if ending is not None:
        told = replace(seen, pods=pods_of_ending(ending, seen.pods))
        return _ended(told, job, ending, read_result(last_message(told.pods, CONTAINER), VerificationResult))
    again = NO_POD_SECONDS if lacks_pod(job, seen.pods) else None
    return Verification(_running(seen, job), look_again=again)


def _running(seen: VersionSeen, job: Manifest) -> Condition:
    if (refusal := make_refusal(seen.refusal)) is not None:
        return _unknown(refusal.reason, refusal.message)
    result = read_result(last_message(seen.pods, CONTAINER), VerificationResult)
    if result is not None and result.outcome != SUCCEEDED:
        return _unknown(result.reason, f"{result.message} (trying again)")
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return _unknown(trouble.reason, trouble.message)
    if lacks_pod_for_long(job, seen.pods, seen.now):
        name = job["metadata"]["name"]
        return _unknown(Reason.VERIFYING, f"Job {name} has no pod; see `kubectl describe job {name}`")
    return _unknown(Reason.VERIFYING, "the artifact is being verified")


def _ended(
    seen: VersionSeen, job: Manifest, ending: dict[str, Any], result: Result[VerificationResult] | None
) -> Verification:
    """Return the state after the Job has ended: a verdict of the verifier, or another attempt."""
    # Outdated by an edit of credentialsSecretName or pod, the only fields that may change and matter here.
    if _is_outdated(seen, job):
        anew = _unknown(Reason.VERIFYING, "the spec changed; verifying again")
        return Verification(anew, delete=(deletion_of(job),))
    if ending["type"] == "Complete" and result is not None and result.outcome == SUCCEEDED:
        return Verification(
            Condition(ARTIFACT_VERIFIED, "True", Reason.VERIFIED, result.message), result=result.body
        )
    # The exit code for bad input failed the Job: the files are at fault, and they cannot change.
    if ending.get("reason") == "PodFailurePolicy" and result is not None:
        return Verification(_refused(result.reason, result.message), result=result.body)
    # Anything else is the cluster's trouble and no verdict: a crash must not condemn a version for ever.
    reason, message = _why(seen, result)
    left = (_ended_at(ending) + timedelta(seconds=RETRY_SECONDS) - seen.now).total_seconds()
    delete = (deletion_of(job),) if left <= 0 else ()
    again = f"{message} (trying again {RETRY_SECONDS // 60} minutes after it ended)"
    return Verification(_unknown(reason, again), delete=delete, look_again=max(left, WAIT_SECONDS))


def _ended_at(ending: dict[str, Any]) -> datetime:
    return parse_time(str(ending["lastTransitionTime"]))


def _why(seen: VersionSeen, result: Result[VerificationResult] | None) -> tuple[str, str]:
    """Return the reason and message of an end without a verdict: the verifier's, the pod's, or a general one."""
    if result is not None and result.outcome != SUCCEEDED:
        return result.reason, result.message
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return trouble.reason, trouble.message
    return Reason.VERIFIER_CRASHED, "the verifier ended without a result; see `kubectl logs`"


def _policies(seen: VersionSeen) -> tuple[Apply, ...]:
    """Return the write that makes the network policy of the namespace's verifiers as it should be."""
    metadata = seen.manifest["metadata"]
    component = COMPONENTS[seen.manifest["kind"]]
    return plan_job_policy(metadata["namespace"], component, seen.platform.network, seen.policy)


def _conditions(
    verified: Condition, approved: Condition, quarantine: Quarantine | None
) -> tuple[Condition, ...]:
    if quarantine is None:
        ready = _ready(verified, approved)
        return with_progress(ready, verified, approved, is_final=verified.status == "False")
    message = why_quarantined(quarantine)
    ready = Condition(READY, "False", Reason.QUARANTINED, message)
    # There only while it is True: kubectl wait and people read its presence.
    quarantined = Condition(QUARANTINED, "True", quarantine.reason, message)
    return with_progress(ready, verified, approved, quarantined)


def _command_events(manifest: Manifest, status: ModelVersionStatus) -> tuple[Event, ...]:
    command = status.command
    if command is None or command.time is None:
        return ()
    reason = Reason.COMMANDED
    id_ = event_id(manifest, "command", command.token, command.name, command.time)
    return (Event(id_, command.time, reason.tone, reason, command.message),)


def _ready(verified: Condition, approved: Condition) -> Condition:
    if verified.status != "True":
        return Condition(READY, verified.status, verified.reason, verified.message)
    if approved.status != "True":
        return Condition(READY, "False", approved.reason, approved.message)
    return Condition(READY, "True", Reason.VERIFIED, verified.message)


def _approval(version: ModelVersion) -> Condition:
    approval = version.spec.approval
    if approval.policy == "Automatic":
        return Condition(APPROVED, "True", Reason.APPROVED, "spec.approval.policy is Automatic")
    if approval.approved_by:
        return Condition(APPROVED, "True", Reason.APPROVED, f"approved by {approval.approved_by}")
    return Condition(
        APPROVED, "False", Reason.AWAITING_APPROVAL, "set spec.approval.approvedBy to approve this version"
    )


def _record(seen: VersionSeen, verification: Verification) -> RecordedVerification | None:
    result = verification.result
    if result is None:
        return seen.status.verification
    job = verification_job(seen.manifest["metadata"]["name"])
    golden = {"golden_rows": result.golden_rows} if "golden_rows" in result.model_fields_set else {}
    return RecordedVerification(job_name=job, completion_time=seen.now, **golden)


def _again(known: RecordedCondition) -> Condition:
    return Condition(ARTIFACT_VERIFIED, known.status, known.reason, known.message)


def _unknown(reason: str, message: str) -> Condition:
    return Condition(ARTIFACT_VERIFIED, "Unknown", reason, message)


def _refused(reason: str, message: str) -> Condition:
    return Condition(ARTIFACT_VERIFIED, "False", reason, message)


def _foreign(child: Manifest) -> str:
    return f"Job {child['metadata']['name']} exists and does not belong to this ModelVersion; delete it"


def _is_outdated(seen: VersionSeen, job: Manifest) -> bool:
    annotations: dict[str, str] = job["metadata"].get("annotations", {})
    return annotations.get(ANNOTATION_GENERATION) != str(seen.generation)
