"""A ModelDeployment whose canary answers beside stable: what the collector has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from leeway.api.deployment.record import CanaryRevision, RunningRevision
from leeway.api.kinds import Key, Manifest, key_of, without_status
from leeway.api.model_deployment import ModelDeployment, ModelDeploymentSpec, ModelDeploymentStatus
from leeway.core.codec import read_status
from leeway.core.deployment.publication import Publication, is_of_pair
from leeway.core.deployment.recorded import read_rollout
from leeway.core.deployment.steps import is_sharing, step_at


@dataclass(frozen=True, slots=True)
class Held:
    """A canary that answers beside stable, and what is recorded of the two.

    `samples` is how many requests of the canary there must be in all for the minSamples of its present step; None where
    it is at no step, or waits for none.
    """

    key: Key
    uid: str
    spec: ModelDeploymentSpec
    stable: RunningRevision
    canary: CanaryRevision
    samples: int | None
    recorded: Publication | None

    @property
    def pair(self) -> tuple[str, str, str, datetime | None]:
        """Return what evidence is about: of another object, revision or try of the canary it starts anew."""
        return self.uid, self.stable.revision, self.canary.revision, self.canary.start_time


def read_held(manifest: Manifest) -> Held | None:
    """Return the canary that answers beside stable; None while there is none, or the spec cannot be read.

    It answers from its first step's time on, also while the pods of a later step start.
    """
    metadata = manifest["metadata"]
    if not (manifest.get("status") or {}).get("canary") or metadata.get("deletionTimestamp"):
        return None
    status = read_status(ModelDeploymentStatus, manifest)
    rollout = read_rollout(status)
    if status.stable is None or status.canary is None or not is_sharing(rollout):
        return None
    try:
        spec = ModelDeployment.model_validate(without_status(manifest)).spec
    except ValidationError:
        return None  # the reconcile says so
    step = step_at(spec, rollout)
    evidence = status.evidence if is_of_pair(status.evidence, rollout) else None
    return Held(
        key=key_of(manifest),
        uid=metadata["uid"],
        spec=spec,
        stable=status.stable,
        canary=status.canary,
        samples=status.canary.step_requests + step.min_samples if step and step.min_samples else None,
        recorded=Publication(status.verdicts, evidence) if evidence else None,
    )
