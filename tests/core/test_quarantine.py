"""Quarantine: by which rollback a version gets it, what ends it, and what it does to deployments."""

from __future__ import annotations

from typing import Any

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.api.model_version import ModelVersionStatus
from leeway.core.codec import read_status
from leeway.core.versions.planner import plan_version
from leeway.core.versions.state import VersionSeen
from tests.core import plans
from tests.core.fake_cluster import Crash, FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT, conditions, passes, run_rollout
from tests.core.test_versions import VERIFIED, fresh, seen
from tests.core.worlds import DIGEST, NAMESPACE, NOON, model_deployment, model_version, with_status

VERSION = Key("ModelVersion", NAMESPACE, "iris-1")
WORD = "income PSI 0.81 (99.7 % lower bound 0.62 > 0.2)"
VERDICT = {"name": "columns", "metric": "DataDrift", "state": "Fail", "message": WORD}
EARLY, LATE, LATEST = "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", "2026-11-21T11:30:00Z"
NOW = f"{NOON:%Y-%m-%dT%H:%M:%SZ}"


def rejection(time: str = LATE, **fields: Any) -> dict[str, Any]:
    return {
        "revision": "0123456789",
        "modelVersionName": "iris-1",
        "digest": DIGEST,
        "decisionId": 7,
        "time": time,
        "reason": "GateFailed",
        "message": WORD,
        "isAboutModel": True,
        **fields,
    }


def rejecting(*rejections: dict[str, Any], name: str = "iris") -> Manifest:
    decision = {"id": 7, "time": LATE, "action": "RollBack", "reason": "GateFailed", "verdict": VERDICT}
    manifest = model_deployment({"rejected": list(rejections), "decisions": [decision]})
    return {**manifest, "metadata": manifest["metadata"] | {"name": name}}


def version(asked: str = "", token: str = "", /, **status: Any) -> Manifest:
    """The verified version, with more in its status and a command in its annotations."""
    manifest = with_status(fresh(), VERIFIED | status)
    given = {"leeway.dev/command": asked, "leeway.dev/command-token": token}
    annotations = {name: text for name, text in given.items() if text}
    return {**manifest, "metadata": manifest["metadata"] | {"annotations": annotations}}


def quarantine(time: str = LATE, name: str = "iris") -> dict[str, Any]:
    return {
        "deploymentName": name,
        "decisionId": 7,
        "time": time,
        "reason": "GateFailed",
        "message": WORD,
        "verdict": VERDICT,
    }


def lifted(token: str = "1") -> dict[str, Any]:
    return {"token": token, "name": "lift-quarantine", "time": LATE, "isDone": True, "message": "done"}


QUARANTINED, READY = ("False", "Quarantined"), ("True", "Verified")

# sentence: (world, status and reason of Ready, the quarantine recorded)
CASES: dict[str, tuple[VersionSeen, tuple[str, str], dict[str, Any] | None]] = {
    "a version that nobody rolled back is free": (seen(version()), READY, None),
    "a rollback for what it answered quarantines it, with verdict and numbers": (
        seen(version(), rejecting=(rejecting(rejection()),)), QUARANTINED, quarantine()),
    "a rollback for what befell its pods does not": (
        seen(version(), rejecting=(rejecting(rejection(isAboutModel=False)),)), READY, None),
    "the rollback of another version of the same deployment does not": (
        seen(version(), rejecting=(rejecting(rejection(modelVersionName="iris-0")),)), READY, None),
    "the rollback of another model that had its name does not": (
        seen(version(), rejecting=(rejecting(rejection(digest="sha256:" + "cd" * 32)),)), READY, None),
    "of two rollbacks the earlier one is recorded": (
        seen(version(), rejecting=(rejecting(rejection(LATEST)), rejecting(rejection(EARLY), name="other"))),
        QUARANTINED, quarantine(EARLY, "other")),
    "it stays when the deployment is gone, or tries again": (
        seen(version(quarantine=quarantine())), QUARANTINED, quarantine()),
    "another rollback does not replace it": (
        seen(version(quarantine=quarantine()), rejecting=(rejecting(rejection(EARLY), name="other"),)),
        QUARANTINED, quarantine()),
    "a command lifts it": (
        seen(version("lift-quarantine", "1", quarantine=quarantine()), rejecting=(rejecting(rejection()),)),
        READY, None),
    "a command lifts what is found with it": (
        seen(version("lift-quarantine", "1"), rejecting=(rejecting(rejection()),)), READY, None),
    "once lifted, a rollback from before does not count": (
        seen(version("lift-quarantine", "1", command=lifted(), liftTime=LATEST), rejecting=(rejecting(rejection()),)),
        READY, None),
    "once lifted, a rollback from after does": (
        seen(version("lift-quarantine", "1", command=lifted(), liftTime=EARLY), rejecting=(rejecting(rejection()),)),
        QUARANTINED, quarantine()),
    "a token is obeyed once": (
        seen(version("lift-quarantine", "1", command=lifted(), quarantine=quarantine())), QUARANTINED, quarantine()),
    "a new token is obeyed": (
        seen(version("lift-quarantine", "2", command=lifted(), quarantine=quarantine())), READY, None),
    "a command without a token is not": (
        seen(version("lift-quarantine", "", quarantine=quarantine())), QUARANTINED, quarantine()),
    "a command that it does not know lifts nothing": (
        seen(version("retry", "1", quarantine=quarantine())), QUARANTINED, quarantine()),
    "another command forgets no lifting": (
        seen(version("retry", "2", command=lifted(), liftTime=LATEST), rejecting=(rejecting(rejection()),)),
        READY, None),
}  # fmt: skip


@pytest.mark.parametrize(("given", "want", "recorded"), CASES.values(), ids=CASES)
def test_plan(given: VersionSeen, want: tuple[str, str], recorded: dict[str, Any] | None) -> None:
    plan = plan_version(given)
    ready = plans.condition(plan.status, "Ready")
    assert ((ready["status"], ready["reason"]), plan.status.get("quarantine")) == (want, recorded)
    held = plans.condition(plan.status, "Quarantined"), plans.condition(plan.status, "Stalled")
    assert [one.get("status") for one in held] == (["True", "True"] if recorded else [None, None])


@pytest.mark.parametrize("given", [case[0] for case in CASES.values()], ids=CASES)
def test_a_second_look_changes_nothing(given: VersionSeen) -> None:
    first = plan_version(given)
    again = seen(with_status(given.manifest, first.status), rejecting=given.rejecting)
    assert plan_version(again).status == first.status
    assert plans.told(plan_version(again)) <= plans.told(first)


# sentence: (version, whether it was done, words of the answer)
COMMANDS: dict[str, tuple[Manifest, bool, str]] = {
    "lifting says what was lifted": (
        version("lift-quarantine", "1", quarantine=quarantine()), True, f"decision 7: {WORD}"),
    "lifting what is free is no deed": (version("lift-quarantine", "1"), False, "not quarantined"),
    "an unknown command names the known one": (version("retry", "1"), False, "leeway.dev/command to lift-quarantine"),
    "a token alone asks for its command": (version("", "1"), False, "leeway.dev/command to lift-quarantine"),
    "a command alone asks for its token": (version("lift-quarantine"), False, "set leeway.dev/command-token"),
    "a token that served another command is refused": (
        version("lift-quarantine", "1", command=lifted() | {"name": "retry"}, quarantine=quarantine()),
        False, "was used before"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "is_done", "words"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_is_answered(given: Manifest, is_done: bool, words: str) -> None:
    plan = plan_version(seen(given))
    answer = plan.status["command"]
    assert (answer.get("isDone"), answer["time"]) == (is_done, NOW)
    assert words in answer["message"]
    assert [event.note for event in plan.events if event.reason == "Commanded"] == [answer["message"]]
    assert plan.status.get("liftTime") == (NOW if is_done else None)


def test_the_condition_names_the_remedy_before_the_reason() -> None:
    message = plans.condition(
        plan_version(CASES["it stays when the deployment is gone, or tries again"][0]).status, "Ready"
    )["message"]
    assert message.index("lift-quarantine") < message.index(WORD)


def quarantined_version() -> Manifest:
    plan = plan_version(seen(version(quarantine=quarantine())))
    return with_status(model_version(), plan.status)


async def test_no_deployment_starts_a_quarantined_version() -> None:
    cluster = FakeCluster(model_deployment(), quarantined_version())
    await passes(cluster, DEPLOYMENT, times=2)
    assert not [key for key in cluster.objects if key.kind == "Deployment"]
    ready = conditions(cluster, DEPLOYMENT)
    assert (ready["Ready"]["reason"], ready["Stalled"]["status"]) == ("VersionNotReady", "True")
    assert "lift-quarantine" in ready["Ready"]["message"]


async def test_a_deployment_that_serves_it_keeps_serving() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    parts = make_parts(cluster)
    await run_rollout(cluster, parts)
    before = {key: child for key, child in cluster.objects.items() if key.kind in {"Deployment", "Service"}}
    cluster.store(quarantined_version())
    await passes(cluster, DEPLOYMENT, times=3, parts=parts)
    assert conditions(cluster, DEPLOYMENT)["Serving"]["status"] == "True"
    assert cluster.objects[DEPLOYMENT]["status"]["stable"]["modelVersionName"] == "iris-1"
    assert {key: child for key, child in cluster.objects.items() if key in before} == before


async def test_a_rollback_wakes_the_version_and_quarantines_it() -> None:
    cluster = FakeCluster(rejecting(), with_status(model_version(), VERIFIED))
    parts = make_parts(cluster)
    cluster.woken.clear()
    cluster.store(rejecting(rejection()))
    assert VERSION in cluster.woken
    await passes(cluster, VERSION, parts=parts)
    assert conditions(cluster, VERSION)["Quarantined"]["status"] == "True"
    assert DEPLOYMENT in cluster.woken


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_rollback_quarantines_though_the_operator_dies(when: str) -> None:
    left = [1]

    def die(verb: str, key: Key) -> BaseException | None:
        left[0] -= key == VERSION and verb == "status"
        return Crash() if left[0] == 0 else None

    fails = {"fails" if when == "before" else "dies": die}
    cluster = FakeCluster(rejecting(rejection()), with_status(model_version(), VERIFIED), **fails)
    with pytest.raises(Crash):
        await passes(cluster, VERSION)
    left[0] = -1
    await passes(cluster, VERSION, times=2, parts=make_parts(cluster))
    status = read_status(ModelVersionStatus, cluster.objects[VERSION])
    assert status.quarantine is not None
    assert status.quarantine.decision_id == 7
    assert [event["reason"] for event in cluster.events.values()].count("Quarantined") == 1
