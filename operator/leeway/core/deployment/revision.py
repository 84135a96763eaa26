"""A revision: everything that decides what a pod runs, and the hash of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from leeway.api.condition import READY, STALLED
from leeway.api.deployment.record import Command, Rejection
from leeway.api.gates import Shown
from leeway.api.kinds import Manifest, without_status
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.api.model_version import ModelVersion, ModelVersionStatus
from leeway.core.codec import read_status
from leeway.core.conditions import find_condition, is_true
from leeway.core.names import REVISION_LENGTH, digest_of
from leeway.core.pods.served import served_manifest

# Part of every hash, and raised with each change of the pod template (tests/core/test_golden_pods.py holds that): a
# new template under an old hash would restart serving pods in place, under a new one it rolls out as any revision.
SHAPE = "2"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the installation adds to a revision; recorded with it, so that an upgrade restarts no model."""

    image: str
    pull_policy: str
    service_account: str = ""
    fetch_allow: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """A version with everything it runs with; the hash is part of its Deployment's name."""

    hash: str
    version: str
    digest: str
    setting: Setting


@dataclass(frozen=True, slots=True)
class Canary:
    """How far a canary is; the empty one stands for none."""

    started_at: datetime | None = None
    awaited_since: datetime | None = None  # None while paused, at its step's weight or at zero replicas
    ready_at: datetime | None = None  # the first time; None while it never was
    is_return: bool = False  # it was stable before, and takes no step
    step: int = 0  # from 1; one more than there are steps while it grows to full size; 0 for none
    step_since: datetime | None = None  # its weight is reached; None while it is not
    step_requests: int = 0  # that were counted before this step
    resumed_step: int = 0  # the last one whose pause was ended by a command


@dataclass(frozen=True, slots=True)
class Former:
    """The revision that was stable until a moment ago, and keeps its pods for a while."""

    revision: Revision
    ended_at: datetime
    replicas: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """The state of a rollout, as the status records it between two reconciles."""

    stable: Revision | None = None
    stable_since: datetime | None = None
    stable_unready_since: datetime | None = None  # None while a pod of it is ready
    stable_shown: Shown | None = None  # as a canary
    canary: Revision | None = None
    progress: Canary = Canary()
    former: Former | None = None
    rejected: tuple[Rejection, ...] = ()
    command: Command | None = None  # obeyed last
    paused_since: datetime | None = None  # by the command pause

    @property
    def live(self) -> tuple[Revision, ...]:
        """Return stable and canary, without those that do not exist."""
        return tuple(revision for revision in (self.stable, self.canary) if revision is not None)

    @property
    def answering(self) -> Revision | None:
        """Return the revision that requests are meant for: stable, or else the canary."""
        # Before there is a stable revision the first canary has nobody to leave the requests to.
        return self.stable or self.canary

    def has_rejected(self, revision: Revision) -> bool:
        """Return whether this revision was rolled back, and no command has lifted that."""
        return any(one.revision == revision.hash for one in self.rejected)


@dataclass(frozen=True, slots=True)
class NamedVersion:
    """A ModelVersion that a rollout names; `record` is None when its spec cannot be read."""

    name: str
    record: ModelVersion | None
    served: Manifest
    is_ready: bool
    is_current: bool  # its conditions are of its latest spec
    is_stalled: bool
    message: str  # of its Ready condition


def read_version(manifest: Manifest) -> NamedVersion:
    """Return a ModelVersion as a deployment needs it; one with a bad spec is not ready."""
    # A bad spec is reported on the ModelVersion itself; here it must not make the ModelDeployment invalid.
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
        is_current=(status.observed_generation or 0) >= manifest["metadata"]["generation"],
        is_stalled=is_true(status.conditions, STALLED),
        message=ready.message if ready else "it was not reconciled yet",
    )


def make_revision(spec: ModelDeploymentSpec, version: NamedVersion, setting: Setting) -> Revision:
    """Return the revision of this spec, version and setting."""
    assert version.record is not None
    # Of the inputs, not of the pod template: a release that adds a field to the template restarts no model.
    inputs: Manifest = {
        "shape": SHAPE,
        # Only the image: when it is pulled, by whose account, and from where files come, changes nothing that runs.
        "image": setting.image,
        "version": version.served,
        # Defaults stay out, so that a release that adds a field changes no revision.
        "runtime": spec.runtime.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "pod": spec.pod.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        # Two versions may name the same files; answers, metrics and decisions still have to tell them apart.
        "name": version.name,
    }
    # Only where it is set: no revision of before has it, and none may change for its sake.
    if spec.feedback:
        inputs["feedback"] = spec.feedback.manifest()
    return Revision(
        hash=digest_of(inputs, REVISION_LENGTH),
        version=version.name,
        digest=version.record.spec.files["model"].digest,
        setting=setting,
    )
