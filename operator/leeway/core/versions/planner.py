"""Decide what a ModelVersion needs next: verify once, then say whether it may be served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leeway.api import reasons
from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion
from leeway.api.result import VerificationResult
from leeway.core.conditions import Condition, find_condition, merge_conditions, parse_time, timestamp
from leeway.core.names import ANNOTATION_GENERATION, verification_job
from leeway.core.plan import LOOK_AGAIN_SECONDS, WAIT_SECONDS, Deletion, Event, Plan
from leeway.core.pods.jobs import deletion_of, ending_of, plan_expiry
from leeway.core.pods.message import SUCCEEDED, Result, read_result
from leeway.core.pods.platform import Platform
from leeway.core.pods.template import is_left_by_former, is_owned_by
from leeway.core.pods.trouble import Fields, find_trouble, last_message
from leeway.core.versions.job import CONTAINER, make_verify_job

FIELDS = Fields(
    resources="the verifier's memory (100m CPU, 256Mi requested)",
    env="spec.env or spec.envFrom",
    node="the nodes",
    claim="spec.artifact.uri",
    image="the operator's server image setting",
)

DEPLOYMENTS_SHOWN = 100
# Long enough to read a finished verifier's logs, short enough to leave no heap of pods.
KEPT_SECONDS = 3600
RETRY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """Everything that was observed of one ModelVersion."""

    manifest: Manifest
    version: ModelVersion
    child: Manifest | None
    pods: tuple[Manifest, ...]
    deployments: tuple[str, ...]  # names of the ModelDeployments that ask for it
    platform: Platform
    now: datetime

    @property
    def status(self) -> dict[str, Any]:
        """The status as stored."""
        return dict(self.manifest.get("status") or {})

    @property
    def uid(self) -> str:
        """The ModelVersion's UID."""
        return str(self.manifest["metadata"]["uid"])

    @property
    def generation(self) -> int:
        """The spec's edition."""
        return int(self.manifest["metadata"]["generation"])


@dataclass(frozen=True, slots=True)
class Verification:
    """The ArtifactVerified condition, what to write for it, and the numbers it came with."""

    condition: Condition
    create: tuple[Manifest, ...] = ()
    tidy: tuple[Manifest, ...] = ()
    delete: tuple[Deletion, ...] = ()
    result: Result | None = None
    look_again: float | None = None


def plan_version(seen: VersionSeen) -> Plan:
    """Return the verification that is due and the conditions that follow from it."""
    verification = verify(seen)
    conditions = _conditions(verification.condition, _approval(seen.version))
    ready = conditions[0]
    status: dict[str, Any] = {
        "observedGeneration": seen.generation,
        "status": ready.reason,
        "headline": _headline(seen.version),
        "conditions": merge_conditions(
            conditions, seen.status.get("conditions", []), seen.generation, seen.now
        ),
        **_record(seen, verification),
    }
    if seen.deployments:
        status["deployments"] = list(seen.deployments[:DEPLOYMENTS_SHOWN])
    return Plan(
        status=status,
        create=verification.create,
        tidy=verification.tidy,
        delete=verification.delete,
        events=_events(seen.status, status),
        requeue_after=verification.look_again,
    )


def verify(seen: VersionSeen) -> Verification:
    """The state of the verification; a verdict stands until the spec changes, and a good one for ever."""
    known = find_condition(seen.status, "ArtifactVerified")
    if known.get("status") == "True" or (
        known.get("status") == "False" and known.get("observedGeneration") == seen.generation
    ):
        own = seen.child if seen.child and is_owned_by(seen.child, seen.uid) else None
        return Verification(_again(known), tidy=plan_expiry(own, KEPT_SECONDS))
    if seen.child is None:
        job = make_verify_job(seen.version, seen.manifest, seen.platform)
        return Verification(_unknown(reasons.VERIFYING, "the artifact is being verified"), create=(job,))
    if is_left_by_former(seen.child, seen.manifest):
        waiting = f"waiting for Job {seen.child['metadata']['name']} of the former ModelVersion to go"
        return Verification(_unknown(reasons.VERIFYING, waiting), look_again=WAIT_SECONDS)
    if not is_owned_by(seen.child, seen.uid):
        conflict = _unknown(reasons.NAME_CONFLICT, _foreign(seen.child))
        return Verification(conflict, look_again=LOOK_AGAIN_SECONDS)
    return _progress(seen, seen.child)


def _progress(seen: VersionSeen, job: Manifest) -> Verification:
    result = read_result(last_message(seen.pods, CONTAINER), VerificationResult)
    ending = ending_of(job)
    if ending is not None:
        return _ended(seen, job, ending, result)
    if result is not None and result.outcome != SUCCEEDED:
        return Verification(_unknown(result.reason, f"{result.message} (trying again)"))
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return Verification(_unknown(trouble.reason, trouble.message))
    return Verification(_unknown(reasons.VERIFYING, "the artifact is being verified"))


def _ended(seen: VersionSeen, job: Manifest, ending: dict[str, Any], result: Result | None) -> Verification:
    """A verdict is what the verifier itself said; anything else is the cluster's trouble, and tried again."""
    if _is_outdated(seen, job):
        anew = _unknown(reasons.VERIFYING, "the spec changed; verifying again")
        return Verification(anew, delete=(deletion_of(job),))
    if ending["type"] == "Complete" and result is not None and result.outcome == SUCCEEDED:
        return Verification(
            Condition("ArtifactVerified", "True", reasons.VERIFIED, result.message), result=result
        )
    if ending.get("reason") == "PodFailurePolicy" and result is not None:
        return Verification(_refused(result.reason, result.message), result=result)
    reason, message = _why(seen, result)
    left = (_ended_at(ending) + timedelta(seconds=RETRY_SECONDS) - seen.now).total_seconds()
    delete = (deletion_of(job),) if left <= 0 else ()
    again = f"{message} (trying again {RETRY_SECONDS // 60} minutes after it ended)"
    return Verification(_unknown(reason, again), delete=delete, look_again=max(left, WAIT_SECONDS))


def _ended_at(ending: dict[str, Any]) -> datetime:
    return parse_time(str(ending["lastTransitionTime"]))


def _why(seen: VersionSeen, result: Result | None) -> tuple[str, str]:
    """The verifier's own words, or the pod's trouble, or what was known before the pod was taken away."""
    if result is not None and result.outcome != SUCCEEDED:
        return result.reason, result.message
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return trouble.reason, trouble.message
    return reasons.VERIFIER_CRASHED, "the verifier ended without a result; see `kubectl logs`"


def _conditions(verified: Condition, approved: Condition) -> tuple[Condition, ...]:
    quarantine = Condition(
        "NotQuarantined", "True", reasons.NOT_QUARANTINED, "nothing speaks against this version"
    )
    parts = (verified, approved, quarantine)
    ready = _ready(verified, approved)
    if verified.status == "False" or verified.reason == reasons.NAME_CONFLICT:
        return (ready, *parts, Condition("Stalled", "True", verified.reason, verified.message))
    if verified.status == "Unknown":
        return (ready, *parts, Condition("Reconciling", "True", verified.reason, verified.message))
    return (ready, *parts)


def _ready(verified: Condition, approved: Condition) -> Condition:
    if verified.status != "True":
        return Condition("Ready", verified.status, verified.reason, verified.message)
    if approved.status != "True":
        return Condition("Ready", "False", approved.reason, approved.message)
    return Condition("Ready", "True", reasons.VERIFIED, verified.message)


def _approval(version: ModelVersion) -> Condition:
    approval = version.spec.approval
    if approval is None or not approval.required:
        return Condition("Approved", "True", reasons.APPROVED, "approval is not required")
    if approval.approved_by:
        return Condition("Approved", "True", reasons.APPROVED, f"approved by {approval.approved_by}")
    return Condition(
        "Approved", "False", reasons.AWAITING_APPROVAL, "set spec.approval.approvedBy to approve this version"
    )


def _record(seen: VersionSeen, verification: Verification) -> dict[str, Any]:
    if verification.result is None:
        return {"verification": seen.status["verification"]} if "verification" in seen.status else {}
    body = verification.result.body
    record = {"jobName": verification_job(seen.manifest["metadata"]["name"]), "time": timestamp(seen.now)}
    return {"verification": record | {name: body[name] for name in ("goldenRows",) if name in body}}


def _events(before: dict[str, Any], after: dict[str, Any]) -> tuple[Event, ...]:
    old, new = find_condition(before, "Ready"), find_condition(after, "Ready")
    if (old.get("status"), old.get("reason")) == (new["status"], new["reason"]):
        return ()
    quiet = {reasons.VERIFYING, reasons.VERIFIED, reasons.AWAITING_APPROVAL}
    return (Event("Normal" if new["reason"] in quiet else "Warning", new["reason"], new["message"]),)


def _headline(version: ModelVersion) -> str:
    metrics = version.spec.metrics or {}
    names = ["rocAuc", "accuracy", "r2", "rmse", *metrics]
    return next((f"{name}={metrics[name]}" for name in names if name in metrics), "")


def _again(known: dict[str, Any]) -> Condition:
    return Condition("ArtifactVerified", known["status"], known["reason"], known["message"])


def _unknown(reason: str, message: str) -> Condition:
    return Condition("ArtifactVerified", "Unknown", reason, message)


def _refused(reason: str, message: str) -> Condition:
    return Condition("ArtifactVerified", "False", reason, message)


def _foreign(child: Manifest) -> str:
    return f"Job {child['metadata']['name']} exists and does not belong to this ModelVersion; delete it"


def _is_outdated(seen: VersionSeen, job: Manifest) -> bool:
    annotations: dict[str, str] = job["metadata"].get("annotations", {})
    return annotations.get(ANNOTATION_GENERATION) != str(seen.generation)
