"""Quarantine a version that was rolled back for what it answered, until a person lifts that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from leeway.api.deployment.record import Command, Rejection
from leeway.api.kinds import Manifest
from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.api.model_version import Quarantine
from leeway.core.codec import read_status
from leeway.core.names import ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN
from leeway.core.versions.state import VersionSeen

LIFT = "lift-quarantine"
# As much as the status holds: two longer tokens could not be told apart.
LONGEST = 128


@dataclass(frozen=True, slots=True)
class Hold:
    """What the status records of quarantine and command."""

    quarantine: Quarantine | None
    lifted_at: datetime | None
    command: Command | None


def make_hold(seen: VersionSeen) -> Hold:
    """Return the quarantine that stands, with the command obeyed that was given since."""
    status = seen.status
    # What is recorded stands by itself: the deployment may be gone since, or may have lifted its own rejection.
    standing = status.quarantine or _first_quarantine(seen)
    name, token = (_given(seen.manifest, annotation) for annotation in _ANNOTATIONS)
    last = status.command or Command()
    if (name, token) in (("", ""), (last.name, last.token)):
        return Hold(standing, status.lift_time, status.command)
    complaint = _complaint(name, token, last, standing)
    is_done = not complaint
    command = Command(
        token=token, name=name, time=seen.now, is_done=is_done, message=complaint or _lifted(standing)
    )
    if is_done:
        return Hold(None, seen.now, command)
    return Hold(standing, status.lift_time, command)


def why_quarantined(quarantine: Quarantine) -> str:
    """Return the message of the conditions: the remedy first, since the reason may be long."""
    return (
        f"no deployment starts this version until the command {LIFT} ({ANNOTATION_COMMAND} with a new"
        f" {ANNOTATION_COMMAND_TOKEN}): {_told(quarantine)}"
    )


_ANNOTATIONS = (ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN)


def _first_quarantine(seen: VersionSeen) -> Quarantine | None:
    """Return the quarantine of the earliest rejection that counts; None when there is none."""
    found = [quarantine for manifest in seen.rejecting for quarantine in _quarantines(seen, manifest)]
    return min(found, key=lambda one: (one.time or seen.now, one.deployment_name), default=None)


def _quarantines(seen: VersionSeen, manifest: Manifest) -> Iterator[Quarantine]:
    status = read_status(ModelDeploymentStatus, manifest)
    verdicts = {decision.id: decision.verdict for decision in status.decisions}
    for rejection in status.rejected:
        if not _counts(seen, rejection):
            continue
        verdict = verdicts.get(rejection.decision_id)
        yield Quarantine(
            deployment_name=manifest["metadata"]["name"],
            decision_id=rejection.decision_id,
            time=rejection.time or seen.now,
            reason=rejection.reason,
            message=rejection.message,
            **({"verdict": verdict} if verdict else {}),
        )


def _counts(seen: VersionSeen, rejection: Rejection) -> bool:
    """Return whether the rejection speaks about this very model, and is younger than the last lifting."""
    # By digest, too: a version that was deleted and created again under its name may hold another model.
    digest, lifted_at = seen.version.spec.files["model"].digest, seen.status.lift_time
    is_of_this = rejection.model_version_name == seen.manifest["metadata"]["name"]
    is_same_model = rejection.digest in (None, digest)
    is_lifted = lifted_at is not None and (rejection.time is None or rejection.time <= lifted_at)
    return rejection.is_about_model and is_of_this and is_same_model and not is_lifted


def _given(manifest: Manifest, annotation: str) -> str:
    annotations = manifest["metadata"].get("annotations") or {}
    return str(annotations.get(annotation, "")).strip()[:LONGEST]


def _complaint(name: str, token: str, last: Command, standing: Quarantine | None) -> str:
    """Return why the command cannot be carried out; empty if it can."""
    if not token:
        return f"the command {name} is without a token: set {ANNOTATION_COMMAND_TOKEN} to a text that you have not used"
    if name != LIFT:
        return f"a ModelVersion has no command {name or '(none)'}: set {ANNOTATION_COMMAND} to {LIFT}"
    if last.name and token == last.token:
        return f"the token {token} was used before: set {ANNOTATION_COMMAND_TOKEN} to a text that you have not used"
    return "" if standing else "the version is not quarantined: there is nothing to lift"


def _lifted(quarantine: Quarantine | None) -> str:
    assert quarantine is not None
    return f"the quarantine is lifted, deployments may start this version: {_told(quarantine)}"


def _told(quarantine: Quarantine) -> str:
    return (
        f"ModelDeployment {quarantine.deployment_name} rolled it back in decision {quarantine.decision_id}:"
        f" {quarantine.message}"
    )
