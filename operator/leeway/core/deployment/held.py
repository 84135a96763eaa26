"""A ModelDeployment whose canary is held: what the collector has to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from leeway.api.deployment.record import RunningRevision
from leeway.api.kinds import Key, Manifest, key_of, without_status
from leeway.api.model_deployment import ModelDeployment, ModelDeploymentSpec, ModelDeploymentStatus
from leeway.core.codec import read_status
from leeway.core.deployment.publication import Publication, is_of_pair
from leeway.core.deployment.recorded import read_rollout
from leeway.core.deployment.steps import step_at


@dataclass(frozen=True, slots=True)
class Held:
    """A canary that is held beside stable, and what is recorded of the two."""

    key: Key
    uid: str
    spec: ModelDeploymentSpec
    stable: RunningRevision
    canary: RunningRevision
    weight: float  # the canary's share of requests
    recorded: Publication | None

    @property
    def pair(self) -> tuple[str, str, str, float]:
        """Return what evidence is about: of another object, revision or weight it starts anew."""
        return self.uid, self.stable.revision, self.canary.revision, self.weight


def read_held(manifest: Manifest) -> Held | None:
    """Return the held canary of a ModelDeployment; None while there is none, or where its spec cannot be read."""
    recorded = manifest.get("status") or {}
    metadata = manifest["metadata"]
    if not (recorded.get("canary") or {}).get("stepTime") or metadata.get("deletionTimestamp"):
        return None
    try:
        spec = ModelDeployment.model_validate(without_status(manifest)).spec
    except ValidationError:
        return None  # the reconcile says so
    status = read_status(ModelDeploymentStatus, manifest)
    rollout = read_rollout(status)
    step = step_at(spec, rollout)
    if status.stable is None or status.canary is None or step is None:
        return None
    evidence = status.evidence if is_of_pair(status.evidence, rollout) else None
    return Held(
        key=key_of(manifest),
        uid=metadata["uid"],
        spec=spec,
        stable=status.stable,
        canary=status.canary,
        weight=step.weight / 100,
        recorded=Publication(status.verdicts, evidence) if evidence else None,
    )
