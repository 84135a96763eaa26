"""A ModelDeployment with a stable revision: what the guard has to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from leeway.api.deployment.record import StableRevision
from leeway.api.kinds import Key, Manifest, key_of, without_status
from leeway.api.model_deployment import ModelDeployment, ModelDeploymentSpec, ModelDeploymentStatus
from leeway.core.codec import read_status


@dataclass(frozen=True, slots=True)
class Guarded:
    """A stable revision that is watched."""

    key: Key
    uid: str
    generation: int
    spec: ModelDeploymentSpec
    stable: StableRevision

    @property
    def watched(self) -> tuple[str, str]:
        """Return what counts are about: of another object or revision they start anew."""
        return self.uid, self.stable.revision


def read_guarded(manifest: Manifest) -> Guarded | None:
    """Return the stable revision of a ModelDeployment; None while there is none, or its spec cannot be read."""
    metadata = manifest["metadata"]
    if not (manifest.get("status") or {}).get("stable") or metadata.get("deletionTimestamp"):
        return None
    try:
        spec = ModelDeployment.model_validate(without_status(manifest)).spec
    except ValidationError:
        return None  # the reconcile says so
    stable = read_status(ModelDeploymentStatus, manifest).stable
    if stable is None:
        return None
    return Guarded(key_of(manifest), metadata["uid"], metadata["generation"], spec, stable)
