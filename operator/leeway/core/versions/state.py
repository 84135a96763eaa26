"""What was observed of a ModelVersion, and the verdict that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leeway.api.condition import ARTIFACT_VERIFIED, Condition
from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion, ModelVersionStatus
from leeway.core.conditions import find_condition
from leeway.core.pods.platform import Platform


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """What was observed of one ModelVersion."""

    manifest: Manifest
    version: ModelVersion
    status: ModelVersionStatus  # as stored
    child: Manifest | None
    pods: tuple[Manifest, ...]
    refusal: str  # why the cluster creates no pod of the Job; empty when it does
    deployments: tuple[str, ...]  # names of the ModelDeployments that desire it
    rejecting: tuple[
        Manifest, ...
    ]  # ModelDeployments that rolled back a version of this name for what it answered
    policy: Manifest | None  # of the namespace's verifiers
    platform: Platform
    now: datetime

    @property
    def uid(self) -> str:
        """Return the ModelVersion's uid."""
        return str(self.manifest["metadata"]["uid"])

    @property
    def generation(self) -> int:
        """Return the generation of the spec."""
        return int(self.manifest["metadata"]["generation"])


def standing_verdict(status: ModelVersionStatus, generation: int) -> Condition | None:
    """Return the recorded verdict if it stands: a good one for ever, a refusal until the spec changes."""
    # A good one for ever, since the files are pinned by digest; but other credentials may reach what was refused.
    known = find_condition(status.conditions, ARTIFACT_VERIFIED)
    if known is None or known.status == "Unknown":
        return None
    return known if known.status == "True" or known.observed_generation == generation else None
