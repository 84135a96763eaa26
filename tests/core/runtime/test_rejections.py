"""What a deployment has rolled back wakes the versions that it names, and is found by their names."""

from __future__ import annotations

from typing import Any

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.shell.watch.cache import ChildCache
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from tests.core.runtime.worlds import stored

VERSION = Key("ModelVersion", "ml", "credit")
DEPLOYMENT = Key("ModelDeployment", "ml", "api")


@pytest.fixture
def intake() -> Intake:
    return Intake(ChildCache(), Owners())


def deployment(version: int, *decisions: int, is_about_model: bool = True, replicas: int = 1) -> Manifest:
    """The deployment of another version, that rolled back `credit` in these decisions."""
    entry = {"modelVersionName": "credit", "revision": "abc", "isAboutModel": is_about_model}
    rejected = [entry | {"decisionId": decision} for decision in decisions]
    status: dict[str, Any] = {"replicas": replicas, **({"rejected": rejected} if rejected else {})}
    return stored("ModelDeployment", "api", version, spec={"modelVersionName": "other"}, status=status)


# sentence: (before, after, who is reconciled)
CHANGES: dict[str, tuple[Manifest, Manifest, tuple[Key, ...]]] = {
    "a rollback for what the model answered wakes the version": (
        deployment(5),
        deployment(6, 4),
        (VERSION,),
    ),
    "a second one wakes it again": (deployment(5, 4), deployment(6, 4, 9), (VERSION,)),
    "one that stands wakes nobody": (deployment(5, 4), deployment(6, 4, replicas=2), ()),
    "one that is lifted wakes nobody": (deployment(5, 4), deployment(6), ()),
    "one for what befell pods wakes nobody": (deployment(5), deployment(6, 4, is_about_model=False), ()),
}


@pytest.mark.parametrize("own", [False, True], ids=["shown by the watch", "returned by our own write"])
@pytest.mark.parametrize(("before", "after", "keys"), CHANGES.values(), ids=CHANGES)
def test_a_change_wakes(
    intake: Intake, before: Manifest, after: Manifest, keys: tuple[Key, ...], own: bool
) -> None:
    intake.accept(stored("ModelVersion", "credit", 1))
    intake.accept(before)
    learn = intake.accept_own if own else intake.accept
    assert learn(after) == keys


def test_a_version_that_does_not_exist_is_not_woken(intake: Intake) -> None:
    intake.accept(deployment(5))
    assert intake.accept(deployment(6, 4)) == ()


def test_after_a_restart_the_first_list_wakes_the_version(intake: Intake) -> None:
    intake.accept(stored("ModelVersion", "credit", 1))
    assert intake.accept(deployment(5, 4)) == (DEPLOYMENT, VERSION)


def test_who_rejects_a_version_is_known_as_long_as_it_does(intake: Intake) -> None:
    def rejecting(namespace: str = "ml") -> list[str]:
        found = intake.owners.deployments_rejecting(namespace, "credit")
        return [manifest["metadata"]["name"] for manifest in found]

    intake.accept(deployment(5, 4))
    assert (rejecting(), rejecting("elsewhere")) == (["api"], [])
    intake.accept(deployment(6))
    assert rejecting() == []
    intake.accept(deployment(7, 4))
    intake.drop(DEPLOYMENT, "uid-of-api", 99)
    assert rejecting() == []
