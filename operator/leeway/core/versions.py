"""Decide what a ModelVersion needs next: verify once, then say whether it may be served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeway.api import reasons
from leeway.api.kinds import JOB, Key, Manifest
from leeway.api.model_version import ModelVersion
from leeway.core.applied import is_applied
from leeway.core.conditions import Condition, find_condition, merge_conditions, timestamp
from leeway.core.jobs import ending_of, make_job_patch
from leeway.core.names import ANNOTATION_GENERATION, verification_job
from leeway.core.plan import LOOK_AGAIN_SECONDS, Deletion, Event, Plan
from leeway.core.platform import Platform
from leeway.core.pod_parts import is_owned_by
from leeway.core.pods import Fields, find_trouble, termination_messages
from leeway.core.result import SUCCEEDED, Result, first_result
from leeway.core.verify_job import CONTAINER, make_verify_job

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
    def generation(self) -> int:
        """The spec's edition."""
        return int(self.manifest["metadata"]["generation"])


@dataclass(frozen=True, slots=True)
class Verification:
    """The ArtifactVerified condition, what to write for it, and the numbers it came with."""

    condition: Condition
    create: tuple[Manifest, ...] = ()
    apply: tuple[Manifest, ...] = ()
    delete: tuple[Deletion, ...] = ()
    result: Result | None = None


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
        apply=verification.apply,
        delete=verification.delete,
        events=_events(seen.status, status),
        requeue_after=LOOK_AGAIN_SECONDS if ready.reason == reasons.NAME_CONFLICT else None,
    )


def verify(seen: VersionSeen) -> Verification:
    """The state of the verification; a verdict stands until the spec changes, and a good one for ever."""
    known = find_condition(seen.status, "ArtifactVerified")
    if known.get("status") == "True" or (
        known.get("status") == "False" and known.get("observedGeneration") == seen.generation
    ):
        return Verification(_again(known), apply=_expiry(seen))
    if seen.child is None:
        job = make_verify_job(seen.version, seen.manifest, seen.platform)
        return Verification(_unknown(reasons.VERIFYING, "the artifact is being verified"), create=(job,))
    if not is_owned_by(seen.child, seen.manifest["metadata"]["uid"]):
        return Verification(_unknown(reasons.NAME_CONFLICT, _foreign(seen.child)))
    if _is_outdated(seen):
        return Verification(
            _unknown(reasons.VERIFYING, "the spec changed; verifying again"), delete=(_deletion(seen.child),)
        )
    return _progress(seen)


def _progress(seen: VersionSeen) -> Verification:
    result = first_result(termination_messages(seen.pods, CONTAINER))
    ended = ending_of(seen.child) is not None
    if ended and result is not None and result.outcome == SUCCEEDED:
        return Verification(
            Condition("ArtifactVerified", "True", reasons.VERIFIED, result.message), result=result
        )
    if ended:
        reason, message = _why(seen, result)
        return Verification(_refused(reason, message), result=result)
    if result is not None and result.outcome != SUCCEEDED:
        return Verification(_unknown(result.reason, f"{result.message} (trying again)"))
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return Verification(_unknown(trouble.reason, trouble.message))
    return Verification(_unknown(reasons.VERIFYING, "the artifact is being verified"))


def _why(seen: VersionSeen, result: Result | None) -> tuple[str, str]:
    if result is not None and result.outcome != SUCCEEDED:
        return result.reason, result.message
    trouble = find_trouble(seen.pods, FIELDS)
    if trouble is not None:
        return trouble.reason, trouble.message
    return (
        reasons.VERIFIER_CRASHED,
        "the verifier ended without a result; change spec.env or re-create the ModelVersion to try again",
    )


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


def _is_outdated(seen: VersionSeen) -> bool:
    annotations = (seen.child or {}).get("metadata", {}).get("annotations", {})
    return ending_of(seen.child) is not None and annotations.get(ANNOTATION_GENERATION) != str(
        seen.generation
    )


def _deletion(child: Manifest) -> Deletion:
    metadata = child["metadata"]
    return Deletion(Key(JOB.kind, metadata["namespace"], metadata["name"]), metadata["uid"])


def _expiry(seen: VersionSeen) -> tuple[Manifest, ...]:
    if seen.child is None or not is_owned_by(seen.child, seen.manifest["metadata"]["uid"]):
        return ()
    metadata = seen.child["metadata"]
    expiry = make_job_patch(metadata["namespace"], metadata["name"], ttlSecondsAfterFinished=KEPT_SECONDS)
    return () if is_applied(expiry, seen.child) else (expiry,)
