"""A ModelVersion: verified once, approved when asked for, and its verdict stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leeway.api.kinds import Manifest, without_status
from leeway.api.model_version import ModelVersion, ModelVersionStatus
from leeway.core.codec import read_status
from leeway.core.versions.job import make_verify_job
from leeway.core.versions.planner import plan_version
from leeway.core.versions.state import VersionSeen
from tests.core import plans
from tests.core.worlds import (
    NOON,
    PLATFORM,
    ended_pod,
    failure,
    job_of,
    model_version,
    waiting_pod,
    with_status,
)


def fresh(**spec: Any) -> Manifest:
    return {**model_version(**spec), "status": {}}


def seen(manifest: Manifest | None = None, **world: Any) -> VersionSeen:
    manifest = manifest or fresh()
    defaults: dict[str, Any] = {
        "child": None,
        "pods": (),
        "refusal": "",
        "deployments": (),
        "rejecting": (),
        "policy": None,
        "platform": PLATFORM,
    }
    version = ModelVersion.model_validate({**manifest, "status": {}})
    status = read_status(ModelVersionStatus, manifest)
    return VersionSeen(manifest=manifest, version=version, status=status, now=NOON, **(defaults | world))


def child(ending: str | None = None, generation: int = 1, **status: Any) -> Manifest:
    manifest = fresh()
    job = make_verify_job(ModelVersion.model_validate(without_status(manifest)), manifest, PLATFORM)
    job["metadata"]["uid"] = "job-uid"
    job["metadata"]["annotations"]["leeway.dev/generation"] = str(generation)
    return job_of(job, ending, **status)


def verifier(message: str, code: int = 0) -> Manifest:
    return ended_pod(message, code, container="verifier")


def later(pod: Manifest) -> Manifest:
    """The pod as a node whose clock is ahead reports it."""
    text = json.dumps(pod).replace("2026-11-21T11:59:30Z", "2026-11-21T11:59:59Z")
    ahead: Manifest = json.loads(text)
    return ahead


GOOD = json.dumps(
    {"outcome": "Succeeded", "reason": "Verified", "message": "20 golden rows", "goldenRows": 20}
)
BAD = failure("DigestMismatch", "spec.files.model.digest is not the digest of the file")
VERIFIED = plan_version(seen(child=child("Complete"), pods=(verifier(GOOD),))).status
POLICY: dict[str, Any] = {"reason": "PodFailurePolicy"}
REFUSED = plan_version(seen(child=child("Failed", **POLICY), pods=(verifier(BAD, 65),))).status
CHANGED = with_status(fresh(env=[{"name": "A", "value": "b"}]), REFUSED)
CHANGED["metadata"] = {**CHANGED["metadata"], "generation": 2}
APPROVAL = {"policy": "Manual"}

# sentence: (world, (status of Ready, its reason), children created, tidied, deleted)
CASES: dict[str, tuple[VersionSeen, tuple[str, str], tuple[int, int, int]]] = {
    "a new version is verified": (seen(), ("Unknown", "Verifying"), (1, 0, 0)),
    "a running verification is left alone": (seen(child=child()), ("Unknown", "Verifying"), (0, 0, 0)),
    "a good verdict makes it ready": (
        seen(child=child("Complete"), pods=(verifier(GOOD),)), ("True", "Verified"), (0, 0, 0)),
    "a bad verdict refuses it with the verifier's words": (
        seen(child=child("Failed", **POLICY), pods=(verifier(BAD, 65),)), ("False", "DigestMismatch"), (0, 0, 0)),
    "an unreadable word refuses it": (
        seen(child=child("Failed", **POLICY), pods=(verifier('{"outcome": "Failed"}', 65),)),
        ("False", "ResultUnreadable"), (0, 0, 0)),
    "a store that does not answer is no verdict": (
        seen(child=child("Failed"), pods=(verifier(failure("StoreUnavailable", "no answer"), 75),)),
        ("Unknown", "StoreUnavailable"), (0, 0, 0)),
    "what is no verdict is tried again": (
        seen(child=child("Failed", ended="2026-11-21T11:50:00Z")), ("Unknown", "VerifierCrashed"), (0, 0, 1)),
    "what the cluster refuses to create is said": (
        seen(child=child(), refusal="exceeded quota: q"), ("Unknown", "PodsRefused"), (0, 0, 0)),
    "an earlier attempt is no verdict on a Job that completed": (
        seen(child=child("Complete"), pods=(verifier(BAD, 65),)), ("Unknown", "VerifierCrashed"), (0, 0, 0)),
    "what verified counts, though a failed attempt's clock is ahead": (
        seen(child=child("Complete"), pods=(verifier(GOOD), later(verifier(failure("StoreUnavailable", ""), 75)))),
        ("True", "Verified"), (0, 0, 0)),
    "an image that cannot be pulled is named": (
        seen(child=child(), pods=(waiting_pod("ImagePullBackOff", container="verifier"),)),
        ("Unknown", "ImagePullFailed"), (0, 0, 0)),
    "a crash without a word is no verdict": (
        seen(child=child("Failed")), ("Unknown", "VerifierCrashed"), (0, 0, 0)),
    "a good verdict stands though the Job is gone": (
        seen(with_status(fresh(), VERIFIED)), ("True", "Verified"), (0, 0, 0)),
    "a recorded verdict lets the Job expire": (
        seen(with_status(fresh(), VERIFIED), child=child("Complete")), ("True", "Verified"), (0, 1, 0)),
    "a bad verdict stands": (seen(with_status(fresh(), REFUSED)), ("False", "DigestMismatch"), (0, 0, 0)),
    "a bad verdict falls with a changed spec": (seen(CHANGED), ("Unknown", "Verifying"), (1, 0, 0)),
    "the Job of the earlier spec goes first": (
        seen(CHANGED, child=child("Failed")), ("Unknown", "Verifying"), (0, 0, 1)),
    "a foreign Job is not touched": (
        seen(child={**child(), "metadata": {**child()["metadata"], "ownerReferences": []}}),
        ("Unknown", "NameConflict"), (0, 0, 0)),
    "approval is waited for": (
        seen(with_status(fresh(approval=APPROVAL), VERIFIED)), ("False", "AwaitingApproval"), (0, 0, 0)),
    "approval is taken": (
        seen(with_status(fresh(approval=APPROVAL | {"approvedBy": "ada"}), VERIFIED)),
        ("True", "Verified"), (0, 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("given", "want", "writes"), CASES.values(), ids=CASES)
def test_plan(given: VersionSeen, want: tuple[str, str], writes: tuple[int, int, int]) -> None:
    plan = plan_version(given)
    ready = plans.condition(plan.status, "Ready")
    found = (len(plans.created(plan)), len(plan.tidy), len(plans.deleted(plan)))
    assert ((ready["status"], ready["reason"]), found) == (want, writes)


@pytest.mark.parametrize("given", [case[0] for case in CASES.values()], ids=CASES)
def test_a_second_look_tells_nobody_again(given: VersionSeen) -> None:
    first = plan_version(given)
    status = with_status(given.manifest, first.status)
    again = seen(status, child=given.child, pods=given.pods, refusal=given.refusal)
    assert plans.told(plan_version(again)) <= plans.told(first)


def test_the_verifier_reads_the_very_artifact() -> None:
    job = child()
    mounts = job["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "store-0", "mountPath": "/leeway/store/leeway-models", "readOnly": True} in mounts


def test_who_uses_a_version_is_said() -> None:
    assert plan_version(seen(deployments=("api", "batch"))).status["deploymentNames"] == ["api", "batch"]


def test_a_verifier_without_a_pod_is_looked_at_again() -> None:
    assert (plan_version(seen()).look_again, plan_version(seen(child=child())).look_again) == (30.0, 30.0)
