"""Going back starts what ran, with its own image; a broken image setting sticks to nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leeway.api.kinds import Manifest
from leeway.core.deployment.world import DeploymentSeen
from leeway.core.pods.template import Image
from tests.core.plans import deleted
from tests.core.test_deployment import (
    BOTH,
    SECOND,
    SERVING,
    STABLE,
    carried_out,
    changed,
    of_kind,
    plan_deployment,
    settled,
    sizes,
)
from tests.core.worlds import NOON, PLATFORM, model_version

V2_STABLE = settled(SECOND)
LATER = NOON + timedelta(seconds=601)


def with_image(world: DeploymentSeen, image: str) -> DeploymentSeen:
    """The world after an upgrade of the operator to this server image."""
    return replace(world, platform=replace(PLATFORM, server_image=Image(image, "IfNotPresent")))


def back(world: DeploymentSeen) -> DeploymentSeen:
    return replace(changed(world, modelVersionName="iris-1"), versions=BOTH)


def canary(world: DeploymentSeen, passes: int = 3) -> Manifest:
    """The canary after some passes in which none of its pods becomes ready."""
    for _ in range(passes):
        world = carried_out(world, plan_deployment(world), available=False)
    found: Manifest = world.manifest["status"].get("canary", {})
    return found


def forgetting(world: DeploymentSeen, *names: str) -> DeploymentSeen:
    status = {name: value for name, value in world.manifest["status"].items() if name not in names}
    return replace(world, manifest={**world.manifest, "status": status})


def stalled(world: DeploymentSeen) -> DeploymentSeen:
    """The world in which the canary was started and no pod of it ever was ready."""
    return carried_out(world, plan_deployment(world), available=False)


def before_images_were_recorded(world: DeploymentSeen) -> DeploymentSeen:
    history = [{**tenure, "image": ""} for tenure in world.manifest["status"]["history"]]
    return replace(
        world, manifest={**world.manifest, "status": {**world.manifest["status"], "history": history}}
    )


BROKEN = stalled(with_image(SECOND, "server:typo"))
MENDED = with_image(BROKEN, "server:1")
READY_ONCE = carried_out(with_image(SECOND, "server:2"), plan_deployment(with_image(SECOND, "server:2")))
READY_ONCE = changed(READY_ONCE, replicas=3)

# sentence: (world, revision or "", image of the canary)
CASES: dict[str, tuple[DeploymentSeen, str, str]] = {
    "what rests is started with its own image": (
        back(with_image(V2_STABLE, "server:2")), STABLE, "server:1"),
    "the image is read from the Deployment where no history has it": (
        before_images_were_recorded(back(with_image(V2_STABLE, "server:2"))), STABLE, "server:1"),
    "what was stable comes with its own image though its Deployment is gone": (
        replace(back(with_image(V2_STABLE, "server:2")), children=()), STABLE, "server:1"),
    "another file under a former name is a new revision": (
        replace(back(with_image(V2_STABLE, "server:2")), versions=BOTH | {
            "iris-1": model_version("iris-1", files={"model": {"uri": "pvc://a/b", "digest": "sha256:" + "c" * 64}})}),
        "", "server:2"),
    "a canary with a broken image is started anew once the setting was mended": (MENDED, "", "server:1"),
    "a broken setting that stays is not started anew": (BROKEN, "", "server:typo"),
    "a canary that goes back does not take a broken setting": (
        stalled(back(with_image(V2_STABLE, "server:typo"))), STABLE, "server:1"),
    "a former image that is not to be had any more gives way when the time is up": (
        replace(stalled(back(with_image(V2_STABLE, "server:2"))), now=LATER), "", "server:2"),
    "a canary that was ready once keeps its image": (
        with_image(stalled(READY_ONCE), "server:3"), "", "server:2"),
}  # fmt: skip


@pytest.mark.parametrize(("world", "revision", "image"), CASES.values(), ids=CASES)
def test_canary(world: DeploymentSeen, revision: str, image: str) -> None:
    found = canary(world)
    assert found["image"] == image
    assert revision in ("", found["revision"])


def test_a_lost_status_starts_nothing_beside_what_runs() -> None:
    lost = forgetting(with_image(SERVING, "server:2"), "stable", "history", "decisions")
    after = settled(lost)
    assert sizes(after) == {f"iris-{STABLE}": 2}
    assert after.manifest["status"]["stable"]["image"] == "server:1"


def test_a_mended_account_reaches_a_canary_that_never_was_ready() -> None:
    wrong = stalled(replace(SECOND, platform=replace(PLATFORM, service_account="nobody")))
    mended = carried_out(
        replace(wrong, platform=PLATFORM), plan_deployment(replace(wrong, platform=PLATFORM))
    )
    accounts = {
        deployment["spec"]["template"]["spec"].get("serviceAccountName")
        for deployment in of_kind(mended, "Deployment")
    }
    assert accounts == {None}


def test_history_says_what_ran_with_image_and_digest() -> None:
    (tenure,) = V2_STABLE.manifest["status"]["history"]
    assert (tenure["image"], tenure["digest"]) == (
        "server:1",
        BOTH["iris-1"]["spec"]["files"]["model"]["digest"],
    )


def test_what_never_was_ready_takes_no_place_from_what_was_stable() -> None:
    third = replace(
        changed(V2_STABLE, modelVersionName="iris-3"), versions={"iris-3": model_version("iris-3")}
    )
    known = sizes(settled(third))
    world = settled(third)
    for number in range(4, 7):
        name = f"iris-{number}"
        versions = {name: model_version(name), "iris-3": model_version("iris-3")}
        world = stalled(replace(changed(world, modelVersionName=name), versions=versions))
    ended = settled(
        replace(changed(world, modelVersionName="iris-3"), versions={"iris-3": model_version("iris-3")})
    )
    assert sizes(ended) == known


def test_the_last_of_the_former_stays_not_the_last_created() -> None:
    world = changed(V2_STABLE, revisionHistoryLimit=1)
    world = settled(back(world))
    third = {"iris-3": model_version("iris-3"), **BOTH}
    world = settled(replace(changed(world, modelVersionName="iris-3"), versions=third))
    assert f"iris-{STABLE}" in sizes(world)
    assert deleted(plan_deployment(world)) == []
