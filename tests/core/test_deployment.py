"""A ModelDeployment: what each world leads to, from the first apply to the tenth version."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.kinds import Manifest, key_of, without_status
from leeway.api.model_deployment import ModelDeployment
from leeway.core.deployment import planner
from leeway.core.deployment.world import DeploymentSeen, resolve
from leeway.core.plan import Plan
from leeway.core.pods.template import Image
from tests.core.plans import condition, deleted, written
from tests.core.worlds import NOON, PLATFORM, model_deployment, model_version, waiting_pod, with_status

V1, V2 = model_version("iris-1"), model_version("iris-2", uid="other")
BOTH = {"iris-1": V1, "iris-2": V2}
# The clock stands still here: what a former revision is kept for is told in the transcripts.
AT_ONCE = {"scaleDownDelaySeconds": 0}


def seen(manifest: Manifest | None = None, **world: Any) -> DeploymentSeen:
    manifest = manifest or model_deployment(rollout=AT_ONCE)
    defaults: dict[str, Any] = {
        "versions": {"iris-1": V1}, "children": (), "pods": (), "platform": PLATFORM, "now": NOON,
    }  # fmt: skip
    return DeploymentSeen(
        manifest=manifest,
        spec=ModelDeployment.model_validate(without_status(manifest)).spec,
        **(defaults | world),
    )


def plan_deployment(observed: DeploymentSeen) -> Plan:
    return planner.plan_deployment(resolve(observed))


def carried_out(before: DeploymentSeen, plan: Plan, available: bool = True) -> DeploymentSeen:
    """The world after the plan, as the API server and the Deployment controller would leave it."""
    # Copies: worlds of other tests hold the same objects.
    stored = {key_of(c): json.loads(json.dumps(c)) for c in (*before.children, *written(plan))}
    for deletion in deleted(plan):
        stored.pop(deletion.key)
    number = (plan.status.get("decisions") or [{"id": 0}])[-1]["id"]
    created = {key_of(c): c["metadata"].get("creationTimestamp") for c in before.children}
    for key, child in stored.items():
        child["metadata"].setdefault("uid", f"uid-{child['metadata']['name']}")
        child["metadata"]["creationTimestamp"] = created.get(key) or f"2026-11-21T12:00:{number:02}Z"
        if child["kind"] == "Deployment":
            count = child["spec"]["replicas"] if available else 0
            child["status"] = {"availableReplicas": count, "readyReplicas": count, "replicas": count}
    manifest = with_status(before.manifest, plan.status)
    return replace(before, manifest=manifest, children=tuple(stored.values()))


def settled(world: DeploymentSeen, passes: int = 6) -> DeploymentSeen:
    for _ in range(passes):
        world = carried_out(world, plan_deployment(world))
    return world


def changed(world: DeploymentSeen, **spec: Any) -> DeploymentSeen:
    manifest = {**world.manifest, "spec": {**world.manifest["spec"], **spec}}
    return replace(
        world, manifest=manifest, spec=ModelDeployment.model_validate(without_status(manifest)).spec
    )


def of_kind(world: DeploymentSeen, *kinds: str) -> tuple[Manifest, ...]:
    return tuple(child for child in world.children if child["kind"] in kinds)


def without(world: DeploymentSeen, kind: str) -> DeploymentSeen:
    return replace(world, children=tuple(child for child in world.children if child["kind"] != kind))


def narrowed(service: Manifest) -> Manifest:
    spec = {**service["spec"], "selector": {**service["spec"]["selector"], "foo": "bar"}}
    return {**service, "spec": spec}


def ready(plan: Plan) -> tuple[str, str]:
    found = condition(plan.status, "Ready")
    return found["status"], found["reason"]


def revision_of(world: DeploymentSeen) -> str:
    return str(of_kind(world, "Deployment")[0]["metadata"]["labels"]["leeway.dev/revision"])


def revision_in(plan: Plan, place: str) -> str:
    return str(plan.status.get(place, {}).get("revision", ""))


def sizes(world: DeploymentSeen) -> dict[str, int]:
    return {d["metadata"]["name"]: d["spec"]["replicas"] for d in of_kind(world, "Deployment")}


STARTED = carried_out(seen(), plan_deployment(seen()), available=False)
SERVING = settled(seen())
STABLE = SERVING.manifest["status"]["stable"]["revision"]
SECOND = replace(changed(SERVING, modelVersionName="iris-2"), versions=BOTH)
FOREIGN: Manifest = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "iris", "namespace": "ml", "uid": "x"},
}  # fmt: skip
FORMER: Manifest = {
    "apiVersion": "v1", "kind": "Service",
    "metadata": {"name": "iris", "namespace": "ml", "uid": "x", "ownerReferences": [
        {"kind": "ModelDeployment", "name": "iris", "uid": "an-earlier-one", "controller": True}]},
}  # fmt: skip
LATE = NOON + timedelta(seconds=601)

# sentence: (world, Ready, abnormal condition, kinds applied)
CASES: dict[str, tuple[DeploymentSeen, tuple[str, str], str, list[str]]] = {
    "the first version starts": (
        seen(), ("False", "Progressing"), "Reconciling",
        ["Service", "Service", "Service", "Deployment", "PodDisruptionBudget"]),
    "an unavailable first version waits": (STARTED, ("False", "Progressing"), "Reconciling", []),
    "a stable version is left alone": (SERVING, ("True", "Available"), "", []),
    "an absent version is waited for": (seen(versions={}), ("False", "VersionNotFound"), "Reconciling", []),
    "an unverified version is waited for": (
        seen(versions={"iris-1": model_version(ready=None)}), ("False", "VersionNotReady"), "Reconciling", []),
    "a version of another model is refused": (
        seen(versions={"iris-1": model_version(modelName="roses")}), ("False", "ModelMismatch"), "Stalled", []),
    "an absent version leaves stable alone": (
        changed(SERVING, modelVersionName="nope"),
        ("False", "VersionNotFound"), "Reconciling", []),
    "a foreign Service is not touched": (seen(children=(FOREIGN,)), ("False", "NameConflict"), "Stalled", []),
    "a second version starts beside stable": (
        SECOND, ("False", "Progressing"), "Reconciling", ["Service", "Deployment"]),
    "a late version is stalled": (
        replace(STARTED, now=LATE), ("False", "ProgressDeadlineExceeded"), "Stalled", []),
    "an image that cannot be pulled is named": (
        replace(STARTED, pods=(
            {**waiting_pod("ErrImagePull", container="server"),
             "metadata": {"name": "x", "namespace": "ml", "labels": {"leeway.dev/revision": revision_of(STARTED)}}},)),
        ("False", "ImagePullFailed"), "Reconciling", []),
    "a paused deployment starts nothing": (seen(model_deployment(paused=True)), ("False", "Paused"), "", []),
    "a version wanted while paused is not called live": (
        changed(SECOND, paused=True), ("False", "Paused"), "", []),
    "scaled to zero is as asked": (changed(SERVING, replicas=0), ("True", "ScaledToZero"), "", ["Deployment"]),
    "a Service that selects more narrowly is put right": (
        replace(SERVING, children=(narrowed(SERVING.children[0]), *SERVING.children[1:])),
        ("True", "Available"), "", ["Service"]),
    "a former deployment's Service is waited for": (
        seen(children=(FORMER,)), ("False", "Progressing"), "Reconciling", []),
    "more replicas are more pods": (
        changed(SERVING, replicas=3), ("False", "ReplicasUnavailable"), "Reconciling", ["Deployment"]),
    "a deleted Service comes back": (
        replace(SERVING, children=SERVING.children[1:]), ("True", "Available"), "", ["Service"]),
    "a deleted Deployment comes back": (
        without(SERVING, "Deployment"), ("False", "ReplicasUnavailable"), "Reconciling", ["Deployment"]),
}  # fmt: skip


@pytest.mark.parametrize(("given", "want", "abnormal", "applied"), CASES.values(), ids=CASES)
def test_plan(given: DeploymentSeen, want: tuple[str, str], abnormal: str, applied: list[str]) -> None:
    plan = plan_deployment(given)
    found = [c["type"] for c in plan.status["conditions"] if c["type"] in {"Reconciling", "Stalled"}]
    assert (ready(plan), found, [m["kind"] for m in written(plan)]) == (
        want,
        [abnormal] if abnormal else [],
        applied,
    )


@pytest.mark.parametrize("given", [case[0] for case in CASES.values()], ids=CASES)
def test_a_second_look_changes_nothing(given: DeploymentSeen) -> None:
    first = plan_deployment(given)
    after = carried_out(given, first, available=False)
    second = plan_deployment(replace(after, pods=given.pods))
    third = plan_deployment(carried_out(after, second, available=False))
    assert second.writes == ()
    assert revision_in(third, "stable") == revision_in(first, "stable")


def test_a_promotion_moves_the_service_and_restarts_no_pod() -> None:
    canary = carried_out(SECOND, plan_deployment(SECOND))
    promotion = plan_deployment(canary)
    assert promotion.status["stable"]["modelVersionName"] == "iris-2"
    assert promotion.events[-1].reason == "Promoted"
    deployments = [m for m in written(promotion) if m["kind"] == "Deployment"]
    assert [(m["metadata"]["name"], m["spec"]["replicas"]) for m in deployments] == [(f"iris-{STABLE}", 0)]


def test_stable_is_never_shrunk_before_the_canary_is_available() -> None:
    world = carried_out(SECOND, plan_deployment(SECOND), available=False)
    for _ in range(3):
        world = carried_out(world, plan_deployment(world), available=False)
        assert sizes(world)[f"iris-{STABLE}"] == 2


def test_services_answer_from_stable_while_a_canary_comes_up() -> None:
    world = carried_out(SECOND, plan_deployment(SECOND), available=False)
    assert (chosen(world), chosen(world, "iris-stable")) == (STABLE, STABLE)
    assert chosen(world, "iris-canary") != STABLE


def test_an_upgrade_of_the_operator_restarts_no_model() -> None:
    upgraded = replace(SERVING, platform=replace(PLATFORM, server_image=Image("server:2", "IfNotPresent")))
    assert plan_deployment(upgraded).writes == ()


def test_the_new_image_comes_with_the_next_version() -> None:
    upgraded = replace(SECOND, platform=replace(PLATFORM, server_image=Image("server:2", "IfNotPresent")))
    assert plan_deployment(upgraded).status["canary"]["image"] == "server:2"


def test_old_revisions_rest_at_zero_and_the_oldest_go() -> None:
    world = SERVING
    for number in range(2, 7):
        version = model_version(f"iris-{number}", uid=f"uid-{number}")
        world = settled(
            replace(changed(world, modelVersionName=f"iris-{number}"), versions={f"iris-{number}": version})
        )
    assert sorted(sizes(world).values()) == [0, 0, 2]
    assert len(world.manifest["status"]["history"]) == 5


def test_replicas_left_out_are_one() -> None:
    manifest = model_deployment()
    del manifest["spec"]["replicas"]
    assert set(sizes(settled(seen(manifest))).values()) == {1}


def test_pods_pass_the_restricted_standard() -> None:
    spec = of_kind(SERVING, "Deployment")[0]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


def chosen(world: DeploymentSeen, name: str = "iris") -> str:
    """Return the revision that a Service selects; empty where it selects all of the deployment."""
    service = next(o for o in of_kind(world, "Service") if o["metadata"]["name"] == name)
    return str(service["spec"]["selector"].get("leeway.dev/revision", ""))


def test_a_first_version_that_answers_serves_until_its_successor_does() -> None:
    half = carried_out(seen(), plan_deployment(seen()), available=False)
    first = revision_of(half)
    of_kind(half, "Deployment")[0]["status"] = {"availableReplicas": 1, "readyReplicas": 1, "replicas": 2}
    smaller = changed(half, pod={"resources": {"requests": {"cpu": "10m"}}})
    plan = plan_deployment(smaller)
    assert [m["spec"]["replicas"] for m in written(plan) if m["kind"] == "Deployment"] == [2]
    after = carried_out(smaller, plan, available=False)
    assert chosen(after) == first


def test_a_lost_status_moves_no_request_to_what_does_not_answer() -> None:
    platform = replace(PLATFORM, server_image=Image("server:2", "IfNotPresent"))
    lost = replace(SERVING, manifest=model_deployment(), platform=platform)
    after = carried_out(lost, plan_deployment(lost), available=False)
    assert sizes(after)[f"iris-{STABLE}"] == 2


def test_a_version_that_never_ran_is_not_promoted() -> None:
    world = settled(changed(SECOND, replicas=0))
    assert world.manifest["status"]["stable"]["modelVersionName"] == "iris-1"


def test_a_changed_pull_policy_restarts_no_model() -> None:
    eager = replace(SERVING, platform=replace(PLATFORM, server_image=Image("server:1", "Always")))
    assert plan_deployment(eager).writes == ()


def test_a_half_record_is_never_written_back() -> None:
    half = {"modelVersionName": "iris-1", "revision": revision_of(SERVING)}
    plan = plan_deployment(seen(model_deployment(status={"stable": half})))
    assert plan.status["stable"].items() >= half.items()


def test_the_record_says_what_was_stable_and_every_decision_in_order() -> None:
    world = settled(SECOND)
    status = world.manifest["status"]
    assert [(tenure["modelVersionName"], "endTime" in tenure) for tenure in status["history"]] == [
        ("iris-1", True)
    ]
    assert [(d["id"], d["action"], d["modelVersionName"]) for d in status["decisions"]] == [
        (1, "StartCanary", "iris-1"), (2, "Promote", "iris-1"),
        (3, "StartCanary", "iris-2"), (4, "Promote", "iris-2"),
    ]  # fmt: skip
    assert status["decisions"][-1]["numbers"] == {"readyReplicas": "2", "replicas": "2"}


def test_the_scale_subresource_counts_what_it_scales() -> None:
    world = carried_out(SECOND, plan_deployment(SECOND))
    status = plan_deployment(replace(world, spec=world.spec.model_copy(update={"paused": True}))).status
    selector = f"leeway.dev/deployment=iris,leeway.dev/revision={STABLE}"
    assert (status["replicas"], status["selector"]) == (2, selector)
