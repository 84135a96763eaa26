"""Which canaries are followed, and what evidence is about."""

from __future__ import annotations

from typing import Any

import pytest

from leeway.api.kinds import Manifest
from leeway.core.deployment.held import Held, read_held
from tests.core.worlds import model_deployment

TIME = "2026-11-21T12:00:00Z"
STABLE = {"modelVersionName": "iris-1", "revision": "1111111111"}
CANARY = {
    "modelVersionName": "iris-2",
    "revision": "2222222222",
    "startTime": TIME,
    "step": 1,
    "stepTime": TIME,
}
STEPS = [{"weight": 10, "minSamples": 100}, {"weight": 50}]


def deployment(steps: list[dict[str, Any]] = STEPS, **canary: Any) -> Manifest:
    """A ModelDeployment with a canary; a field that is None is absent."""
    manifest = model_deployment(modelVersionName="iris-2", rollout={"steps": steps})
    told = {name: value for name, value in (CANARY | canary).items() if value is not None}
    return {**manifest, "status": {"stable": STABLE, "canary": told}}


HELD: dict[str, tuple[Manifest, bool]] = {
    "a canary at its step": (deployment(), True),
    "one whose first pods start": (deployment(stepTime=None), False),
    "one whose pods of a later step start": (deployment(step=2, stepTime=None), True),
    "one that grows to full size": (deployment(step=3, stepTime=None), True),
    "one whose steps were removed": (deployment(steps=[]), True),
    "one that comes back": (deployment(isReturn=True), False),
    "no canary": (model_deployment() | {"status": {"stable": STABLE}}, False),
    "no status": (model_deployment(), False),
    "no stable revision": (model_deployment() | {"status": {"canary": CANARY}}, False),
    "a spec that cannot be read": (deployment(steps=[{"weight": "many"}]), False),
}


@pytest.mark.parametrize(("manifest", "want"), HELD.values(), ids=HELD)
def test_who_is_followed(manifest: Manifest, want: bool) -> None:
    assert (read_held(manifest) is not None) is want


def read(manifest: Manifest) -> Held:
    held = read_held(manifest)
    assert held is not None
    return held


SAMPLES: dict[str, tuple[Manifest, int | None]] = {
    "those of the first step": (deployment(), 100),
    "those of a step go on from what came before": (deployment(stepRequests=40), 140),
    "none where the step asks for none": (deployment(step=2, stepRequests=140), None),
    "none after the last step": (deployment(step=3), None),
}


@pytest.mark.parametrize(("manifest", "want"), SAMPLES.values(), ids=SAMPLES)
def test_how_many_requests_are_waited_for(manifest: Manifest, want: int | None) -> None:
    assert read(manifest).samples == want


PAIRS: dict[str, tuple[Manifest, bool]] = {
    "another step": (deployment(step=2, stepRequests=100), True),
    "another weight": (deployment(steps=[{"weight": 30}]), True),
    "another canary": (deployment(revision="3333333333"), False),
    "another try of the same": (deployment(startTime="2026-11-21T13:00:00Z"), False),
}


@pytest.mark.parametrize(("manifest", "want"), PAIRS.values(), ids=PAIRS)
def test_evidence_goes_on_with(manifest: Manifest, want: bool) -> None:
    assert (read(manifest).pair == read(deployment()).pair) is want
