"""A picture of the world between two writes: who is asked, who answers, and what is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leeway.api.kinds import Key, Manifest
from leeway.api.model_deployment import ModelDeployment, ModelDeploymentSpec, ModelDeploymentStatus
from leeway.core.codec import read_status
from leeway.core.deployment.publication import Publication
from leeway.core.names import LABEL_REVISION, canary_service, stable_service
from tests.core.passes import DEPLOYMENT
from tests.core.worlds import NAMESPACE


@dataclass(frozen=True, slots=True)
class Size:
    """The pods of a revision; what is beyond `asked` is about to go."""

    asked: int
    pods: int
    ready: int

    @property
    def staying(self) -> int:
        """Return how many ready pods will still be there in a moment."""
        return min(self.asked, self.ready)


class Names:
    """Revisions by the names that people read: that of the version, with a number from its second revision on."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, status: ModelDeploymentStatus) -> None:
        for one in (status.stable, status.canary, status.former, *status.history):
            if one and one.revision not in self._names:
                known = list(self._names.values())
                count = sum(name.split(".")[0] == one.model_version_name for name in known)
                self._names[one.revision] = one.model_version_name + (f".{count + 1}" if count else "")

    def of(self, revision: str) -> str:
        return self._names.get(revision, revision)

    def in_words(self, text: str) -> str:
        """Return the text with names for hashes."""
        for revision, name in self._names.items():
            text = text.replace(revision, name)
        return text


@dataclass(frozen=True, slots=True)
class Picture:
    """The objects of one ModelDeployment at one moment."""

    spec: ModelDeploymentSpec
    status: ModelDeploymentStatus
    stable: str | None = None  # by name, as all revisions here
    canary: str | None = None
    former: str | None = None
    rejected: frozenset[str] = frozenset()
    sizes: Mapping[str, Size] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)  # what each selects; * for every revision
    judged: Mapping[str, str] = field(default_factory=dict)  # what is known of the canary, by gate

    def selects(self, name: str) -> bool:
        """Return whether the main Service selects the pods of a revision."""
        return self.services.get("iris") in ("*", name)

    def staying(self, version: str | None) -> int:
        """Return how many ready pods of a revision will still be there in a moment."""
        size = self.sizes.get(version or "")
        return size.staying if size else 0

    @property
    def answering(self) -> int:
        """Return how many ready pods the main Service selects, and will in a moment."""
        return sum(size.staying for name, size in self.sizes.items() if self.selects(name))


def take(objects: Mapping[Key, Manifest], names: Names, published: Publication | None = None) -> Picture:
    """Return the picture of what the API server holds, and the collector has published."""
    manifest = objects[DEPLOYMENT]
    status = read_status(ModelDeploymentStatus, manifest)
    names.learn(status)
    return Picture(
        spec=ModelDeployment.model_validate({**manifest, "status": {}}).spec,
        status=status,
        stable=names.of(status.stable.revision) if status.stable else None,
        canary=names.of(status.canary.revision) if status.canary else None,
        former=names.of(status.former.revision) if status.former else None,
        rejected=frozenset(names.of(one.revision) for one in status.rejected),
        sizes={
            names.of(one["metadata"]["labels"][LABEL_REVISION]): _size(one)
            for one in objects.values()
            if one["kind"] == "Deployment"
        },
        services={
            name: names.of(service["spec"]["selector"].get(LABEL_REVISION, "*"))
            for name in ("iris", stable_service("iris"), canary_service("iris"))
            if (service := objects.get(Key("Service", NAMESPACE, name)))
        },
        judged=_judged(status, published),
    )


def _judged(status: ModelDeploymentStatus, published: Publication | None) -> Mapping[str, str]:
    if published is None or status.canary is None:
        return {}
    if published.evidence.canary.revision != status.canary.revision:
        return {}
    return {verdict.name: str(verdict.state) for verdict in published.verdicts}


def _size(deployment: Manifest) -> Size:
    status = deployment.get("status") or {}
    return Size(deployment["spec"]["replicas"], status.get("replicas", 0), status.get("readyReplicas", 0))
