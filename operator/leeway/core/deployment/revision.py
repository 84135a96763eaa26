"""A revision: what would run, and the hash by which it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from leeway.api.condition import READY, STALLED
from leeway.api.kinds import Manifest, without_status
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.api.model_version import ModelVersion, ModelVersionStatus
from leeway.core.codec import read_status
from leeway.core.conditions import find_condition, is_true
from leeway.core.names import REVISION_LENGTH, digest_of
from leeway.core.pods.served import served_manifest

# Raised only when the shape of the pod changes on purpose: a new shape is a new revision, and rolls out as one.
SHAPE = "2"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the installation adds to a revision; pinned with it, so that an upgrade restarts no model."""

    image: str
    pull_policy: str
    service_account: str = ""
    fetch_allow: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """What runs; the hash names its Deployment."""

    hash: str
    version: str
    digest: str
    setting: Setting


@dataclass(frozen=True, slots=True)
class Rollout:
    """What status remembers of a rollout between two reconciles."""

    stable: Revision | None = None
    stable_since: datetime | None = None
    canary: Revision | None = None
    canary_started_at: datetime | None = None

    @property
    def live(self) -> tuple[Revision, ...]:
        """Stable and canary, where there are any."""
        return tuple(revision for revision in (self.stable, self.canary) if revision is not None)

    @property
    def answering(self) -> Revision | None:
        """The revision that requests are meant for: stable, or the first canary before there is a stable one."""
        return self.stable or self.canary


@dataclass(frozen=True, slots=True)
class NamedVersion:
    """A ModelVersion that a rollout may run, typed; `record` is None when its spec cannot be read."""

    name: str
    record: ModelVersion | None
    served: Manifest
    is_ready: bool
    is_stalled: bool
    message: str  # of its Ready condition


def read_version(manifest: Manifest) -> NamedVersion:
    """Return a ModelVersion as a deployment sees it; one with a bad spec is not ready, and says so itself."""
    status = read_status(ModelVersionStatus, manifest)
    ready = find_condition(status.conditions, READY)
    try:
        record = ModelVersion.model_validate(without_status(manifest))
    except ValidationError:
        record = None
    return NamedVersion(
        name=manifest["metadata"]["name"],
        record=record,
        served=served_manifest(manifest) if record else {},
        is_ready=record is not None and is_true(status.conditions, READY),
        is_stalled=is_true(status.conditions, STALLED),
        message=ready.message if ready else "it was not reconciled yet",
    )


def make_revision(spec: ModelDeploymentSpec, version: NamedVersion, setting: Setting) -> Revision:
    """Return the revision of this spec, version and setting: the hash of what would run."""
    assert version.record is not None
    inputs = {
        "shape": SHAPE,
        # Only the image: when it is pulled, by whose account, and from where files come, changes nothing that runs.
        "image": setting.image,
        "version": version.served,
        # Defaults stay out, so that a release that adds a field changes no revision.
        "runtime": spec.runtime.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "pod": spec.pod.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "name": version.name,
    }
    return Revision(
        hash=digest_of(inputs, REVISION_LENGTH),
        version=version.name,
        digest=version.record.spec.files["model"].digest,
        setting=setting,
    )
